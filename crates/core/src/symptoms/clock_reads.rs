//! Reading the clock is slow, or timers burn CPU.

super::causes! {
    "slow-clocksource" seen 6 {
        symptom "clock_gettime is slow, clocksource is hpet"
        notions [Slow 5, Fallback 5, Load 1, Tsc 1]
        cause "The kernel reads an emulated counter instead of kvm-clock or tsc."
        why "hpet and acpi_pm leave the guest for every read: microseconds instead of tens of nanoseconds. The kernel \
            fell back after it gave up the TSC, somebody forced it with clocksource=, or the domain hides kvm-clock."
        confirm [
            "cat /sys/devices/system/clocksource/clocksource0/{current,available}_clocksource; cat /proc/cmdline",
            "dmesg | grep -i -e clocksource -e tsc",
            "kvmtime check guest",
        ];
        rules [
            "guest-clocksource-slow", "guest-clocksource-forced", "guest-kvmclock-unavailable", "log-tsc-unstable",
            "dom-kvmclock-disabled", "dom-kvm-hidden",
        ];
    }
    "host-lost-tsc" seen 4 {
        symptom "clock reads became slow in all guests, host tsc marked unstable"
        notions [Fallback 4, All 3, Slow 4, Tsc 3, Sleep 1]
        cause "The host gave up its TSC, and every guest lost the master clock."
        why "Without a host on tsc guests must ask the kernel for every reading, ptp_kvm refuses, and Windows' TSC \
            page is empty. It lasts until the host boots again."
        confirm [
            "host: cat /sys/devices/system/clocksource/clocksource0/current_clocksource; journalctl -k | grep -i tsc",
            "kvmtime check host",
        ];
        rules [
            "host-clocksource-not-tsc", "host-tsc-unavailable", "log-tsc-unstable", "host-tsc-not-constant",
            "host-tsc-not-nonstop",
        ];
    }
    "windows-idle" seen 5 {
        symptom "idle Windows guest has high cpu usage"
        notions [Windows 5, Idle 6, Slow 1, Load 1]
        cause "Windows runs on emulated timers."
        why "Without hypervclock and stimer Windows reads the PM timer and sets HPET or RTC alarms, each an exit to \
            the host: 30 % of a CPU while idle."
        confirm [
            "virsh dumpxml DOM | grep -e hypervclock -e stimer -e synic -e vpindex -e hpet",
            "kvmtime check domain:DOM",
        ];
        rules ["dom-hypervclock-missing", "dom-stimer-missing", "dom-hpet-enabled", "qemu-windows-no-hvtime"];
    }
    "windows-clock" seen 4 {
        symptom "Windows guest clock drifts"
        notions [Windows 5, Drift 3, Behind 2, Wrong 2, Load 1, Jump 1]
        cause "Windows misses timer interrupts, or has no time server."
        why "Windows counts RTC interrupts unless it has Hyper-V's clock and timers; without catch-up those that are \
            missed are lost. Outside a domain W32Time asks its server once a week, and KVM has no integration \
            service."
        confirm ["w32tm /query /status", "virsh dumpxml DOM | grep -A9 '<clock'", "kvmtime check domain:DOM"];
        rules ["dom-hypervclock-missing", "dom-rtc-no-catchup-windows", "dom-stimer-missing", "dom-offset-windows-utc"];
    }
    "hpet-idle" seen 3 {
        symptom "idle Linux guest uses host cpu, hpet interrupts"
        notions [Idle 4, Fallback 3, Load 1]
        cause "An emulated HPET is used for timers, or the tick rate is high."
        why "Each HPET interrupt is made by QEMU itself. An idle guest with an HPET that it uses costs several percent \
            of a CPU; one with kvm-clock does not need it."
        confirm ["guest: grep -i -e hpet -e timer /proc/interrupts", "virsh dumpxml DOM | grep hpet"];
        rules ["dom-hpet-enabled", "guest-clocksource-slow"];
    }
    "nested" seen 3 {
        symptom "guests of a nested host have slow or unstable clocks"
        notions [Nested 6, Slow 2, Wrong 1, Jump 1, Fallback 1, Tsc 1]
        cause "The host is itself a guest, and keeps time by kvm-clock."
        why "KVM gives its guests a stable clock only if its own is the TSC or Hyper-V's TSC page. A host on kvm-clock \
            cannot; give it an invariant TSC from below."
        confirm [
            "host: systemd-detect-virt; cat /sys/devices/system/clocksource/clocksource0/current_clocksource; grep -c nonstop_tsc /proc/cpuinfo",
            "kvmtime check host",
        ];
        rules ["host-nested-l1-uses-kvmclock", "host-clocksource-not-tsc"];
    }
}
