//! Plain words and what they are about.

use std::collections::BTreeSet;

/// Declares the notions with their words: `word`, `stem*`, or `several words`.
macro_rules! notions {
    ($($(#[$doc:meta])+ $notion:ident: $($word:literal)+;)+) => {
        /// What a word of a complaint is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Notion { $($(#[$doc])+ $notion),+ }

        const WORDS: &[(Notion, &[&str])] = &[$((Notion::$notion, &[$($word),+])),+];
    };
}

notions! {
    /// The clock is late.
    Behind: "behind" "late" "lag*" "slow clock" "clock slow" "runs slow" "run slow" "loses" "losing" "lost time" "in the past" "old time" "stale"
        "past" "minutes off" "hours off" "days off" "seconds off" "not yet valid";
    /// The clock is early.
    Fast: "fast" "too fast" "ahead" "future" "in the future" "gains" "gaining" "expired";
    /// The clock is wrong somehow.
    Wrong: "wrong" "off" "skew*" "incorrect" "inaccurate" "drift*" "unsynchroni*" "out of sync" "not in sync" "bad time" "certificate*" "cert" "tls"
        "ssl" "kerberos" "token*" "ntp errors" "falsch";
    /// It gets worse steadily.
    Drift: "drift*" "steadily" "per day" "a day" "every day" "slowly" "gradually" "ppm" "seconds per" "over time" "growing" "more and more"
        "per hour" "week*";
    /// It jumps.
    Jump: "jump*" "leap*" "step*" "suddenly" "shift*" "swing*" "oscillat*" "sawtooth" "unstable" "jitter*" "to and fro" "back and forth";
    /// It runs backwards.
    Backwards: "backward*" "back in time" "negative" "non-monotonic" "nonmonotonic" "decreas*";
    /// It stands still.
    Frozen: "frozen" "freez*" "stuck" "stopped clock" "stands still" "stood still" "hang*" "hung";
    /// By whole hours.
    Hours: "hour" "hours" "timezone" "time zone" "zone" "dst" "daylight" "summer time" "utc" "localtime" "local time" "zeitzone";
    /// After a pause of the guest.
    Pause: "pause*" "pausing" "resum*" "unpause*" "virsh suspend" "suspended vm" "suspended guest" "standby" "continue*";
    /// After a save, a snapshot or their restore.
    Restore: "restor*" "snapshot*" "revert*" "managed save" "managedsave" "saved" "save" "fork*" "templat*" "clone*" "rollback" "hibernat*"
        "checkpoint*";
    /// After the host slept.
    Sleep: "sleep*" "slept" "laptop" "lid" "wake*" "woke" "suspend to ram" "host suspend*" "suspend" "suspended" "macbook" "notebook";
    /// On migration.
    Migrate: "migrat*" "moved" "move" "live migration" "another host" "evacuat*" "drain*" "vmotion";
    /// After a boot.
    Boot: "boot*" "reboot*" "restart*" "start" "starts" "started" "starting" "startup" "power on" "power cycle";
    /// Always from the same date.
    SameDate: "same date" "same time" "1970" "2000" "epoch" "every start" "each start" "always starts" "fixed date" "years";
    /// Under load.
    Load: "load" "loaded" "busy" "cpu usage" "overload*" "overcommit*" "steal*" "contention" "starv*" "throttl*" "heavy" "performance" "stress";
    /// While other guests are made or devices change.
    Elsewhere: "creating" "created" "create" "creation" "other vm*" "another vm" "vf" "driver reload" "neighbour*" "neighbor*" "backup*" "running guests";
    /// All guests at once.
    All: "all guests" "all vms" "every guest" "every vm" "all machines" "whole host" "all of them" "host clock" "hypervisor clock" "host is wrong";
    /// Guests differ from each other.
    Cluster: "ceph" "etcd" "cockroach*" "cluster" "nodes" "between vms" "between guests" "each other" "quorum" "galera" "clock skew detected";
    /// Reading the clock costs.
    Slow: "gettime*" "clock_gettime" "gettimeofday" "slow app*" "slow" "latency" "syscall*" "vdso" "expensive" "qpc" "exits" "time calls" "clocksource";
    /// The idle guest burns CPU.
    Idle: "idle" "cpu usage" "high cpu" "cpu at idle" "interrupts" "interrupt storm" "timer interrupts" "wakeups" "burns cpu";
    /// A slow clocksource by name.
    Fallback: "hpet" "acpi_pm" "jiffies" "refined-jiffies" "pmtimer" "fallback" "fell back" "falls back" "tsc unstable" "marked unstable";
    /// The TSC.
    Tsc: "tsc" "invtsc" "rdtsc" "tsc frequency";
    /// kvm-clock.
    Kvmclock: "kvm-clock" "kvmclock" "pvclock" "paravirtual";
    /// The PTP clock.
    Ptp: "ptp*" "ptp_kvm" "/dev/ptp0" "phc" "refclock" "modprobe" "vmclock";
    /// chrony.
    Chrony: "chrony*" "makestep" "refclock";
    /// ntpd.
    Ntpd: "ntpd" "ntp" "ntpq" "timesyncd" "ntpsec";
    /// The daemon ended.
    Died: "died" "dies" "exit*" "crash*" "dead" "gave up" "gives up" "not running" "stops" "stopped" "terminated";
    /// Correcting takes for ever.
    Slew: "slew*" "takes hours" "takes days" "takes too long" "recover*" "catch up" "catches up" "never corrected" "does not step" "not corrected" "still wrong";
    /// It says synchronised.
    SaysSync: "synchronized: yes" "synchronised: yes" "synchronized" "synchronised" "says sync*" "claims" "but wrong" "in sync but" "reports ok" "succeeds but" "says ok";
    /// Nothing disciplines it.
    NoDaemon: "no ntp" "without ntp" "no chrony" "no network" "isolated" "air-gapped" "no internet" "offline" "no time daemon" "no time service"
        "micro-vm" "microvm" "sandbox*" "firecracker" "minimal image";
    /// Several daemons.
    TwoDaemons: "two daemons" "both" "fight*" "vmtoolsd" "open-vm-tools" "timesyncd and" "chrony and" "ntpd and" "ntpdate" "oscillat*" "sawtooth" "competing";
    /// The guest agent.
    Agent: "agent" "qemu-ga" "qga" "guest-set-time" "domtime" "sync_time" "set-time" "virsh domtime" "hwclock";
    /// The sync says ok and the time is wrong.
    SyncWrong: "--sync" "domtime --sync" "after sync" "hwclock -s" "hctosys" "rtc stood" "rtc wrong" "rtc behind";
    /// The RTC.
    Rtc: "rtc" "hardware clock" "cmos" "hwclock" "bios clock" "real time clock" "real-time clock";
    /// Windows.
    Windows: "windows" "win10" "win11" "win2019" "win2022" "w32time" "w32tm" "server 2019" "server 2016" "server 2022" "qpc";
    /// BSD and others that count ticks.
    Bsd: "netbsd" "openbsd" "freebsd" "bsd" "dos" "solaris" "rhel 4" "rhel 5" "rhel4" "rhel5" "centos 5" "centos5" "old linux" "tick*";
    /// macOS.
    Macos: "macos" "osx" "os x" "hackintosh" "darwin";
    /// ARM.
    Arm: "arm" "arm64" "aarch64" "graviton" "ampere" "apple silicon" "arch_sys_counter" "m1" "m2";
    /// A container.
    Container: "container*" "docker" "lxc" "podman" "pod" "cap_sys_time" "kubernetes pod";
    /// Nested.
    Nested: "nested" "vm in a vm" "inside a vm" "l1" "l2" "kvm in" "hyper-v host";
    /// It does not start.
    NoStart: "does not start" "not start" "cannot start" "can't start" "won't start" "fails to start" "refuse*" "define" "defined" "invalid option"
        "unsupported" "error starting" "start fails";
    /// It does not migrate or save.
    NoMigrate: "cannot migrate" "can't migrate" "not migrate" "migration fails" "migration refused" "migration blocked" "won't migrate"
        "cannot save" "can't save" "blocked" "non-migratable" "cannot snapshot" "can't snapshot" "snapshot fails" "save fails" "blocker";
    /// Missing.
    Missing: "missing" "no such device" "not found" "not there" "no /dev" "does not exist" "unavailable" "absent" "operation not supported" "not load*"
        "fails to load";
    /// Settings that do nothing.
    NoEffect: "no effect" "ignored" "does nothing" "do nothing" "without effect" "no difference" "noop" "tickpolicy" "settings";
    /// After an upgrade.
    Upgrade: "upgrad*" "updat*" "new qemu" "new libvirt" "newer qemu" "after update";
    /// Exactly 37 seconds.
    Tai: "37 s" "37 seconds" "37s" "tai" "leap second*";
    /// A percentage off.
    Rate: "percent" "%" "twice" "double" "half speed" "10 %" "11 %" "too fast" "too slow" "speed*" "runs fast" "runs too";
}

/// What a complaint is about.
pub(super) fn notions(complaint: &str) -> BTreeSet<Notion> {
    let text = format!(" {} ", plain(complaint));
    let about = |(notion, words): &(Notion, &[&str])| {
        words.iter().any(|word| says(&text, word)).then_some(*notion)
    };
    WORDS.iter().filter_map(about).collect()
}

fn says(text: &str, word: &str) -> bool {
    match word.strip_suffix('*') {
        Some(stem) => text.contains(&format!(" {stem}")),
        None => text.contains(&format!(" {word} ")),
    }
}

/// In lower case, words apart by one blank, without the marks at their ends.
fn plain(text: &str) -> String {
    let text = text.to_lowercase();
    let words = text
        .split_whitespace()
        .map(|word| word.trim_matches([',', '.', ';', '!', '?', '"', '\'', '(', ')', ':']));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_take_endings_and_words_do_not() {
        assert!(notions("The clock LAGS, badly!").contains(&Notion::Behind));
        assert!(notions("after resuming").contains(&Notion::Pause));
        assert!(!notions("flags").contains(&Notion::Behind));
        assert!(notions("the alarm").is_empty());
    }

    #[test]
    fn no_word_stands_twice_in_a_notion() {
        for (notion, words) in WORDS {
            let once: BTreeSet<&&str> = words.iter().collect();
            assert_eq!(once.len(), words.len(), "{notion:?}");
            for word in *words {
                assert_eq!(*word, word.to_lowercase(), "{notion:?}");
            }
        }
    }
}
