//! The guest, or its host, did not run for a while.

super::causes! {
    "paused" seen 8 {
        symptom "clock behind after resume"
        notions [Behind 3, Wrong 2, Pause 6, Frozen 1, Kvmclock 2, Slew 1]
        cause "The guest was paused, and kvm-clock stood still with it."
        why "Under QEMU a guest on kvm-clock loses exactly the length of the pause; one on tsc loses none of a pause, \
            but all of a save. libvirt corrects neither: an agent, or a time daemon that may step, has to."
        confirm [
            "guest: cat /sys/devices/system/clocksource/clocksource0/current_clocksource",
            "host: virsh domtime DOM --pretty; date -u   (cure at once: virsh domtime DOM --now)",
            "kvmtime check guest   (in the guest: may its daemon step?)",
        ];
        rules [
            "guest-chrony-makestep-limited", "guest-behind-after-gap", "dom-no-agent-channel",
            "guest-agent-time-disabled", "guest-ntpd-panic-threshold",
        ];
    }
    "restored" seen 8 {
        symptom "clock in the past after restoring a snapshot"
        notions [Behind 3, Wrong 2, Restore 6, Boot 1, Slew 1, Tsc 2, NoDaemon 2]
        cause "The guest was saved or snapshotted, and goes on with the time of that moment."
        why "kvm-clock and TSC are restored to their saved values, so any guest is behind by the whole gap. What some \
            monitors do about it moves kvm-clock only and does not help a guest on tsc. libvirt-guests saves guests on \
            a reboot of the host and sets no time, unless SYNC_TIME=1."
        confirm [
            "host: virsh domtime DOM --pretty; date -u   (cure at once: virsh domtime DOM --now)",
            "grep -h -e ON_SHUTDOWN -e SYNC_TIME /etc/default/libvirt-guests /etc/sysconfig/libvirt-guests",
            "guest: cat /sys/devices/system/clocksource/clocksource0/current_clocksource",
        ];
        rules [
            "host-libvirt-guests-no-sync", "guest-chrony-makestep-limited", "guest-behind-after-gap",
            "dom-no-agent-channel", "guest-agent-time-disabled", "guest-ptp-kvm-unused",
        ];
    }
    "host-slept" seen 9 {
        symptom "guest late after the laptop woke from sleep"
        notions [Behind 3, Wrong 2, Sleep 6, Pause 1]
        cause "The host slept, and its guests with it."
        why "Where the host's TSC restarts, a guest on tsc does not see the time in which the host sleeps and is behind \
            by it: tokens expire and certificates are \"not yet valid\". All running guests lose the master clock then. \
            A guest on kvm-clock leaps over the gap instead."
        confirm [
            "host: journalctl -k | grep -e 'PM: suspend' -e hibernation",
            "host: for DOM in $(virsh list --name); do virsh domtime \"$DOM\" --now; done",
            "kvmtime check host",
        ];
        rules ["host-sleep-with-guests", "guest-chrony-makestep-limited", "dom-no-agent-channel"];
    }
    "daemon-only-slews" seen 6 {
        symptom "chrony takes hours to correct the clock and does not step"
        notions [Slew 6, Chrony 4, Behind 1, Wrong 1, Pause 1, Restore 1, Sleep 1]
        cause "chronyd may step the clock only in its first updates."
        why "makestep 1 3, the default of distributions, steps in the first three updates and never again. A guest \
            that comes back an hour late is then moved slowly, for hours or days. OpenNTPD never steps after its \
            start."
        confirm [
            "guest: chronyc tracking; grep -rh makestep /etc/chrony*   (cure at once: chronyc makestep)",
            "kvmtime check guest",
        ];
        rules ["guest-chrony-makestep-limited", "guest-behind-after-gap"];
    }
    "ntpd-panicked" seen 4 {
        symptom "ntpd died after a pause or restore"
        notions [Died 5, Ntpd 4, Pause 1, Restore 1, Sleep 1, Behind 1]
        cause "ntpd saw the clock more than 1000 s off and ended."
        why "ntpd treats a large offset as a broken clock and exits. -g forgives that once, at its start. Afterwards \
            nothing disciplines the clock."
        confirm [
            "guest: systemctl status ntpd ntp ntpsec; journalctl -u ntp\\* | grep 'set clock manually'",
            "kvmtime check guest",
        ];
        rules ["guest-ntpd-panic-threshold", "log-ntp-giveup", "guest-no-time-discipline"];
    }
    "sync-from-stale-rtc" seen 3 {
        symptom "virsh domtime --sync succeeds but the time is still wrong"
        notions [SyncWrong 6, Rtc 3, Agent 3, SaysSync 2, Slew 2, Pause 1, Wrong 1]
        cause "The time was taken from an RTC that stood still, or was off by a zone."
        why "domtime --sync and SYNC_TIME let the guest read its RTC. With track='guest' the RTC stops in a pause, \
            with track='realtime' in a save, so the sync succeeds with the old time. Windows reads the RTC as local \
            time."
        confirm [
            "virsh dumpxml DOM | grep \"timer name='rtc'\"",
            "virsh domtime DOM --now   (gives the time itself)",
            "kvmtime check domain:DOM",
        ];
        rules ["dom-rtc-track-guest", "host-libvirt-guests-no-sync", "guest-rtc-localtime", "dom-offset-windows-utc"];
    }
    "agent-unreachable" seen 6 {
        symptom "virsh domtime fails, guest agent not responding"
        notions [Agent 6, Missing 2, Died 1, Pause 1]
        cause "The guest agent is not there, not reachable, or may not set the time."
        why "Everything that sets a guest's clock from outside needs the agent: libvirt, virt-manager, nova, KubeVirt. \
            It needs a channel in the domain, the service in the guest, and /sbin/hwclock, which minimal images lack."
        confirm [
            "virsh qemu-agent-command DOM '{\"execute\":\"guest-info\"}' | grep -o 'guest-set-time[^}]*'",
            "guest: systemctl status qemu-guest-agent; ls -l /sbin/hwclock",
            "kvmtime check domain:DOM",
        ];
        rules ["dom-no-agent-channel", "guest-agent-time-disabled"];
    }
    "migrated" seen 5 {
        symptom "time wrong or jumping after live migration"
        notions [Migrate 6, Wrong 2, Behind 2, Jump 2, Tsc 2, Backwards 1, Frozen 1]
        cause "The guest lost the downtime of the migration, or its TSC runs at another rate now."
        why "kvm-clock is carried over, less some of the downtime, and nova and libvirt set no time after a live \
            migration. A guest that reads the TSC runs at the new host's rate where that host cannot scale."
        confirm [
            "virsh capabilities | grep \"counter name='tsc'\"   (on both hosts: same frequency, or scaling='yes'?)",
            "guest: chronyc tracking   (Frequency: did it change with the migration?)",
            "kvmtime check domain:DOM",
        ];
        rules [
            "dom-tsc-frequency-unsupported", "host-no-tsc-scaling", "guest-tsc-without-invariant",
            "guest-tsc-reliable-param", "dom-no-agent-channel",
        ];
    }
    "stood-still" seen 4 {
        symptom "running guests jump by seconds while another VM is created"
        notions [Jump 4, Elsewhere 6, Wrong 1, Load 2, Frozen 2, Behind 1]
        cause "The host did not run the guests for some seconds."
        why "Reloading a network function's driver, pinning much memory, a backup's freeze or an overloaded host stops \
            vCPUs for seconds. The guest's kernel then logs `Clocksource tsc unstable` or soft lockups; changing the \
            clocksource cures nothing."
        confirm [
            "guest: dmesg -T | grep -i -e clocksource -e 'soft lockup' -e stall   (kvmtime explain reads these lines)",
            "host: what ran at that second? journalctl --since, virsh list, sar",
            "guest: top, column st",
        ];
        rules ["log-tsc-unstable", "guest-steal-high", "host-overcommit-steal", "guest-clocksource-failover-param"];
    }
}
