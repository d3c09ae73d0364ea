//! QEMU's refusals and warnings.

super::messages! {
    Qemu Trouble "tsc-frequency-mismatch" in "2.4 and newer" {
        says "TSC frequency mismatch between VM ({vm#kHz} kHz) and host ({host#kHz} kHz), and TSC scaling unavailable"
        like "qemu-system-x86_64: warning: TSC frequency mismatch between VM (2892749 kHz) and host (2799999 kHz), and TSC scaling unavailable"
        saw "the VM wants {vm}, the host has {host}"
        means "The TSC frequency asked for is more than 250 ppm from the host's, and this CPU cannot scale it. A start \
            fails right after this line; on an incoming migration the VM goes on and its TSC runs at the wrong rate.";
        next [
            "virsh capabilities | grep \"counter name='tsc'\" on every host of the VM",
            "set the frequency that all hosts share, or move the VM to hosts with scaling='yes'",
        ];
        rules ["log-tsc-frequency-mismatch", "dom-tsc-frequency-unsupported", "host-no-tsc-scaling"];
        from "QEMU target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz"
    }
    Qemu Trouble "vcpu-init-failed" in "5.2 and newer" {
        says "kvm_init_vcpu: kvm_arch_init_vcpu failed ({cpu#}): {why*}"
        like "qemu-system-x86_64: kvm_init_vcpu: kvm_arch_init_vcpu failed (0): Operation not supported"
        saw "vCPU {cpu} could not be made: {why}"
        means "The VM does not start. The line above tells why; among clocks it is a TSC frequency that the host \
            cannot give, or a migration blocker under -only-migratable.";
        next ["the line above it"];
        rules ["dom-tsc-frequency-unsupported", "log-tsc-frequency-mismatch", "dom-invtsc-blocks-migration"];
        from "QEMU accel/kvm/kvm-all.c:kvm_init_vcpu"
    }
    Qemu Trouble "invtsc-blocks" in "2.1 and newer; libvirt quotes it: unable to execute QEMU command 'migrate': …" {
        says "State blocked by non-migratable CPU device (invtsc flag)"
        like "qemu-system-x86_64: State blocked by non-migratable CPU device (invtsc flag)"
        means "The guest was given an invariant TSC without a fixed frequency, so it must not go to a host with \
            another rate. Migration, save and snapshots with memory are refused.";
        next [
            "add <timer name='tsc' frequency='HZ'/> with the host's frequency from `virsh capabilities`, then power-cycle the VM",
            "or take invtsc away, and the guest uses kvm-clock",
        ];
        rules ["dom-invtsc-blocks-migration", "qemu-invtsc-migratable-conflict", "log-tsc-frequency-mismatch"];
        from "QEMU target/i386/kvm/kvm.c:kvm_arch_init_vcpu"
    }
    Qemu Trouble "tsc-frequency-migrated" in "2.4 and newer" {
        says "Mismatch between user-specified TSC frequency and migrated TSC frequency"
        like "qemu-system-x86_64: Mismatch between user-specified TSC frequency and migrated TSC frequency"
        means "The VM comes from a host where its TSC had another frequency than this side's tsc-frequency. The \
            migration fails.";
        next ["give both sides the same <timer name='tsc' frequency='HZ'/>"];
        rules ["dom-tsc-frequency-unsupported", "dom-live-differs-from-definition"];
        from "QEMU target/i386/machine.c:cpu_post_load"
    }
    Qemu Trouble "reenlightenment" in "2.12 and newer" {
        says "Guest enabled re-enlightenment notifications, 'tsc-frequency=' has to be specified"
        like "qemu-system-x86_64: Guest enabled re-enlightenment notifications, 'tsc-frequency=' has to be specified"
        means "Windows with nested Hyper-V wants to be told when its TSC changes, which KVM does not do. Without a \
            fixed frequency the VM cannot migrate.";
        next ["add <timer name='tsc' frequency='HZ'/> and <frequencies state='on'/>, or drop <reenlightenment>"];
        rules ["dom-reenlightenment-no-frequency"];
        from "QEMU target/i386/machine.c:hyperv_reenlightenment_post_load"
    }
    Qemu Trouble "hyperv-requires" in "5.2 and newer" {
        says "Hyper-V {feature*} requires Hyper-V {needed*}"
        like "qemu-system-x86_64: Hyper-V synthetic timers (hv-stimer) requires Hyper-V clocksources (hv-time)"
        saw "{feature} needs {needed}"
        means "A Hyper-V feature was switched on without another that it needs. The VM does not start.";
        next ["stimer needs hypervclock, synic and vpindex; synic needs vpindex"];
        rules ["dom-stimer-prereq", "dom-hypervclock-missing"];
        from "QEMU target/i386/kvm/kvm.c:hv_feature_check_deps"
    }
    Qemu Trouble "removed-option" in "7.2, 9.0 and newer; each option since its removal" {
        says "{option=-no-kvm-pit-reinjection|-no-kvm-pit|-no-kvm-irqchip|-tdf|-rtc-td-hack|-localtime|-startdate|-no-hpet|-clock}: invalid option"
        like "qemu-system-x86_64: -no-hpet: invalid option"
        saw "{option} does not exist any more"
        means "An option of old guides or of an old libvirt. QEMU does not start with it. -no-hpet is -machine \
            hpet=off, -localtime is -rtc base=localtime, -rtc-td-hack is -rtc driftfix=slew, -no-kvm-pit-reinjection \
            is -global kvm-pit.lost_tick_policy=discard, -tdf and -clock are nothing.";
        next [
            "scripts and <qemu:commandline>: replace the option",
            "libvirt older than 9.0 with QEMU 9.0 or newer: update libvirt",
        ];
        rules ["qemu-removed-clock-options"];
        from "QEMU docs/about/removed-features.rst; softmmu/vl.c"
    }
    Qemu Trouble "alarm-timer" in "0.9 to 1.4" {
        says "could not initialize alarm timer"
        like "could not initialize alarm timer"
        means "This old QEMU takes its ticks from one of the host's timers (`-clock`), and the one that it was told to \
            take is in use by another guest or not there. `-clock unix` avoided that; today's QEMU has no such choice.";
        next ["leave `-clock` out; QEMU 5.2 and later do not know it"];
        rules ["qemu-removed-clock-options"];
        from "QEMU vl.c:main, qemu-timer.c:init_timer_alarm"
    }
    Qemu Trouble "rtc-date" in "0.12 and newer" {
        says "invalid datetime format"
        like "qemu-system-x86_64: invalid datetime format"
        means "-rtc base= takes utc, localtime, 2006-06-17 or 2006-06-17T16:01:21, and nothing else.";
        next ["correct the date; it counts as UTC"];
        rules ["qemu-rtc-effective-policy", "dom-offset-absolute"];
        from "QEMU softmmu/rtc.c:configure_rtc_base_datetime"
    }
    Qemu Trouble "rtc-lost-ticks" in "1.1 and newer" {
        says "Invalid lost tick policy."
        like "qemu-system-x86_64: Invalid lost tick policy."
        means "The RTC takes only discard (its default) and slew as lost_tick_policy. The VM does not start.";
        next ["-rtc driftfix=slew for a guest that keeps time by RTC ticks (Windows), else leave it out"];
        rules ["qemu-rtc-effective-policy", "dom-rtc-policy-unsupported"];
        from "QEMU hw/rtc/mc146818rtc.c:rtc_realizefn"
    }
    Qemu Trouble "pit-lost-ticks" in "1.3 and newer" {
        says "Lost tick policy not supported."
        like "qemu-system-x86_64: Lost tick policy not supported."
        means "KVM's PIT takes only delay (its default: lost ticks are given back at once) and discard as \
            lost_tick_policy.";
        next ["leave it out, or use delay"];
        rules ["qemu-rtc-effective-policy", "dom-pit-delay-ambiguous"];
        from "QEMU hw/i386/kvm/i8254.c:kvm_pit_realizefn"
    }
    Qemu Trouble "pit-reinjection" in "1.3 and newer" {
        says "Can't disable in-kernel PIT reinjection: {why*}"
        like "qemu-system-x86_64: Can't disable in-kernel PIT reinjection: Invalid argument"
        means "discard was asked for KVM's PIT and the host's kernel refuses.";
        next ["leave out kvm-pit.lost_tick_policy=discard"];
        rules ["qemu-rtc-effective-policy"];
        from "QEMU hw/i386/kvm/i8254.c:kvm_pit_realizefn"
    }
    Qemu Trouble "driftfix-not-available" in "11.1 and newer" {
        says "driftfix 'slew' is not available with this machine"
        like "qemu-system-x86_64: warning: driftfix 'slew' is not available with this machine"
        means "The machine type has no RTC that could give lost ticks back. The setting has no effect.";
        next ["remove <timer name='rtc' tickpolicy='catchup'/> from this domain"];
        rules ["qemu-rtc-effective-policy"];
        from "QEMU system/rtc.c:configure_rtc"
    }
    Qemu Trouble "no-hpet-property" in "8.0 and newer" {
        says "Property '{machine}.hpet' not found"
        like "qemu-system-x86_64: Property 'microvm-machine.hpet' not found"
        saw "{machine} has no hpet switch"
        means "hpet= was given to a machine type that has no HPET to begin with. The VM does not start.";
        next ["remove <timer name='hpet' …/> or hpet= for this machine type"];
        rules ["dom-hpet-present-refused", "qemu-removed-clock-options"];
        from "QEMU qom/object.c:object_property_find_err"
    }
    Qemu Trouble "icount-kvm" in "1.0 and newer" {
        says "-icount is not allowed with hardware virtualization"
        like "qemu-system-x86_64: -icount is not allowed with hardware virtualization"
        means "-icount makes time follow executed instructions; that works only without KVM, and is nothing for a \
            clock that should be right.";
        next ["remove -icount"];
        rules ["qemu-icount"];
        from "QEMU softmmu/icount.c:icount_configure"
    }
    Qemu Odd "feature-invtsc" in "2.1 and newer" {
        says "{who=TCG|host} doesn't support requested feature: CPUID.80000007H:EDX.invtsc [bit 8]"
        like "qemu-system-x86_64: warning: host doesn't support requested feature: CPUID.80000007H:EDX.invtsc [bit 8]"
        saw "{who} cannot give an invariant TSC"
        means "invtsc was asked for and cannot be given, so the guest does not get it and uses kvm-clock.";
        next ["grep -c nonstop_tsc /proc/cpuinfo on the host; nested: let the outer host give invtsc"];
        rules ["qemu-no-kvm", "host-tsc-not-nonstop", "host-tsc-not-constant"];
        from "QEMU target/i386/cpu.c:mark_unavailable_features"
    }
    Qemu Trouble "kvmclock-needs-kvm" in "1.7 and newer" {
        says "kvmclock device requires KVM"
        like "qemu-system-x86_64: kvmclock device requires KVM"
        means "kvm-clock was asked for in a VM that runs without KVM.";
        next ["ls -l /dev/kvm; -accel kvm or type='kvm'"];
        rules ["qemu-no-kvm"];
        from "QEMU hw/i386/kvm/clock.c:kvmclock_realize"
    }
}
