//! ntpd of ntp.org and ntpsec, and ntpdate.

const PANIC: &str = "ntpd ended: the clock was more than 1000 s off, as after a pause, a restore or a sleep of the \
    host. Nothing disciplines the clock any more, and it stays wrong until somebody sets it and starts ntpd again.";

const AFTER_PANIC: [&str; 2] = [
    "set the clock (ntpd -gq), start ntpd again",
    "tinker panic 0 as the first line of ntp.conf of a guest that is paused or restored",
];

super::messages! {
    Ntpd Trouble "panic-stop" in "ntp 4.2.6 and newer, ntpsec" {
        says "{_} {_} {_} panic_stop {offset#s} s; set clock manually within {limit#s} s."
        like "0.0.0.0 0117 07 panic_stop +214748365 s; set clock manually within 1000 s."
        saw "the clock was off by {offset}, the limit is {limit}"
        means PANIC;
        next AFTER_PANIC;
        rules ["guest-ntpd-panic-threshold", "log-ntp-giveup", "guest-no-time-discipline"];
        from "ntp ntpd/ntp_loopfilter.c:local_clock, ntpd/ntp_control.c:report_event"
    }
    Ntpd Trouble "panic-stop-bare" in "ntp 4.2.6 and newer, ntpsec" {
        says "{offset#s} s; set clock manually within {limit#s} s."
        like "+5212 s; set clock manually within 1000 s."
        saw "the clock was off by {offset}, the limit is {limit}"
        means PANIC;
        next AFTER_PANIC;
        rules ["guest-ntpd-panic-threshold", "log-ntp-giveup", "guest-no-time-discipline"];
        from "ntp ntpd/ntp_loopfilter.c:local_clock"
    }
    Ntpd Trouble "sanity-limit" in "ntp 4.x before 4.2.6" {
        says "time correction of {offset#s} seconds exceeds sanity limit ({limit#s}); set clock manually to the correct UTC time."
        like "time correction of 70551 seconds exceeds sanity limit (1000); set clock manually to the correct UTC time."
        saw "the clock was off by {offset}, the limit is {limit}"
        means PANIC;
        next AFTER_PANIC;
        rules ["guest-ntpd-panic-threshold", "log-ntp-giveup", "guest-no-time-discipline"];
        from "ntp ntpd/ntp_loopfilter.c:local_clock"
    }
    Ntpd Odd "spike" in "ntp 4.2.6 and newer, ntpsec" {
        says "{_} {_} {_} spike_detect {offset#s} s"
        like "0.0.0.0 0113 03 spike_detect +0.150120 s"
        saw "one reading was off by {offset}"
        means "A reading differs by more than 128 ms. ntpd waits 15 minutes (300 s in newer ones) whether it stays so, \
            and then steps.";
        next [
            "clock_step after it: the guest stood still or its rate changed, as by a migration; nothing after it: the network",
        ];
        rules ["guest-steal-high"];
        from "ntp ntpd/ntp_loopfilter.c:local_clock"
    }
    Ntpd Odd "clock-step" in "ntp 4.2.6 and newer, ntpsec" {
        says "{_} {_} {_} clock_step {offset#s} s"
        like "0.0.0.0 061c 0c clock_step +3.211005 s"
        saw "the clock jumped by {offset}"
        means "ntpd set the clock at once. At boot this is normal; later it tells how long the guest had stood still. \
            Repeated every some minutes: the clock's rate is beyond 500 ppm, or two programs set it.";
        next ["once: a pause, restore or migration just before? Repeated: steal, clocksource, a second time daemon"];
        rules ["guest-multiple-time-daemons", "guest-steal-high", "guest-clocksource-slow"];
        from "ntp ntpd/ntp_loopfilter.c:local_clock"
    }
    Ntpd Odd "time-reset" in "ntp 4.x" {
        says "time reset {offset#s} s"
        like "time reset +12.482311 s"
        saw "the clock jumped by {offset}"
        means "ntpd set the clock at once. Every 15 minutes or so by much the same: the clock's rate is beyond the 500 \
            ppm that ntpd can correct, as in a guest that loses ticks.";
        next ["repeated: lost ticks, steal, or a wrong clocksource; see the rules"];
        rules ["log-lost-ticks", "guest-steal-high", "guest-clocksource-slow", "guest-required-params-missing-legacy"];
        from "ntp ntpd/ntp_loopfilter.c:local_clock"
    }
    Ntpd Trouble "no-sys-peer" in "ntp 4.2.6 and newer, ntpsec" {
        says "{_} {_} {_} no_sys_peer"
        like "0.0.0.0 0628 08 no_sys_peer"
        means "ntpd follows no server any more: none answers, or they disagree.";
        next ["ntpq -pn: reach 0 is the network; x before every server is disagreement"];
        rules ["host-unsynchronised", "guest-no-time-discipline"];
        from "ntp ntpd/ntp_proto.c:clock_select"
    }
    Ntpd Odd "time-error" in "ntp 4.2.6 and newer, ntpsec" {
        says "kernel reports TIME_ERROR: {status}: Clock Unsynchronized"
        like "kernel reports TIME_ERROR: 0x41: Clock Unsynchronized"
        means "The kernel's flag says: not synchronised. Right after ntpd's start this is normal, for ntpd has no \
            server yet. Later it is a fault.";
        next ["ntpq -pn after some minutes: is a line marked with *?"];
        rules ["host-unsynchronised", "guest-no-time-discipline"];
        from "ntp ntpd/ntp_loopfilter.c:ntp_adjtime_error_handler"
    }
    Ntpd Trouble "frequency-limit" in "ntp 4.x" {
        says "frequency error {error#PPM} PPM exceeds tolerance {limit#PPM} PPM"
        like "frequency error 512 PPM exceeds tolerance 500 PPM"
        saw "the clock's rate is {error} wrong"
        means "The clock runs wrong by more than ntpd can correct. In a guest: ticks are lost, the TSC's rate is not \
            what the guest was told, or a bad drift file came with the image.";
        next ["remove the drift file; then lost ticks, steal, tsc frequency"];
        rules ["log-lost-ticks", "dom-tsc-frequency-unsupported", "guest-steal-high", "dom-pit-discard-tick-guest"];
        from "ntp ntpd/ntp_loopfilter.c:set_freq"
    }
    Ntpdate Odd "ntpdate-step" in "all" {
        says "step time server {server} offset {offset#s}{_*}"
        like "step time server 192.0.2.1 offset 64.002113 sec"
        saw "the clock was off by {offset} and was set"
        means "ntpdate set the clock at once. A clock that needs this again and again has a cause that ntpdate hides.";
        next ["run a time daemon in place of ntpdate from cron"];
        rules ["guest-no-time-discipline", "guest-multiple-time-daemons"];
        from "ntp ntpdate/ntpdate.c:clock_adjust"
    }
    Ntpdate Trouble "ntpdate-no-server" in "all" {
        says "no server suitable for synchronization found"
        like "no server suitable for synchronization found"
        means "No server answered, or none that is itself synchronised. The clock was not touched.";
        next ["UDP port 123 through the firewall; ntpdate -q -u SERVER"];
        rules ["guest-no-time-discipline", "host-unsynchronised"];
        from "ntp ntpdate/ntpdate.c:clock_adjust"
    }
    Ntpdate Trouble "ntpdate-socket" in "all" {
        says "the NTP socket is in use, exiting"
        like "the NTP socket is in use, exiting"
        means "A time daemon runs already and disciplines the clock. ntpdate did nothing, which is right.";
        next ["leave the clock to the daemon; remove ntpdate from cron"];
        rules ["guest-multiple-time-daemons"];
        from "ntp ntpdate/ntpdate.c:init_socket"
    }
}
