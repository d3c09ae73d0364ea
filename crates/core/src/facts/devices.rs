//! The clock devices that a QEMU command line makes, whatever form it asks for them in.

use std::borrow::Cow;

use kvmtime_wire::qemu::{Opt, properties};

use super::Qemu;
use crate::finding::Finding;
use crate::translate;

/// A property of a device, and the option that sets it; without one it is QEMU's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<'a> {
    /// The value in today's words.
    pub value: Cow<'a, str>,
    /// The option, where there is one.
    pub option: Option<&'a Opt>,
}

impl Setting<'_> {
    fn default(value: &'static str) -> Self {
        Self { value: value.into(), option: None }
    }
}

impl Qemu {
    /// What the RTC shows at start: `utc`, `localtime` or a date.
    pub fn rtc_base(&self) -> Setting<'_> {
        self.rtc("base")
            .or_else(|| self.obsolete("localtime", "localtime"))
            .unwrap_or(Setting::default("utc"))
    }

    /// The clock that the RTC follows: `host`, `rt` or `vm`.
    pub fn rtc_clock(&self) -> Setting<'_> {
        self.rtc("clock").unwrap_or(Setting::default("host"))
    }

    /// What becomes of the RTC's lost ticks: `slew` or `discard`.
    pub fn rtc_lost_ticks(&self) -> Setting<'_> {
        // driftfix sets a default of the device, which -global overrules.
        if let Some((option, value)) = self.line.global("mc146818rtc", "lost_tick_policy") {
            return Setting { value: value.into(), option: Some(option) };
        }
        let driftfix = self.rtc("driftfix").map(|Setting { value, option }| Setting {
            value: if value == "slew" { value } else { "discard".into() },
            option,
        });
        driftfix
            .or_else(|| self.obsolete("rtc-td-hack", "slew"))
            .unwrap_or(Setting::default("discard"))
    }

    /// What becomes of the in-kernel PIT's lost ticks: `delay` (KVM injects them again) or `discard`.
    pub fn pit_lost_ticks(&self) -> Setting<'_> {
        let global = self.line.global("kvm-pit", "lost_tick_policy");
        global
            .map(|(option, value)| Setting { value: value.into(), option: Some(option) })
            .or_else(|| self.obsolete("no-kvm-pit-reinjection", "discard"))
            .unwrap_or(Setting::default("delay"))
    }

    /// Where KVM keeps PIC and I/O APIC: `on` (the kernel), `split` or `off` (QEMU).
    pub fn kernel_irqchip(&self) -> Setting<'_> {
        let (value, option) = translate::kernel_irqchip(&self.line);
        Setting { value: value.into(), option }
    }

    /// Takes a setting as evidence, and its place where an option makes it.
    #[must_use]
    pub fn blame_setting(
        &self,
        finding: Finding,
        what: &'static str,
        setting: &Setting<'_>,
    ) -> Finding {
        match setting.option {
            Some(option) => self.blame(finding, option),
            None => {
                finding.saw(what, format!("{} (QEMU's default)", setting.value), self.from.clone())
            }
        }
    }

    fn rtc(&self, key: &'static str) -> Option<Setting<'_>> {
        self.last_of(&["rtc"], &[key])
    }

    fn last_of(&self, names: &[&str], keys: &[&str]) -> Option<Setting<'_>> {
        let options = self.line.options.iter().rev();
        options.filter(|option| names.contains(&option.name.as_str())).find_map(|option| {
            let given = properties(option.value.as_deref()?, "");
            let value = keys.iter().find_map(|key| given.get(key))?;
            Some(Setting { value: value.to_owned().into(), option: Some(option) })
        })
    }

    fn obsolete(&self, name: &str, value: &'static str) -> Option<Setting<'_>> {
        let option = self.line.last(name)?;
        Some(Setting { value: value.into(), option: Some(option) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Source;

    fn qemu(text: &str) -> Qemu {
        Qemu::of_file("vm.args", kvmtime_wire::qemu::parse(text).unwrap(), Source::default())
    }

    #[test]
    fn every_form_of_a_setting_counts() {
        let old = qemu("qemu-kvm -localtime -rtc-td-hack -no-kvm-pit-reinjection");
        assert_eq!(old.rtc_base().value, "localtime");
        assert_eq!(old.rtc_lost_ticks().value, "slew");
        assert_eq!(old.pit_lost_ticks().value, "discard");
        let new = qemu(
            "kvm -rtc driftfix=slew -rtc base=2026-01-01,clock=vm \
 -global mc146818rtc.lost_tick_policy=discard",
        );
        assert_eq!(new.rtc_base().value, "2026-01-01");
        assert_eq!(new.rtc_clock().value, "vm");
        assert_eq!(new.rtc_lost_ticks().value, "discard");
        assert_eq!(new.pit_lost_ticks(), Setting::default("delay"));
    }

    #[test]
    fn the_irqchip_is_split_by_word_or_by_machine_type() {
        let irqchip = |text| qemu(text).kernel_irqchip().value.into_owned();
        assert_eq!(irqchip("kvm -accel kvm,kernel-irqchip=split"), "split");
        assert_eq!(irqchip("kvm -M q35,kernel_irqchip=split"), "split");
        assert_eq!(irqchip("kvm -M pc-q35-4.0"), "split");
        assert_eq!(irqchip("kvm -M pc-q35-4.0,kernel_irqchip=on"), "on");
        assert_eq!(irqchip("kvm -M pc-q35-4.0.1"), "on");
    }
}
