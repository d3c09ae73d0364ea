//! What the clock is set from is wrong.

super::causes! {
    "zone" seen 7 {
        symptom "time off by whole hours after boot"
        notions [Hours 6, Boot 3, Windows 3, Rtc 2, Wrong 1]
        cause "Domain and guest disagree whether the RTC holds UTC or local time."
        why "Windows reads the RTC as local time, everybody else as UTC. The guest starts off by the zone, and NTP \
            repairs it some minutes later, until the next boot."
        confirm [
            "virsh dumpxml DOM | grep '<clock'   (localtime for Windows, utc for others)",
            "Linux: timedatectl | grep RTC; Windows: reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\TimeZoneInformation /v RealTimeIsUniversal",
            "kvmtime check domain:DOM",
        ];
        rules ["dom-offset-windows-utc", "dom-offset-linux-localtime", "guest-rtc-localtime", "host-rtc-local-time"];
    }
    "fixed-date" seen 2 {
        symptom "guest always starts with the same date"
        notions [SameDate 6, Boot 4, Wrong 1, Behind 1]
        cause "The domain fixes the date at which its RTC starts."
        why "offset='absolute' (or -rtc base=DATE) starts at the same moment each time; offset='variable' keeps an \
            adjustment that a guest once caused by writing a wrong RTC."
        confirm ["virsh dumpxml DOM | grep '<clock'", "kvmtime check domain:DOM"];
        rules ["dom-offset-absolute", "dom-offset-variable-stale", "qemu-rtc-effective-policy"];
    }
    "host-wrong" seen 5 {
        symptom "all guests wrong by the same amount, host clock wrong"
        notions [All 6, Wrong 2, Boot 1, Behind 1, Fast 1]
        cause "The host's own clock is wrong, or was when the guests started."
        why "The guest's RTC, ptp_kvm and everything that sets time through the agent copy the host. Guests that start \
            before the host is synchronised copy its RTC."
        confirm ["host: chronyc tracking; timedatectl; hwclock --verbose -r", "kvmtime check host"];
        rules [
            "host-unsynchronised", "host-vms-start-before-timesync", "host-rtc-not-disciplined",
            "host-rtc-local-time", "guest-phc-trusts-unsynced-host",
        ];
    }
    "says-synchronised" seen 4 {
        symptom "says synchronized: yes but the clock is wrong"
        notions [SaysSync 6, Wrong 2, Behind 2, Ntpd 1, Chrony 1]
        cause "What says \"synchronised\" tells an old or empty truth."
        why "The kernel's flag is renewed only when a daemon answers, so after a pause or a sleep it is old. `local` \
            in chrony and 127.127.1.0 in ntpd synchronise to nothing. A PHC says \"stratum 0\" whatever its host's \
            clock is."
        confirm [
            "guest: timedatectl   (does RTC time agree with Universal time?); chronyc tracking; ntpq -pn",
            "host: virsh domtime DOM; date +%s",
            "kvmtime check guest",
        ];
        rules ["guest-ntp-local-clock", "guest-phc-trusts-unsynced-host", "guest-chrony-makestep-limited"];
    }
    "no-ptp" seen 4 {
        symptom "no /dev/ptp0, modprobe ptp_kvm fails"
        notions [Ptp 5, Missing 4, Nested 1, Kvmclock 1]
        cause "The host cannot pair its clock with the guest's."
        why "ptp_kvm needs KVM below, kvm-clock in the guest, and a host that keeps time by its TSC. kvmclock=off, \
            no-kvmclock, kvm hidden, a host on hpet, and a host that is itself a guest on kvm-clock each take it \
            away."
        confirm [
            "host: cat /sys/devices/system/clocksource/clocksource0/current_clocksource   (must say tsc)",
            "guest: modprobe ptp_kvm; cat /sys/class/ptp/*/clock_name; cat /proc/cmdline",
            "kvmtime check",
        ];
        rules [
            "host-clocksource-not-tsc", "guest-no-kvmclock-param", "dom-kvmclock-disabled", "dom-kvm-hidden",
            "guest-kvmclock-unavailable", "host-nested-l1-uses-kvmclock",
        ];
    }
    "phc-not-selected" seen 4 {
        symptom "chrony does not select the ptp refclock"
        notions [Ptp 4, Chrony 4, Wrong 1, Tai 2, Died 1]
        cause "The PHC is another device than meant, is not trusted, or gives no samples."
        why "/dev/ptpN changes from boot to boot and may be a network card's, in TAI. A lone PHC that disagrees with \
            NTP servers is outvoted. After the guest changed its clocksource chronyd goes on asking in a way that no \
            longer works, until it is restarted."
        confirm [
            "guest: cat /sys/class/ptp/*/clock_name; chronyc sources -v; chronyc selectdata; systemctl status chronyd",
            "kvmtime check guest",
        ];
        rules ["guest-ptp-unstable-name", "guest-phc-trusts-unsynced-host", "guest-ptp-kvm-unused"];
    }
    "tai" seen 2 {
        symptom "clock exactly 37 seconds off"
        notions [Tai 6, Ptp 2, Fast 1, Wrong 1]
        cause "TAI is taken for UTC, or the other way round."
        why "PTP clocks of network cards, and ptp_vmclock from Linux 7.1 on, count TAI, which is 37 s ahead of UTC. \
            chrony's refclock line needs `tai` for these and must not have it for ptp_kvm."
        confirm ["guest: cat /sys/class/ptp/*/clock_name; grep -rh refclock /etc/chrony*"];
        rules ["guest-ptp-unstable-name"];
    }
    "container" seen 3 {
        symptom "time daemon in a container cannot set the clock"
        notions [Container 6, Died 1, Wrong 1, Missing 1]
        cause "A container has no clock of its own."
        why "CLOCK_REALTIME belongs to the kernel of the machine. Time daemons in containers refuse to run or, with \
            CAP_SYS_TIME, fight with the machine's."
        confirm ["systemd-detect-virt; grep CapEff /proc/self/status", "the machine below: chronyc tracking"];
        rules ["guest-container-time-daemon", "guest-multiple-time-daemons", "host-unsynchronised"];
    }
}
