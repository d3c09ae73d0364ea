//! ntpd of OpenBSD and its portable edition.

super::messages! {
    Openntpd Odd "openntpd-adjusting" in "3.6 and newer" {
        says "adjusting local clock by {offset#s}s"
        like "adjusting local clock by 64.002113s"
        saw "the clock is off by {offset}"
        means "OpenNTPD moves the clock slowly (adjtime) and never steps it after its start: by 500 ppm, half an hour \
            of every second. A guest that stood still for a minute stays wrong for a day.";
        next ["more than a second: stop ntpd, start it again with -s (6.x and older), or set the time by rdate"];
        rules ["guest-no-time-discipline", "dom-no-agent-channel"];
        from "OpenBSD usr.sbin/ntpd/ntpd.c:ntpd_adjtime"
    }
    Openntpd Normal "openntpd-set" in "3.7 and newer" {
        says "set local clock to {date*} (offset {offset#s}s)"
        like "set local clock to Thu Nov 20 07:44:12 UTC 2025 (offset 64.002113s)"
        saw "the clock was off by {offset} at start and was set"
        means "At its start OpenNTPD set the clock at once. It does so only then.";
        next ["nothing, at boot"];
        rules [];
        from "OpenBSD usr.sbin/ntpd/ntpd.c:ntpd_settime"
    }
    Openntpd Trouble "openntpd-no-reply" in "3.7 and newer" {
        says "no reply received in time, skipping initial time setting"
        like "no reply received in time, skipping initial time setting"
        means "No server answered within 15 s of the start, so a clock that is far off is not set but only moved \
            slowly.";
        next ["network and DNS at that time; restart ntpd once they are up"];
        rules ["guest-no-time-discipline"];
        from "OpenBSD usr.sbin/ntpd/ntpd.c:main"
    }
    Openntpd Trouble "openntpd-unsynced" in "3.8 and newer" {
        says "clock is now unsynced"
        like "clock is now unsynced"
        means "The clock is off by more than OpenNTPD could correct since its last look: the guest stood still, or the \
            servers went away.";
        next ["ntpctl -s all"];
        rules ["guest-no-time-discipline", "guest-steal-high"];
        from "OpenBSD usr.sbin/ntpd/ntp.c:ntp_dispatch_imsg"
    }
    Openntpd Normal "openntpd-synced" in "3.8 and newer" {
        says "clock is now synced"
        like "clock is now synced"
        means "The clock agrees with the servers, as it should.";
        next ["nothing"];
        rules [];
        from "OpenBSD usr.sbin/ntpd/ntp.c:ntp_dispatch_imsg"
    }
    Openntpd Trouble "openntpd-status" in "5.5 and newer" {
        says "{_*}clock unsynced, clock offset is {offset#ms}ms"
        like "4/4 peers valid, clock unsynced, clock offset is -64002.113ms"
        saw "the clock is off by {offset}"
        means "OpenNTPD is still moving the clock. It never steps after its start, so minutes take days.";
        next ["more than a second: restart ntpd so that it sets the clock at its start"];
        rules ["guest-no-time-discipline"];
        from "OpenBSD usr.sbin/ntpd/ntpd.c:show_status_msg"
    }
}
