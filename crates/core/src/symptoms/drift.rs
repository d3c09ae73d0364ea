//! The clock goes wrong while the guest runs.

super::causes! {
    "ticks-lost" seen 6 {
        symptom "NetBSD guest loses time under load"
        notions [Bsd 6, Load 4, Behind 3, Drift 2, Rate 1]
        cause "The guest counts timer ticks, and the host throws away those that it could not deliver."
        why "NetBSD to 10, other BSDs on i8254, RHEL 3 to 5 without kvm-clock, DOS and Solaris count ticks. A tick \
            that is not given back is lost time. The PIT gives ticks back unless tickpolicy is discard (or delay under \
            an old libvirt); the RTC only with catchup."
        confirm [
            "virsh dumpxml DOM | grep -A9 '<clock'; tr '\\0' '\\n' < /proc/$(pidof -s qemu-system-x86_64)/cmdline | grep -e lost_tick -e driftfix",
            "NetBSD: sysctl kern.timecounter; Linux: dmesg | grep -i 'lost.*tick'",
            "kvmtime check domain:DOM",
        ];
        rules [
            "dom-pit-discard-tick-guest", "dom-pit-delay-ambiguous", "dom-rtc-track-guest", "log-lost-ticks",
            "guest-required-params-missing-legacy", "guest-divider",
        ];
    }
    "overloaded" seen 6 {
        symptom "clock unsteady when the host is overloaded, steal high"
        notions [Load 6, Jump 2, Behind 1, Wrong 1, Drift 1, Elsewhere 1]
        cause "The host does not give the guest enough CPU."
        why "Timers come late, ticks are lost, and the guest's time daemon measures delays instead of time. CPU quotas \
            and throttling do the same to one guest."
        confirm [
            "guest: top, column st; grep '^cpu ' /proc/stat",
            "host: cat /proc/pressure/cpu; virsh cpu-stats DOM; virsh schedinfo DOM",
            "kvmtime check",
        ];
        rules ["guest-steal-high", "host-overcommit-steal", "guest-no-steal-acc"];
    }
    "no-discipline" seen 8 {
        symptom "clock drifts seconds a day, no ntp in the guest"
        notions [Drift 5, Wrong 1, NoDaemon 6, Behind 1, Fast 1, Container 1, Ntpd 1]
        cause "Nothing disciplines the guest's clock."
        why "kvm-clock gives a rate and a start, not the host's NTP corrections: a synchronised host does not keep its \
            guests right. Minimal images and micro-VMs often have no time daemon at all, or one that failed at boot."
        confirm ["guest: timedatectl; systemctl --failed; chronyc tracking", "kvmtime check guest"];
        rules ["guest-no-time-discipline", "guest-ptp-kvm-unused"];
    }
    "two-daemons" seen 3 {
        symptom "clock swings to and fro, two daemons fight"
        notions [TwoDaemons 6, Jump 3, Chrony 1, Ntpd 1, Backwards 1]
        cause "Two programs set the same clock."
        why "timesyncd beside chrony, ntpdate in cron, guest tools or a second container with CAP_SYS_TIME: each \
            corrects what the other did, and the clock swings."
        confirm [
            "systemctl list-units --state=running | grep -i -e chron -e ntp -e timesync -e phc2sys -e tools; grep -r ntpdate /etc/cron*",
            "kvmtime check",
        ];
        rules ["guest-multiple-time-daemons", "host-multiple-time-daemons", "guest-container-time-daemon"];
    }
    "cluster-skew" seen 5 {
        symptom "ceph or etcd reports clock skew between guests"
        notions [Cluster 6, Wrong 2, Drift 1]
        cause "The guests are disciplined too loosely, or by different sources, for what the cluster tolerates."
        why "Ceph wants 0.05 s, etcd warns at 1 s, CockroachDB stops at 0.5 s. Guests that poll NTP every half hour, \
            or of which one has no daemon, do not keep that."
        confirm [
            "on every node: chronyc tracking; chronyc sources   (same sources? poll? offset?)",
            "kvmtime check guest",
        ];
        rules ["guest-no-time-discipline", "guest-ptp-kvm-unused", "host-unsynchronised", "guest-steal-high"];
    }
    "rtc-storm" seen 2 {
        symptom "interrupt storm, RTC interrupts 28 times too many"
        notions [Idle 3, Fast 3, Rtc 4, Rate 2, Load 1]
        cause "RTC catch-up runs away with a split irqchip."
        why "With kernel_irqchip=split, which libvirt picks by itself for a vIOMMU with interrupt remapping, QEMU \
            never learns that an RTC interrupt was delivered, and repeats it 28 times as often for ever."
        confirm [
            "guest: watch -d 'grep rtc /proc/interrupts'",
            "virsh dumpxml DOM | grep -e ioapic -e iommu -e \"name='rtc'\"",
            "kvmtime check domain:DOM",
        ];
        rules ["dom-ioapic-split-rtc-slew", "qemu-irqchip-split-rtc-slew"];
    }
    "rate-wrong" seen 3 {
        symptom "clock runs 10 % too fast or too slow"
        notions [Rate 6, Fast 2, Behind 1, Macos 4, Tsc 3, Drift 1, NoDaemon 1]
        cause "The guest counts with a wrong frequency."
        why "A TSC whose calibration failed (no PIT, HPET or CPUID to measure against), a tsc frequency other than the \
            host's where it cannot scale, a lpj= or divider= of another machine, or emulation without KVM."
        confirm [
            "guest: dmesg | grep -i -e tsc -e calibrat; cat /sys/devices/system/clocksource/clocksource0/current_clocksource; cat /proc/cmdline",
            "host: virsh capabilities | grep \"counter name='tsc'\"",
            "kvmtime check domain:DOM",
        ];
        rules [
            "guest-clocksource-slow", "dom-tsc-frequency-unsupported", "guest-lpj-stale", "guest-divider",
            "qemu-no-kvm", "qemu-icount",
        ];
    }
    "arm-guest" seen 2 {
        symptom "arm64 guest loses seconds a day"
        notions [Arm 6, Behind 2, Drift 2, Pause 1]
        cause "An ARM guest reads the host's raw counter, and paused time is taken from it."
        why "arch_sys_counter runs at the host's raw rate without its NTP corrections, so an undisciplined guest \
            drifts by seconds a day. By default QEMU also stops the virtual counter while the guest is paused."
        confirm [
            "guest: chronyc tracking; ls /dev/ptp*; cat /sys/class/ptp/*/clock_name",
            "virsh dumpxml DOM | grep armvtimer",
        ];
        rules ["guest-no-time-discipline", "guest-ptp-kvm-unused", "dom-armvtimer-policy"];
    }
    "backwards" seen 3 {
        symptom "time goes backwards"
        notions [Backwards 6, Jump 2, Tsc 2]
        cause "The clock was set back, or the CPUs' counters differ."
        why "A second daemon, domtime --now from a machine with a wrong clock, or a restore set it back once. If it \
            happens again and again in small steps the vCPUs' TSCs differ, and tsc=reliable hides it."
        confirm [
            "guest: dmesg | grep -i -e warp -e 'behind CPU' -e unstable; journalctl -u chronyd | grep -i jump",
            "cat /proc/cmdline",
            "kvmtime check guest",
        ];
        rules [
            "log-tsc-unstable", "guest-tsc-reliable-param", "guest-tsc-without-invariant",
            "guest-multiple-time-daemons", "host-tsc-forced-reliable",
        ];
    }
}
