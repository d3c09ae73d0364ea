//! The kernel's judgement of the TSC. Source of all: Linux `arch/x86/kernel/tsc.c`, `arch/x86/kernel/tsc_sync.c`.

const CPUS: &str = "At boot, or when a CPU came up, the kernel read one CPU's TSC and found another's behind it. The \
    TSC cannot be used as a clock until the next boot. On a host this is firmware or hardware; in a guest the host \
    starts vCPUs with different offsets, or its own TSC is bad.";

super::messages! {
    Kernel Trouble "tsc-watchdog" in "2.6.22 and newer (\"tsc: \" in front: 4.2)" {
        says "Marking TSC unstable due to clocksource watchdog"
        like "tsc: Marking TSC unstable due to clocksource watchdog"
        means "The watchdog's verdict, carried out: the TSC is no clock any more until the next boot. In a guest on \
            kvm-clock nothing changes; on a host all guests lose their quick clock and ptp_kvm.";
        next [
            "the lines above it, from \"timekeeping watchdog\" or \"Marking clocksource\" on, tell how far off it was",
            "guest: a pause or overload at that time? A reboot of the guest brings the TSC back",
        ];
        rules ["log-tsc-unstable", "host-clocksource-not-tsc", "host-tsc-unavailable"];
        from "Linux arch/x86/kernel/tsc.c:mark_tsc_unstable, clocksource_tsc_cs_mark_unstable"
    }
    Kernel Trouble "tsc-sync-failed" in "2.6.21 and newer" {
        says "Marking TSC unstable due to {why=check_tsc_sync_source failed|TSCs unsynchronized}"
        like "tsc: Marking TSC unstable due to check_tsc_sync_source failed"
        means CPUS;
        next ["host: update the firmware; guest: look at the host's log first"];
        rules ["log-tsc-unstable", "host-tsc-unavailable"];
        from "Linux arch/x86/kernel/tsc.c:mark_tsc_unstable"
    }
    Kernel Odd "tsc-boot-parameter" in "2.6.22 and newer" {
        says "Marking TSC unstable due to boot parameter{_*}"
        like "tsc: Marking TSC unstable due to boot parameter"
        means "Somebody asked for it: tsc=unstable or notsc on the kernel command line. On a host this takes the quick \
            clock from every guest.";
        next ["cat /proc/cmdline; remove tsc=unstable and notsc"];
        rules ["guest-notsc", "host-clocksource-not-tsc", "host-tsc-unavailable"];
        from "Linux arch/x86/kernel/tsc.c:tsc_setup, notsc_setup"
    }
    Kernel Trouble "tsc-cpufreq" in "2.6.21 and newer, on CPUs without constant_tsc" {
        says "Marking TSC unstable due to{_*} cpufreq changes{_*}"
        like "Marking TSC unstable due to: cpufreq changes."
        means "The TSC of this CPU runs at another rate with each power state. Guests that read it drift with the \
            load.";
        next [
            "grep -c constant_tsc /proc/cpuinfo; newer CPUs have it, then the guest's CPU model hides it",
            "host without it: fix the frequency (governor performance), and keep guests on kvm-clock",
        ];
        rules ["host-tsc-not-constant", "dom-cpu-model-generic", "log-tsc-unstable"];
        from "Linux arch/x86/kernel/tsc.c:time_cpufreq_notifier"
    }
    Kernel Trouble "tsc-halts" in "2.6.22 and newer, on CPUs without nonstop_tsc" {
        says "Marking TSC unstable due to{_*} {why=TSC halts in|TSC halt in|possible TSC halt in}{_*}"
        like "Marking TSC unstable due to TSC halts in idle"
        means "The TSC of this CPU stops in deep idle states, so it is no clock.";
        next ["host: limit idle states (processor.max_cstate=1), or live with a slower clocksource"];
        rules ["host-tsc-not-nonstop", "host-clocksource-not-tsc"];
        from "Linux drivers/acpi/processor_idle.c:tsc_check_state, arch/x86/kernel/process.c"
    }
    Kernel Normal "tsc-hyperv" in "4.3 and newer, under Hyper-V" {
        says "Marking TSC unstable due to running on Hyper-V"
        like "tsc: Marking TSC unstable due to running on Hyper-V"
        means "On purpose: under Hyper-V the kernel reads Hyper-V's TSC page instead. Under KVM it means that the \
            domain shows Hyper-V features to a Linux guest.";
        next ["under KVM: remove <hyperv> features from a Linux domain"];
        rules ["dom-hyperv-on-nonwindows"];
        from "Linux arch/x86/kernel/cpu/mshyperv.c:ms_hyperv_init_platform"
    }
    Kernel Trouble "tsc-kvm-backwards" in "2.6.37 and newer, on a host" {
        says "Marking TSC unstable due to KVM discovered backwards TSC"
        like "tsc: Marking TSC unstable due to KVM discovered backwards TSC"
        means "KVM saw the host's TSC lower than before, as after a suspend of the host. Guests lose the master clock: \
            clock reads become slow and ptp_kvm stops working.";
        next ["reboot the host; do not let a host with guests sleep"];
        rules ["host-sleep-with-guests", "host-clocksource-not-tsc", "log-tsc-unstable"];
        from "Linux arch/x86/kvm/x86.c:kvm_arch_vcpu_load"
    }
    Kernel Trouble "tsc-no-khz" in "2.6.22 and newer" {
        says "Marking TSC unstable due to could not calculate TSC khz"
        like "tsc: Marking TSC unstable due to could not calculate TSC khz"
        means "The kernel had nothing to measure the TSC's rate against: neither PIT, HPET nor CPUID tell it.";
        next [
            "micro-VM without PIT and HPET: show the frequency in CPUID (kvm-clock, or tsc-frequency), or boot with tsc_early_khz=N",
        ];
        rules ["guest-clocksource-slow", "guest-kvmclock-unavailable"];
        from "Linux arch/x86/kernel/tsc.c:tsc_init"
    }
    Kernel Trouble "tsc-warp" in "2.6.21 and newer" {
        says "Measured {cycles#} cycles TSC warp between CPUs, turning off TSC clock."
        like "Measured 1082466 cycles TSC warp between CPUs, turning off TSC clock."
        saw "one CPU's TSC was {cycles} cycles behind another's"
        means CPUS;
        next ["host: update the firmware; guest: look at the host's log first"];
        rules ["log-tsc-unstable", "host-tsc-unavailable", "host-tsc-forced-reliable"];
        from "Linux arch/x86/kernel/tsc_sync.c:check_tsc_sync_source"
    }
    Kernel Trouble "tsc-warp-random" in "4.10 and newer" {
        says "TSC warped randomly between CPUs"
        like "TSC warped randomly between CPUs"
        means CPUS;
        next ["host: update the firmware; guest: look at the host's log first"];
        rules ["log-tsc-unstable", "host-tsc-unavailable"];
        from "Linux arch/x86/kernel/tsc_sync.c:check_tsc_sync_source"
    }
    Kernel Normal "tsc-sync-check" in "2.6.21 and newer" {
        says "{_=checking TSC|TSC} synchronization [{cpus*}]:"
        like "TSC synchronization [CPU#0 -> CPU#1]:"
        means "The kernel compares the TSC of a CPU that comes up with another's. Only what stands below tells the \
            result.";
        next ["\"passed\" is well; \"Measured … cycles TSC warp\" is not"];
        rules [];
        from "Linux arch/x86/kernel/tsc_sync.c:check_tsc_sync_source"
    }
    Kernel Trouble "tsc-after-boot" in "4.13 and newer" {
        says "TSC found unstable after boot, most likely due to broken BIOS. Use 'tsc=unstable'."
        like "TSC found unstable after boot, most likely due to broken BIOS. Use 'tsc=unstable'."
        means "The TSC was given up long after the boot. On a host the firmware may have written it. In a guest there \
            is no BIOS to blame: the watchdog's verdict came from a pause or overload, and tsc=unstable would only \
            make the slow clock permanent.";
        next ["guest: do not add tsc=unstable; find the pause, reboot the guest", "host: update the firmware"];
        rules ["log-tsc-unstable", "guest-clocksource-slow"];
        from "Linux arch/x86/kernel/tsc.c:mark_tsc_unstable, kernel/sched/clock.c"
    }
    Kernel Trouble "tsc-adjust-differs" in "4.10 and newer" {
        says "TSC ADJUST differs: {cpu} {from#} --> {to#}. Restoring"
        like "[Firmware Bug]: TSC ADJUST differs: CPU0 0 --> -6495898515190607. Restoring"
        saw "something wrote the TSC of {cpu}"
        means "Firmware changed a CPU's TSC behind the kernel's back, often in a suspend or an interrupt of its own. \
            The kernel put it back.";
        next ["update the firmware"];
        rules ["host-tsc-unavailable"];
        from "Linux arch/x86/kernel/tsc_sync.c:tsc_verify_tsc_adjust"
    }
    Kernel Odd "tsc-adjust-compensate" in "4.10 and newer" {
        says "TSC ADJUST compensate: {cpu} observed {warp#} warp. Adjust: {adjust#}"
        like "TSC ADJUST compensate: CPU1 observed 5832 warp. Adjust: 5832"
        saw "{cpu} was {warp} cycles behind and was moved"
        means "The kernel found a CPU's TSC behind and corrected it by itself.";
        next ["nothing, unless \"TSC warp\" follows"];
        rules [];
        from "Linux arch/x86/kernel/tsc_sync.c:check_tsc_sync_target"
    }
    Kernel Normal "tsc-refined" in "2.6.38 and newer" {
        says "Refined TSC clocksource calibration: {rate#MHz} MHz"
        like "tsc: Refined TSC clocksource calibration: 3712.392 MHz"
        saw "the TSC runs at {rate}"
        means "The kernel measured the TSC's rate again over a second, which is exact to a few ppm.";
        next ["differs by more than 250 ppm from the host's rate? Then a migration or tsc frequency is wrong"];
        rules [];
        from "Linux arch/x86/kernel/tsc.c:tsc_refine_calibration_work"
    }
    Kernel Normal "tsc-detected" in "2.6.18 and newer" {
        says "Detected {rate#MHz} MHz {_=processor|TSC}"
        like "tsc: Detected 2893.202 MHz processor"
        saw "the TSC runs at {rate}"
        means "The TSC's rate, as first found.";
        next ["nothing"];
        rules [];
        from "Linux arch/x86/kernel/tsc.c:tsc_init"
    }
    Kernel Normal "tsc-fast" in "2.6.28 and newer" {
        says "Fast TSC calibration using PIT"
        like "tsc: Fast TSC calibration using PIT"
        means "The TSC was measured against the PIT in a few milliseconds; a longer measurement follows.";
        next ["nothing"];
        rules [];
        from "Linux arch/x86/kernel/tsc.c:quick_pit_calibrate"
    }
    Kernel Odd "tsc-fast-failed" in "2.6.28 and newer" {
        says "Fast TSC calibration failed"
        like "tsc: Fast TSC calibration failed"
        means "The quick measurement against the PIT was disturbed, as is usual in guests. The kernel measures again \
            by slower means.";
        next ["nothing, if \"Refined TSC\" or kvm-clock follows"];
        rules [];
        from "Linux arch/x86/kernel/tsc.c:quick_pit_calibrate"
    }
    Kernel Trouble "tsc-no-pit" in "2.6.28 and newer" {
        says "Unable to calibrate against PIT"
        like "tsc: Unable to calibrate against PIT"
        means "The measurement against the PIT failed. With no HPET or PM timer either the kernel does not know its \
            TSC's rate, and the clock may run far too fast or too slow.";
        next ["cat …/clocksource0/current_clocksource: jiffies or refined-jiffies means that it is so"];
        rules ["guest-clocksource-slow", "guest-kvmclock-unavailable"];
        from "Linux arch/x86/kernel/tsc.c:pit_hpet_ptimer_calibrate_cpu"
    }
    Kernel Trouble "tsc-cpuid-wrong" in "6.3 and newer" {
        says "Warning: TSC freq calibrated by CPUID/MSR differs from what is calibrated by HW timer, please check with vendor!!"
        like "tsc: Warning: TSC freq calibrated by CPUID/MSR differs from what is calibrated by HW timer, please check with vendor!!"
        means "What the CPU (or the hypervisor) tells about its TSC and what the kernel measures differ: a clock by \
            the told rate drifts.";
        next ["guest: is tsc-frequency set to another value than the host's, on a host that does not scale?"];
        rules ["dom-tsc-frequency-unsupported", "host-no-tsc-scaling"];
        from "Linux arch/x86/kernel/tsc.c:tsc_refine_calibration_work"
    }
    Kernel Normal "tsc-recalibrated" in "6.3 and newer" {
        says "TSC freq recalibrated by [{by}]: {rate#MHz} MHz"
        like "tsc: TSC freq recalibrated by [HPET]: 2596.133 MHz"
        saw "{by} measures the TSC at {rate}"
        means "The kernel was told to measure a TSC whose rate it already knows (tsc=recalibrate), and takes the measured \
            rate.";
        next ["differs from the line \"Detected … MHz\"? Then the CPU or the hypervisor tells a wrong rate"];
        rules [];
        from "Linux arch/x86/kernel/tsc.c:tsc_refine_calibration_work"
    }
    Kernel Normal "tsc-reference" in "2.6.28 and newer" {
        says "using {by=HPET|PMTIMER} reference calibration"
        like "tsc: using HPET reference calibration"
        saw "the TSC is measured by the {by}"
        means "The measurement against the PIT was disturbed, and the kernel uses another clock instead.";
        next ["nothing"];
        rules [];
        from "Linux arch/x86/kernel/tsc.c:pit_hpet_ptimer_calibrate_cpu"
    }
    Kernel Odd "sched-clock-unstable" in "4.11 and newer" {
        says "sched_clock: Marking unstable ({_*}"
        like "sched_clock: Marking unstable (818769414384, 1195404998)"
        means "The scheduler no longer counts by the TSC. It follows a verdict on the TSC above it; wall-clock time is \
            not touched by it.";
        next ["the lines above it"];
        rules ["log-tsc-unstable"];
        from "Linux kernel/sched/clock.c:__sched_clock_work"
    }
    Kernel Normal "sched-clock-stable" in "4.11 and newer" {
        says "sched_clock: Marking stable ({_*}"
        like "sched_clock: Marking stable (3006972692137, 33974437)->(3040947129574, -7725623)"
        means "The scheduler counts by the TSC or kvm-clock from here on, as it should.";
        next ["nothing"];
        rules [];
        from "Linux kernel/sched/clock.c:__set_sched_clock_stable"
    }
}
