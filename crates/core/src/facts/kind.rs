//! What a domain's clock settings come to, and for which guests they are meant: what makes domains comparable.

use std::fmt;

use kvmtime_wire::domain::{DomainXml, is};

use crate::profile::{Family, Os};

/// Guests that one set of clock settings suits (libosinfo's families, divided where their clocks differ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// In words.
    pub name: &'static str,
    /// Whether they count ticks.
    pub counts_ticks: bool,
    /// Whether they use Hyper-V's clock.
    pub uses_hyperv_clock: bool,
    /// Whether they expect local time of the RTC.
    pub keeps_local_time: bool,
}

impl Kind {
    /// The kind of a guest on KVM; none where nothing is known of its clocks.
    pub(super) fn of(os: &Os, xml: &DomainXml) -> Option<Self> {
        if !xml.is_kvm_x86() {
            return None;
        }
        let counts_ticks = os.counts_ticks();
        let name = match (os.family, counts_ticks) {
            (Family::Linux, false) => "Linux",
            (Family::Linux, true) => "Linux without a paravirtual clock",
            (Family::Windows, _) if os.uses_hyperv_clock() => "Windows",
            (Family::Windows, _) => "Windows before Vista",
            (Family::Freebsd, false) => "FreeBSD",
            (Family::Freebsd, true) => "FreeBSD without a paravirtual clock",
            (Family::Netbsd, false) => "NetBSD",
            (Family::Netbsd, true) => "NetBSD without a paravirtual clock",
            (Family::Openbsd, false) => "OpenBSD",
            (Family::Openbsd, true) => "OpenBSD without a paravirtual clock",
            (Family::Solaris, _) => "Solaris",
            (Family::Dos, _) => "DOS",
            (Family::Macos | Family::Other, _) => return None,
        };
        Some(Self {
            name,
            counts_ticks,
            uses_hyperv_clock: os.uses_hyperv_clock(),
            keeps_local_time: os.keeps_rtc_in_local_time(),
        })
    }
}

/// What the RTC shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Offset {
    Utc,
    LocalTime,
    Timezone,
    Variable,
    Absolute,
}

/// Which time the RTC follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Track {
    Wall,
    Guest,
    RealTime,
}

/// What a domain's clock settings come to. What has no effect, as `present='yes'` of what is there anyway, is left out,
/// and so is the TSC, which is pinned for single guests on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock {
    offset: Offset,
    track: Track,
    rtc_catches_up: bool,
    pit_drops_ticks: bool,
    hpet: bool,
    kvmclock: bool,
    hypervclock: bool,
}

impl Clock {
    /// What the settings of a domain come to.
    pub(super) fn of(xml: &DomainXml) -> Self {
        let rtc = xml.timer("rtc");
        let track = rtc.and_then(|rtc| rtc.track.as_ref()).map(|track| track.value.as_str());
        Self {
            offset: offset(xml),
            track: match track {
                Some("guest") => Track::Guest,
                Some("realtime") => Track::RealTime,
                _ => Track::Wall,
            },
            rtc_catches_up: rtc.is_some_and(|rtc| is(rtc.tickpolicy.as_ref(), "catchup")),
            pit_drops_ticks: xml.timers("pit").any(|pit| is(pit.tickpolicy.as_ref(), "discard")),
            hpet: !is(xml.present("hpet"), "no"),
            kvmclock: !is(xml.present("kvmclock"), "no"),
            hypervclock: is(xml.present("hypervclock"), "yes"),
        }
    }

    /// What the profile of these guests comes to.
    pub fn of_profile(kind: Kind) -> Self {
        Self {
            offset: if kind.keeps_local_time { Offset::LocalTime } else { Offset::Utc },
            track: Track::Wall,
            rtc_catches_up: true,
            pit_drops_ticks: false,
            hpet: kind.counts_ticks,
            kvmclock: true,
            hypervclock: kind.uses_hyperv_clock,
        }
    }

    /// Whether the RTC shows the host's local time.
    pub(super) fn shows_local_time(self) -> bool {
        self.offset == Offset::LocalTime
    }

    /// How these settings differ from others, in the words of the XML.
    pub fn beside(self, other: Self) -> Vec<&'static str> {
        let pick = |is: bool, yes: &'static str, no: &'static str| if is { yes } else { no };
        let rtc = pick(self.rtc_catches_up, "rtc tickpolicy='catchup'", "rtc without catchup");
        let pit = pick(self.pit_drops_ticks, "pit tickpolicy='discard'", "pit without discard");
        let hpet = pick(self.hpet, "hpet present", "hpet present='no'");
        let kvmclock = pick(self.kvmclock, "kvmclock present", "kvmclock present='no'");
        let hypervclock = pick(self.hypervclock, "hypervclock present='yes'", "no hypervclock");
        let settings = [
            (self.offset != other.offset, self.offset_words()),
            (self.rtc_catches_up != other.rtc_catches_up, rtc),
            (self.track != other.track, self.track_words()),
            (self.pit_drops_ticks != other.pit_drops_ticks, pit),
            (self.hpet != other.hpet, hpet),
            (self.kvmclock != other.kvmclock, kvmclock),
            (self.hypervclock != other.hypervclock, hypervclock),
        ];
        settings.into_iter().filter(|(differs, _)| *differs).map(|(_, words)| words).collect()
    }

    /// Whether the difference decides what time guests of that kind have: those with a paravirtual clock use no ticks and
    /// no HPET.
    pub fn decides_beside(self, other: Self, kind: Kind) -> bool {
        let idle = !kind.counts_ticks && !kind.uses_hyperv_clock;
        let bare = |clock: Self| match idle {
            true => Self { rtc_catches_up: true, pit_drops_ticks: false, hpet: false, ..clock },
            false => Self { hpet: clock.hpet && kind.counts_ticks, ..clock },
        };
        bare(self) != bare(other)
    }

    fn offset_words(self) -> &'static str {
        match self.offset {
            Offset::Utc => "offset='utc'",
            Offset::LocalTime => "offset='localtime'",
            Offset::Timezone => "offset='timezone'",
            Offset::Variable => "offset='variable'",
            Offset::Absolute => "offset='absolute'",
        }
    }

    fn track_words(self) -> &'static str {
        match self.track {
            Track::Wall => "rtc track='wall'",
            Track::Guest => "rtc track='guest'",
            Track::RealTime => "rtc track='realtime'",
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Beside a domain without timers.
        let bare = Self {
            offset: self.offset,
            track: Track::Wall,
            rtc_catches_up: false,
            pit_drops_ticks: false,
            hpet: true,
            kvmclock: true,
            hypervclock: false,
        };
        f.write_str(self.offset_words())?;
        self.beside(bare).iter().try_for_each(|word| write!(f, ", {word}"))
    }
}

/// libvirt keeps what a guest wrote into its RTC as a variable offset, which is UTC while it is small.
fn offset(xml: &DomainXml) -> Offset {
    const SMALL: i64 = 60;
    let Some(clock) = &xml.clock else { return Offset::Utc };
    let said = clock.offset.as_ref().map_or("utc", |offset| offset.value.as_str());
    match said {
        "localtime" => Offset::LocalTime,
        "timezone" => Offset::Timezone,
        "variable" if is(clock.basis.as_ref(), "localtime") => Offset::LocalTime,
        "variable" => {
            let seconds = clock.adjustment.as_ref().and_then(|by| by.value.parse::<i64>().ok());
            if seconds.unwrap_or(0).abs() < SMALL { Offset::Utc } else { Offset::Variable }
        }
        "absolute" => Offset::Absolute,
        _ => Offset::Utc,
    }
}
