//! chronyd and chronyc.

const NOTHING: &str = "chronyd hears no server that it can use, so nothing disciplines the clock. It drifts from here \
    on, in a guest by seconds a day or more.";

super::messages! {
    Chronyd Trouble "clock-wrong" in "1.x to 4.x" {
        says "System clock wrong by {offset#s} seconds{_*}"
        like "System clock wrong by 4.005564 seconds"
        saw "the clock was off by {offset} (without a minus: behind)"
        means "chronyd found the clock off by more than a second. Without \"was stepped\" after it, chronyd moves the \
            clock slowly: hours for minutes, days for hours. In a guest this is the length of a pause, a restore or \
            the host's sleep.";
        next [
            "a pause, resume, restore, migration or sleep of the host just before?",
            "chronyc makestep, now; makestep 1 -1 in chrony.conf of a guest that is paused or restored",
        ];
        rules [
            "log-ntp-giveup", "guest-chrony-makestep-limited", "host-sleep-with-guests",
            "host-libvirt-guests-no-sync",
        ];
        from "chrony reference.c:maybe_log_offset"
    }
    Chronyd Odd "clock-stepped" in "1.x to 4.x" {
        says "System clock was stepped by {offset#s} seconds"
        like "System clock was stepped by 4.005564 seconds"
        saw "the clock jumped by {offset}"
        means "chronyd set the clock at once; it is right from here on. At boot this is normal; later it tells how \
            long the guest had stood still.";
        next ["later than boot: what paused the machine? Programs saw time jump"];
        rules ["log-ntp-giveup", "host-sleep-with-guests"];
        from "chrony local.c:LCL_ApplyStepOffset, reference.c"
    }
    Chronyd Odd "forward-jump" in "3.x and newer" {
        says "Forward time jump detected!"
        like "Forward time jump detected!"
        means "The clock went on by more than chronyd can have slept: something else set it, the guest agent for \
            example, or the machine was restored.";
        next ["who set the clock? virsh domtime, a second time daemon, hwclock"];
        rules ["log-ntp-giveup", "guest-multiple-time-daemons", "guest-chrony-makestep-limited"];
        from "chrony sched.c:check_current_time"
    }
    Chronyd Trouble "backward-jump" in "1.x to 4.x" {
        says "Backward time jump detected!"
        like "Backward time jump detected!"
        means "The clock went back: something else set it. Programs and file times saw the past again.";
        next [
            "who set the clock? virsh domtime --now from a machine with a wrong clock, a second time daemon, hwclock",
        ];
        rules ["guest-multiple-time-daemons", "log-ntp-giveup", "dom-rtc-track-guest"];
        from "chrony sched.c:check_current_time"
    }
    Chronyd Trouble "no-selectable" in "1.x to 4.x" {
        says "Can't synchronise: {what=no selectable sources|not enough selectable sources|no required source in selectable sources|no sources}{_*}"
        like "Can't synchronise: no selectable sources"
        saw "{what}"
        means NOTHING;
        next [
            "chronyc sources -v, chronyc activity: offline, unresolved, or reach 0?",
            "UDP port 123 through the firewall, DNS, the guest's network",
        ];
        rules ["log-ntp-giveup", "guest-no-time-discipline", "host-unsynchronised"];
        from "chrony sources.c:SRC_SelectSource"
    }
    Chronyd Trouble "no-majority" in "1.x to 4.x" {
        says "Can't synchronise: no majority{_*}"
        like "Can't synchronise: no majority (no agreement among 2 sources)"
        means "The servers disagree and none is trusted: with two servers chronyd cannot know which is wrong. A PHC of \
            a host whose clock is wrong against NTP servers looks like this too.";
        next ["chronyc sources: which one is off (x)?", "at least three servers; one kind of leap-second handling"];
        rules ["log-ntp-giveup", "guest-phc-trusts-unsynced-host", "host-unsynchronised"];
        from "chrony sources.c:SRC_SelectSource"
    }
    Chronyd Trouble "falseticker" in "4.2 and newer" {
        says "Detected falseticker {source*}"
        like "Detected falseticker 192.0.2.7 (ntp.example.net)"
        saw "{source} disagrees with the others"
        means "This source tells another time than the majority and is not used. If it is the PHC of the host, the \
            host's clock is wrong, or the device is another one, or counts TAI (37 s).";
        next ["chronyc sources; cat /sys/class/ptp/*/clock_name; exactly 37 s: add `tai`, or remove it"];
        rules ["guest-ptp-unstable-name", "guest-phc-trusts-unsynced-host"];
        from "chrony sources.c:mark_source"
    }
    Chronyd Normal "selected-source" in "1.x to 4.x" {
        says "Selected source {source*}"
        like "Selected source 192.0.2.1"
        saw "chronyd follows {source}"
        means "chronyd found a source and follows it, as it should.";
        next ["nothing"];
        rules [];
        from "chrony sources.c:mark_source, SRC_SelectSource"
    }
    Chronyd Trouble "gave-up" in "1.31 and newer, with maxchange" {
        says "Adjustment of {offset#s} seconds exceeds the allowed maximum of {limit#s} seconds (exiting)"
        like "Adjustment of 5212.341 seconds exceeds the allowed maximum of 1000.000 seconds (exiting) "
        saw "the clock was off by {offset}, maxchange allows {limit}"
        means "chronyd ended: the clock was further off than maxchange allows. Nothing disciplines it any more until \
            somebody starts chronyd again.";
        next ["set the clock, start chronyd again; no maxchange in a guest that is paused or restored"];
        rules ["log-ntp-giveup", "guest-chrony-makestep-limited", "guest-no-time-discipline"];
        from "chrony reference.c:is_offset_ok"
    }
    Chronyd Trouble "ignored-change" in "1.31 and newer, with maxchange" {
        says "Adjustment of {offset#s} seconds exceeds the allowed maximum of {limit#s} seconds (ignored)"
        like "Adjustment of 5212.341 seconds exceeds the allowed maximum of 1000.000 seconds (ignored) "
        saw "the clock is off by {offset}, maxchange allows {limit}"
        means "The clock is further off than maxchange allows. chronyd leaves it as it is, for now, and ends after \
            some more.";
        next ["chronyc makestep, or set the clock; no maxchange in a guest that is paused or restored"];
        rules ["log-ntp-giveup", "guest-chrony-makestep-limited"];
        from "chrony reference.c:is_offset_ok"
    }
    Chronyd Trouble "interference" in "4.7 and newer" {
        says "System clock interference detected (another NTP client?)"
        like "System clock interference detected (another NTP client?)"
        means "Another program moves the clock's rate while chronyd does. The two fight, and the clock swings.";
        next ["systemctl list-units | grep -e ntp -e chron -e timesync -e phc2sys: keep one"];
        rules ["guest-multiple-time-daemons", "host-multiple-time-daemons"];
        from "chrony sys_timex.c:read_frequency"
    }
    Chronyd Trouble "no-phc" in "2.0 and newer" {
        says "Could not open PHC{_*}"
        like "Could not open PHC (of) /dev/ptp_kvm : No such file or directory"
        means "The refclock's device is not there or not allowed: ptp_kvm is not loaded, the number changed, or the \
            unit's sandbox hides it. chronyd does not start with such a refclock.";
        next ["ls -l /dev/ptp*; modprobe ptp_kvm; cat /sys/class/ptp/*/clock_name"];
        rules ["guest-ptp-unstable-name", "guest-ptp-kvm-unused", "guest-no-time-discipline"];
        from "chrony refclock_phc.c:phc_initialise, sys_linux.c:SYS_Linux_OpenPHC"
    }
    Chronyd Trouble "refclock-failed" in "1.31 and newer" {
        says "refclock {driver} initialisation failed"
        like "refclock PHC initialisation failed"
        saw "the {driver} refclock cannot be used"
        means "chronyd does not start: its refclock does not work.";
        next ["the line above it; ls -l /dev/ptp*"];
        rules ["guest-ptp-unstable-name", "guest-no-time-discipline"];
        from "chrony refclock.c:RCL_AddRefclock"
    }
    Chronyd Trouble "no-cap-sys-time" in "4.2 and newer" {
        says "CAP_SYS_TIME not present"
        like "CAP_SYS_TIME not present"
        means "chronyd may not set the clock here: it runs in a container. The clock is the machine's and is \
            disciplined there.";
        next ["discipline the virtual machine or host; in the container chronyd -x serves time only"];
        rules ["guest-container-time-daemon"];
        from "chrony sys_linux.c:SYS_Linux_Initialise"
    }
    Chronyd Odd "rtc-wrong" in "1.x to 4.x, with -s and rtcfile" {
        says "RTC wrong by {offset#s} seconds (step)"
        like "RTC wrong by 3600.012 seconds (step)"
        saw "the RTC was off by {offset}"
        means "The RTC differs from the clock. Whole hours are a time zone: one side keeps local time.";
        next ["whole hours: timedatectl set-local-rtc 0 and <clock offset='utc'/>"];
        rules ["guest-rtc-localtime", "host-rtc-local-time", "dom-offset-linux-localtime"];
        from "chrony rtc_linux.c:process_reading"
    }
    Chronyd Normal "leap-step" in "2.0 and newer" {
        says "System clock was stepped for leap second"
        like "System clock was stepped for leap second"
        means "chronyd treated a leap second by a step (leapsecmode step).";
        next ["hosts and guests should use one leapsecmode"];
        rules [];
        from "chrony reference.c:leap_end_timeout"
    }
    Chronyd Normal "chronyd-start" in "2.0 and newer" {
        says "chronyd version {version} starting ({_*}"
        like "chronyd version 4.3 starting (+CMDMON +NTP +REFCLOCK +RTC +PRIVDROP +SCFILTER +SIGND +ASYNCDNS +NTS +SECHASH +IPV6 -DEBUG)"
        saw "chronyd {version} started"
        means "chronyd started. +REFCLOCK means that it can read a PHC.";
        next ["nothing"];
        rules [];
        from "chrony main.c:main"
    }
    Chronyd Trouble "another-chronyd" in "1.x to 4.x" {
        says "Another chronyd may already be running (pid={pid#}), check {file}"
        like "Another chronyd may already be running (pid=812), check /run/chrony/chronyd.pid"
        saw "process {pid} holds the lock"
        means "chronyd did not start: another one runs, or a file of a dead one is left.";
        next ["ps -p PID; remove the file only if that is no chronyd"];
        rules ["guest-multiple-time-daemons"];
        from "chrony main.c:check_pidfile"
    }
    Chronyc Trouble "chronyc-no-daemon" in "1.x to 4.x" {
        says "506 Cannot talk to daemon"
        like "506 Cannot talk to daemon"
        means "chronyd does not run, or this user may not reach its socket. If it does not run, nothing disciplines \
            the clock.";
        next ["systemctl status chronyd (Debian: chrony); run chronyc as root"];
        rules ["guest-no-time-discipline", "host-unsynchronised"];
        from "chrony client.c:request_reply"
    }
    Chronyc Trouble "chronyc-not-authorised" in "1.x to 4.x" {
        says "501 Not authorised"
        like "501 Not authorised"
        means "chronyc may only read: commands such as makestep need root on the machine itself.";
        next ["sudo chronyc makestep"];
        rules [];
        from "chrony client.c:request_reply"
    }
    Chronyc Trouble "chronyc-not-synchronised" in "1.x to 4.x" {
        says "Leap status : Not synchronised"
        like "Leap status     : Not synchronised"
        means NOTHING;
        next ["chronyc sources -v: which state and reach do they have?", "just started? It takes some polls"];
        rules ["host-unsynchronised", "guest-no-time-discipline"];
        from "chrony client.c:process_cmd_tracking"
    }
    Chronyc Odd "chronyc-local" in "1.x to 4.x" {
        says "Reference ID : 7F7F0101 ()"
        like "Reference ID    : 7F7F0101 ()"
        means "chronyd follows its own clock (`local`): it says \"synchronised\" and follows nothing.";
        next ["remove `local` from chrony.conf of a guest, add servers"];
        rules ["guest-ntp-local-clock", "host-unsynchronised"];
        from "chrony client.c:process_cmd_tracking; chrony.conf(5) local"
    }
}
