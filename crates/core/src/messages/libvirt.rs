//! libvirt's refusals, as its log and virsh(1) show them.

const NO_AGENT: &str = "libvirt sets a guest's clock through the guest agent, and does not reach one. The guest's \
    clock was not touched: after a resume or restore it stays behind.";

super::messages! {
    Libvirt Trouble "tsc-frequency-refused" in "6.1 and newer" {
        says "Requested TSC frequency {wanted#Hz} Hz is outside tolerance range ([{_#}, {_#}] Hz) around host frequency {host#Hz} Hz and TSC scaling is not supported by the host CPU"
        like "unsupported configuration: Requested TSC frequency 2593906000 Hz is outside tolerance range ([2892478700, 2893925300] Hz) around host frequency 2893202000 Hz and TSC scaling is not supported by the host CPU"
        saw "the domain wants {wanted}, the host has {host}"
        means "The domain's tsc frequency is more than 250 ppm from the host's, and this CPU cannot scale. The domain \
            does not start here.";
        next [
            "virsh capabilities | grep \"counter name='tsc'\" on every host of the domain",
            "set the frequency that all hosts share, or start it where scaling='yes'",
        ];
        rules ["dom-tsc-frequency-unsupported", "log-tsc-frequency-mismatch", "host-no-tsc-scaling"];
        from "libvirt src/qemu/qemu_process.c:qemuProcessStartValidateTSC"
    }
    Libvirt Odd "tsc-scaling-unknown" in "6.1 and newer" {
        says "Requested TSC frequency falls outside tolerance range and scaling support is unknown, QEMU will try and possibly fail later"
        like "Requested TSC frequency falls outside tolerance range and scaling support is unknown, QEMU will try and possibly fail later"
        means "The domain's tsc frequency differs from the host's by more than 250 ppm, and libvirt does not know \
            whether the CPU scales.";
        next ["does QEMU's log (/var/log/libvirt/qemu/DOM.log) say \"TSC frequency mismatch\"?"];
        rules ["dom-tsc-frequency-unsupported", "host-no-tsc-scaling"];
        from "libvirt src/qemu/qemu_process.c:qemuProcessStartValidateTSC"
    }
    Libvirt Trouble "invtsc-no-frequency" in "1.2 and newer" {
        says "domain has 'invtsc' CPU feature but TSC frequency is not specified"
        like "Requested operation is not valid: domain has 'invtsc' CPU feature but TSC frequency is not specified"
        means "The domain has an invariant TSC without a fixed frequency. libvirt refuses to migrate or save it.";
        next [
            "add <timer name='tsc' frequency='HZ'/> with the host's frequency from `virsh capabilities`, then power-cycle the domain",
        ];
        rules ["dom-invtsc-blocks-migration"];
        from "libvirt src/qemu/qemu_migration.c:qemuMigrationSrcIsAllowed"
    }
    Libvirt Trouble "rtc-track" in "0.8 and newer" {
        says "unsupported rtc timer track '{track}'"
        like "error: unsupported configuration: unsupported rtc timer track 'boot'"
        saw "track='{track}' does not exist for QEMU"
        means "The domain cannot be defined. The RTC tracks wall (the default), guest or, from 9.0 on, realtime.";
        next ["remove track=: wall is the only one that stays right across a pause and a save"];
        rules ["dom-rtc-track-boot", "dom-rtc-track-guest"];
        from "libvirt src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers"
    }
    Libvirt Normal "guest-reverted" in "3.0 and newer" {
        says "shutting down, reason=from snapshot"
        like "2025-03-02 18:40:12.301+0000: shutting down, reason=from snapshot"
        means "The guest was reverted to a snapshot, with a new QEMU. Its clock goes on from the time of that snapshot \
            until somebody sets it: libvirt does not.";
        next ["virsh domtime DOM --now"];
        rules ["guest-behind-after-gap", "guest-chrony-makestep-limited"];
        from "libvirt src/qemu/qemu_process.c:qemuProcessStop"
    }
    Libvirt Trouble "rtc-tickpolicy" in "0.8 and newer" {
        says "unsupported rtc timer tickpolicy '{policy}'"
        like "error: unsupported configuration: unsupported rtc timer tickpolicy 'merge'"
        saw "the RTC has no tickpolicy='{policy}'"
        means "The domain cannot be defined. The schema knows four policies, but the RTC takes only catchup and delay.";
        next ["catchup for Windows; remove tickpolicy for other guests"];
        rules ["dom-rtc-policy-unsupported"];
        from "libvirt src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers"
    }
    Libvirt Trouble "pit-tickpolicy" in "0.8 and newer" {
        says "unsupported pit tickpolicy '{policy}'"
        like "error: unsupported configuration: unsupported pit tickpolicy 'merge'"
        saw "the PIT has no tickpolicy='{policy}'"
        means "The domain cannot be defined. The PIT takes delay, catchup (the same machine) and discard.";
        next ["remove tickpolicy: QEMU gives lost PIT ticks back by itself"];
        rules ["dom-rtc-policy-unsupported"];
        from "libvirt src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers"
    }
    Libvirt Trouble "timer-type" in "0.8 and newer" {
        says "unsupported timer type (name) '{timer}'"
        like "error: unsupported configuration: unsupported timer type (name) 'platform'"
        saw "QEMU has no {timer} timer"
        means "The domain cannot be defined: this timer exists for other hypervisors only.";
        next ["remove the <timer> line"];
        rules ["dom-rtc-policy-unsupported"];
        from "libvirt src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers"
    }
    Libvirt Trouble "hpet-refused" in "0.8 and newer; with QEMU 8.0 and newer in libvirt 9.0 and 9.1 only" {
        says "hpet timer is not supported"
        like "error: unsupported configuration: hpet timer is not supported"
        means "<timer name='hpet' present='yes'/> cannot be had: the machine has no HPET, or it is libvirt 9.0 or 9.1 \
            that does not understand QEMU 8.0 and newer.";
        next ["remove the line (the HPET is on by default on pc and q35), or update libvirt to 9.2"];
        rules ["dom-hpet-present-refused"];
        from "libvirt src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers"
    }
    Libvirt Trouble "timer-not-for-guest" in "6.0 and newer" {
        says "Configuring the '{timer}' timer is not supported for virtType={type} arch={arch} machine={machine} guests"
        like "error: unsupported configuration: Configuring the 'armvtimer' timer is not supported for virtType=kvm arch=x86_64 machine=pc-q35-7.2 guests"
        saw "no {timer} on {arch}"
        means "The domain cannot be defined: this timer belongs to another architecture.";
        next ["remove the <timer> line"];
        rules ["dom-armvtimer-policy"];
        from "libvirt src/qemu/qemu_validate.c:qemuValidateDomainDefClockTimers"
    }
    Libvirt Trouble "timer-tickpolicy" in "8.1 and newer" {
        says "timer {timer} doesn't support setting of timer {what=tickpolicy|mode|frequency}"
        like "error: unsupported configuration: timer kvmclock doesn't support setting of timer tickpolicy"
        saw "{timer} has no {what}"
        means "The domain cannot be defined: an attribute stands at a timer that does not have it. Older versions \
            ignored it.";
        next ["remove the attribute; it never had an effect"];
        rules ["dom-tickpolicy-noop"];
        from "libvirt src/conf/domain_postparse.c:virDomainDefPostParseTimer"
    }
    Libvirt Trouble "catchup-without-policy" in "0.8 and newer" {
        says "setting of timer catchup policies is only supported with tickpolicy='catchup'"
        like "error: unsupported configuration: setting of timer catchup policies is only supported with tickpolicy='catchup'"
        means "<catchup threshold= slew= limit=> stands at a timer without tickpolicy='catchup'. No driver reads these \
            values anyway.";
        next ["remove <catchup>"];
        rules ["dom-catchup-tunables-noop"];
        from "libvirt src/conf/domain_postparse.c:virDomainDefPostParseTimer"
    }
    Libvirt Trouble "timers-differ" in "0.8 and newer" {
        says "Target domain timers do not match source"
        like "error: unsupported configuration: Target domain timers do not match source"
        means "On migration or restore the other side's definition has other <timer> elements. Their number, order, \
            name, presence and the tsc's frequency and mode must agree.";
        next ["compare the <clock> blocks; tickpolicy and track may differ, the list of timers may not"];
        rules ["dom-live-differs-from-definition"];
        from "libvirt src/conf/domain_conf.c:virDomainDefCheckABIStabilityFlags"
    }
    Libvirt Trouble "timer-presence-differs" in "0.8 and newer" {
        says "Target timer presence '{target}' does not match source '{source}'"
        like "error: unsupported configuration: Target timer presence 'no' does not match source 'yes'"
        saw "a timer is present='{source}' here and present='{target}' there"
        means "On migration or restore a timer is on at one side and off at the other.";
        next ["make the <clock> blocks agree"];
        rules ["dom-live-differs-from-definition"];
        from "libvirt src/conf/domain_conf.c:virDomainTimerDefCheckABIStability"
    }
    Libvirt Trouble "tsc-frequency-differs" in "0.8 and newer" {
        says "Target TSC frequency {target#Hz} does not match source {source#Hz}"
        like "error: unsupported configuration: Target TSC frequency 2900000000 does not match source 2893202000"
        saw "{source} here, {target} there"
        means "On migration or restore the two definitions fix different TSC frequencies.";
        next ["make <timer name='tsc' frequency='HZ'/> agree"];
        rules ["dom-live-differs-from-definition", "dom-tsc-frequency-unsupported"];
        from "libvirt src/conf/domain_conf.c:virDomainTimerDefCheckABIStability"
    }
    Libvirt Trouble "agent-not-connected" in "1.2 and newer" {
        says "QEMU guest agent is not connected"
        like "error: Guest agent is not responding: QEMU guest agent is not connected"
        means NO_AGENT;
        next [
            "guest: systemctl status qemu-guest-agent; install it where it is missing",
            "just resumed or booted? Try again in some seconds: nothing waits for the agent",
        ];
        rules ["guest-agent-time-disabled", "dom-no-agent-channel"];
        from "libvirt src/qemu/qemu_domain.c:qemuDomainAgentAvailable"
    }
    Libvirt Trouble "agent-not-configured" in "1.0 and newer" {
        says "QEMU guest agent is not configured"
        like "error: argument unsupported: QEMU guest agent is not configured"
        means NO_AGENT;
        next ["add a channel with the target org.qemu.guest_agent.0 to the domain, and install the agent in the guest"];
        rules ["dom-no-agent-channel"];
        from "libvirt src/qemu/qemu_domain.c:qemuDomainAgentAvailable"
    }
    Libvirt Trouble "agent-unavailable" in "1.0 and newer" {
        says "{why=QEMU guest agent is not available due to an error|Guest agent not available for now|Guest agent disappeared while executing command}"
        like "error: Guest agent is not responding: QEMU guest agent is not available due to an error"
        saw "{why}"
        means NO_AGENT;
        next ["restart the agent in the guest, then: virsh domtime DOM"];
        rules ["guest-agent-time-disabled"];
        from "libvirt src/qemu/qemu_domain.c:qemuDomainAgentAvailable, src/qemu/qemu_agent.c"
    }
    Libvirt Trouble "agent-command-failed" in "1.0 and newer" {
        says "unable to execute QEMU agent command '{command}': {why*}"
        like "error: internal error: unable to execute QEMU agent command 'guest-get-time': The command guest-get-time has not been found"
        saw "the agent refused {command}: {why}"
        means "The guest agent was reached and answered with an error, which stands at the end of the line.";
        next [
            "virsh domtime DOM: does it answer, and what does the guest's clock say now?",
            "guest: how old is its agent, and does its configuration block guest-set-time or guest-get-time?",
        ];
        rules ["guest-agent-time-disabled"];
        from "libvirt src/qemu/qemu_agent.c:qemuAgentCheckError"
    }
    Libvirt Trouble "no-reset-reinjection" in "1.2.5 and newer" {
        says "cannot set time: qemu doesn't support rtc-reset-reinjection command"
        like "error: Operation not supported: cannot set time: qemu doesn't support rtc-reset-reinjection command"
        means "virsh domtime needs QEMU 2.1 or newer on x86. The guest's clock was not touched.";
        next ["set the time inside the guest, or update QEMU"];
        rules [];
        from "libvirt src/qemu/qemu_driver.c:qemuDomainSetTime"
    }
    Libvirt Trouble "time-too-big" in "1.2.5 and newer" {
        says "Time '{seconds#}' is too big for guest agent"
        like "error: Operation failed: Time '99999999999' is too big for guest agent"
        saw "{seconds} seconds since 1970 do not fit"
        means "virsh domtime --time takes seconds since 1970; this looks like milliseconds or nanoseconds.";
        next ["virsh domtime DOM --time $(date +%s)"];
        rules [];
        from "libvirt src/qemu/qemu_agent.c:qemuAgentSetTime"
    }
    Libvirt Normal "guest-moved" in "3.0 and newer" {
        says "shutting down, reason=migrated"
        like "2025-03-02 18:15:20.070+0000: shutting down, reason=migrated"
        means "The guest went to another host. Its clock is behind there by the downtime until somebody sets it: libvirt \
            does not.";
        next ["virsh domtime DOM on the other host: what does the guest's clock say?"];
        rules ["fleet-no-post-migration-sync", "guest-behind-after-gap", "guest-chrony-makestep-limited"];
        from "libvirt src/qemu/qemu_process.c:qemuProcessStop"
    }
    Libvirt Normal "guest-saved" in "3.0 and newer" {
        says "shutting down, reason=saved"
        like "2025-03-02 18:20:02.118+0000: shutting down, reason=saved"
        means "The guest was saved. Once it is restored its clock is behind by all the time between, until somebody sets \
            it: libvirt does not.";
        next ["after the restore: virsh domtime DOM --now"];
        rules ["fleet-no-post-migration-sync", "guest-behind-after-gap", "host-libvirt-guests-no-sync"];
        from "libvirt src/qemu/qemu_process.c:qemuProcessStop"
    }
}
