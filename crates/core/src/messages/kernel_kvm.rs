//! kvm-clock, ptp_kvm and KVM itself. Sources: Linux `arch/x86/kernel/kvmclock.c`, `arch/x86/kvm/`, `drivers/ptp/`.

const NO_PTP: &str = "The guest asked its host for a pair of times and the host cannot give one: -95 means that the \
    host does not keep time by its TSC (or hides kvm-clock), -1000 that the host's kernel is older than 4.11. chronyd \
    then gets no samples from /dev/ptp_kvm.";

super::messages! {
    Kernel Normal "kvmclock-msrs" in "2.6.35 and newer" {
        says "kvm-clock: Using msrs {_} and {_}"
        like "kvm-clock: Using msrs 4b564d01 and 4b564d00"
        means "The guest found kvm-clock, as it should under KVM.";
        next ["nothing"];
        rules [];
        from "Linux arch/x86/kernel/kvmclock.c:kvmclock_init"
    }
    Kernel Normal "kvmclock-cpu" in "2.6.26 and newer" {
        says "kvm-clock: cpu {cpu#}, msr {_}, {_*}"
        like "kvm-clock: cpu 0, msr 0:1c2f641, boot clock"
        means "A CPU of the guest uses kvm-clock. RHEL 5 says `jiffies` in sysfs all the same: believe this line.";
        next ["nothing"];
        rules ["guest-rhel5-jiffies-false-positive"];
        from "Linux arch/x86/kernel/kvmclock.c:kvm_register_clock"
    }
    Kernel Normal "kvmclock-offset" in "4.15 and newer" {
        says "kvm-clock: using sched offset of {cycles#} cycles"
        like "kvm-clock: using sched offset of 224335395727 cycles"
        means "The scheduler's clock of the guest starts at zero from kvm-clock. The number is the host's uptime in \
            nanoseconds or so.";
        next ["nothing"];
        rules [];
        from "Linux arch/x86/kernel/kvmclock.c:kvm_sched_clock_init"
    }
    Kernel Normal "kvmclock-el5" in "2.6.18 of RHEL 5" {
        says "time.c: Using {rate#MHz} MHz WALL KVM GTOD KVM timer."
        like "time.c: Using 1.193182 MHz WALL KVM GTOD KVM timer."
        means "RHEL 5 takes wall time and time of day from kvm-clock, as it should.";
        next ["nothing"];
        rules ["guest-rhel5-jiffies-false-positive"];
        from "Linux arch/x86_64/kernel/time.c of RHEL 5"
    }
    Kvm Trouble "kvm-unstable-tsc" in "2.6.35 and newer" {
        says "SMP vm created on host with unstable TSC; guest TSC will not be reliable"
        like "kvm: SMP vm created on host with unstable TSC; guest TSC will not be reliable"
        means "A guest with several vCPUs was started on a host whose TSC the kernel has given up. The guest's \
            kvm-clock still works, but reads are slow, its TSC is no clock, and ptp_kvm is not to be had. Said once; \
            every later guest is concerned as well.";
        next [
            "why did the host give up its TSC? journalctl -k | grep -i -e tsc -e clocksource",
            "kvmtime check host",
        ];
        rules ["host-tsc-unavailable", "host-clocksource-not-tsc", "log-tsc-unstable", "host-nested-l1-uses-kvmclock"];
        from "Linux arch/x86/kvm/x86.c:kvm_arch_vcpu_precreate"
    }
    Kvm Odd "kvm-pit-period" in "3.6 and newer" {
        says "requested {period#ns} ns i8254 timer period limited to {limit#ns} ns"
        like "kvm: requested 61035 ns i8254 timer period limited to 200000 ns"
        saw "a guest wants a PIT tick every {period} and gets one every {limit}"
        means "A guest asks for more ticks than KVM gives. A guest that counts these ticks runs slow.";
        next ["which guest counts PIT ticks? Lower its tick rate, or lower kvm.min_timer_period_us on the host"];
        rules ["dom-pit-discard-tick-guest"];
        from "Linux arch/x86/kvm/i8254.c:create_pit_timer"
    }
    Kvm Odd "kvm-lapic-period" in "3.6 and newer" {
        says "vcpu {vcpu#}: requested {period#ns} ns lapic timer period limited to {limit#ns} ns"
        like "kvm: vcpu 1: requested 128 ns lapic timer period limited to 200000 ns"
        saw "vCPU {vcpu} wants a timer tick every {period} and gets one every {limit}"
        means "A guest asks for more ticks than KVM gives. Usually a guest that is just booting or crashing; harmless \
            to modern guests.";
        next ["a guest that counts ticks by its local timer: lower its tick rate"];
        rules [];
        from "Linux arch/x86/kvm/lapic.c:limit_periodic_timer_frequency"
    }
    Kvm Trouble "kvm-tsc-below" in "3.4 and newer" {
        says "user requested TSC rate below hardware speed"
        like "kvm: user requested TSC rate below hardware speed"
        means "A guest is to have a slower TSC than this host has, and the CPU cannot scale it. QEMU refuses to start \
            it, or its clock runs fast.";
        next ["virsh capabilities | grep tsc; set the host's frequency or use a host with scaling='yes'"];
        rules ["dom-tsc-frequency-unsupported", "host-no-tsc-scaling"];
        from "Linux arch/x86/kvm/x86.c:set_tsc_khz"
    }
    Kvm Trouble "kvm-tsc-ratio" in "4.4 and newer" {
        says "Invalid TSC scaling ratio - virtual-tsc-khz={rate#kHz}"
        like "kvm: Invalid TSC scaling ratio - virtual-tsc-khz=4294967295"
        saw "{rate} cannot be reached by scaling"
        means "The TSC frequency asked for lies outside what the CPU can scale to; mostly a number with the wrong \
            unit.";
        next ["<timer name='tsc' frequency='…'/> counts in Hz, not kHz"];
        rules ["dom-tsc-frequency-unsupported"];
        from "Linux arch/x86/kvm/x86.c:set_tsc_khz"
    }
    Kernel Normal "vmclock-registered" in "6.13 and newer, under QEMU 10.0 and newer or Amazon's Nitro" {
        says "vmclock {device}: {name}: registered {what*}"
        like "vmclock AMZNC10C:00: vmclock0: registered miscdev"
        saw "{name} is there as {what}"
        means "The guest has a vmclock: it can tell that it was migrated or restored, and where the host publishes its time, \
            what time it is. QEMU only tells of the first.";
        next ["ls /dev/vmclock0; /dev/ptp* of it is there only if the host publishes its time"];
        rules [];
        from "Linux drivers/ptp/ptp_vmclock.c:vmclock_probe"
    }
    Kernel Trouble "ptp-kvm-hypercall" in "4.11 and newer, x86" {
        says "clock {which=offset|pairing} hypercall ret {code#}"
        like "clock offset hypercall ret -95"
        saw "the host answered {code}"
        means NO_PTP;
        next [
            "host: cat /sys/devices/system/clocksource/clocksource0/current_clocksource must say tsc",
            "guest: chronyc sources; without PHC samples it needs an NTP server",
        ];
        rules ["host-clocksource-not-tsc", "host-nested-l1-uses-kvmclock", "guest-ptp-kvm-unused"];
        from "Linux drivers/ptp/ptp_kvm_x86.c:kvm_arch_ptp_get_clock"
    }
    Modprobe Trouble "modprobe-ptp-kvm" in "all" {
        says "could not insert 'ptp_kvm': {why*}"
        like "modprobe: ERROR: could not insert 'ptp_kvm': Operation not supported"
        saw "ptp_kvm did not load: {why}"
        means "The module needs KVM below it, kvm-clock in the guest, and a host that keeps time by its TSC. \
            \"Operation not supported\" is the host's clocksource or no-kvmclock; \"No such device\" a hypervisor \
            without it, or kvm hidden.";
        next [
            "host: cat /sys/devices/system/clocksource/clocksource0/current_clocksource must say tsc",
            "guest: grep -o no-kvmclock /proc/cmdline; is kvm-clock in available_clocksource?",
            "domain: <timer name='kvmclock' present='no'/> or <kvm><hidden state='on'/>?",
        ];
        rules [
            "host-clocksource-not-tsc", "guest-no-kvmclock-param", "dom-kvmclock-disabled", "dom-kvm-hidden",
            "guest-kvmclock-unavailable",
        ];
        from "kmod tools/modprobe.c; Linux drivers/ptp/ptp_kvm_x86.c:kvm_arch_ptp_init"
    }
    Modprobe Trouble "modprobe-no-ptp-kvm" in "all" {
        says "FATAL: Module ptp_kvm not found in directory {folder}"
        like "modprobe: FATAL: Module ptp_kvm not found in directory /lib/modules/6.1.0-28-cloud-amd64"
        means "This kernel has no ptp_kvm module: it is built in, in a package of its own (kernel-modules, \
            linux-modules-extra), or left out.";
        next [
            "ls /sys/class/ptp/*/clock_name: \"KVM virtual PTP\" means that it is built in",
            "install the kernel's package of extra modules",
        ];
        rules ["guest-ptp-kvm-unused"];
        from "kmod tools/modprobe.c"
    }
}
