//! A clock setting is refused.

super::causes! {
    "no-start" seen 4 {
        symptom "VM does not start because of a timer or clock option"
        notions [NoStart 6, Upgrade 2, Tsc 2, Fallback 1, Migrate 1]
        cause "The domain asks for a timer, policy or frequency that this libvirt, QEMU or host does not have."
        why "Old options are gone from QEMU, the schema allows policies that the driver refuses, libvirt 9.0 and 9.1 \
            refuse hpet with QEMU 8, and a TSC frequency needs a host within 250 ppm or one that scales."
        confirm [
            "virsh start DOM; tail /var/log/libvirt/qemu/DOM.log   (kvmtime explain reads these lines)",
            "kvmtime check domain:DOM",
        ];
        rules [
            "qemu-removed-clock-options", "dom-rtc-policy-unsupported", "dom-rtc-track-boot",
            "dom-hpet-present-refused", "dom-tsc-frequency-unsupported", "dom-stimer-prereq",
        ];
    }
    "no-migrate" seen 4 {
        symptom "VM cannot migrate or save, blocked by invtsc"
        notions [NoMigrate 6, Tsc 3, Migrate 2, Restore 1]
        cause "The domain has a clock that is bound to this host."
        why "An invariant TSC without a fixed frequency, hv-passthrough, or reenlightenment without a frequency block \
            migration, save and memory snapshots. libvirt says so only at that moment."
        confirm [
            "virsh dumpxml DOM | grep -e invtsc -e \"name='tsc'\" -e passthrough -e reenlightenment",
            "kvmtime check domain:DOM",
        ];
        rules [
            "dom-invtsc-blocks-migration", "qemu-invtsc-migratable-conflict", "dom-hv-passthrough",
            "dom-reenlightenment-no-frequency",
        ];
    }
    "changed-by-upgrade" seen 3 {
        symptom "guest clock behaves differently after an upgrade of QEMU or libvirt"
        notions [Upgrade 6, Wrong 1, Behind 1, Jump 1, Idle 1]
        cause "The same XML yields another machine."
        why "PIT tickpolicy delay once meant: throw lost ticks away; today it means: give them back. Where the HPET is \
            switched and which Hyper-V features are checked changed as well."
        confirm [
            "virsh domxml-to-native qemu-argv --domain DOM | grep -o -e '-rtc [^ ]*' -e 'lost_tick[^ ]*' -e 'hpet=[^, ]*'",
            "kvmtime check domain:DOM",
        ];
        rules [
            "dom-pit-delay-ambiguous", "dom-live-differs-from-definition", "dom-stimer-prereq",
            "qemu-removed-clock-options",
        ];
    }
    "settings-without-effect" seen 2 {
        symptom "clock settings in the domain have no effect"
        notions [NoEffect 6, Tsc 1]
        cause "libvirt accepts some timer settings and does nothing with them."
        why "tsc tickpolicy and mode, catchup thresholds, present='no' on pit or rtc, and tickpolicy on hpet are \
            stored and ignored for QEMU."
        confirm ["virsh domxml-to-native qemu-argv --domain DOM", "kvmtime check domain:DOM"];
        rules ["dom-tickpolicy-noop", "dom-timer-present-noop", "dom-catchup-tunables-noop"];
    }
}
