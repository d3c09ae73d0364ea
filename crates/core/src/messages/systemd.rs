//! systemd-timesyncd and timedatectl.

super::messages! {
    Timesyncd Trouble "timesyncd-timed-out" in "213 and newer" {
        says "Timed out waiting for reply from {server*} ({name*})."
        like "Timed out waiting for reply from 192.0.2.1:123 (ntp.example.net)."
        saw "{server} did not answer"
        means "The time server does not answer. timesyncd tries the next; until one answers nothing disciplines the \
            clock.";
        next ["UDP port 123 through the firewall; timedatectl timesync-status"];
        rules ["guest-no-time-discipline", "host-unsynchronised"];
        from "systemd src/timesync/timesyncd-manager.c:manager_timeout"
    }
    Timesyncd Normal "timesyncd-initial" in "250 and newer" {
        says "Initial clock synchronization to {date*}."
        like "Initial clock synchronization to Thu 2025-11-20 07:44:12.100231 UTC."
        saw "the clock was set to {date}"
        means "timesyncd got its first answer and set the clock. A date far from that of the lines before tells how \
            far off the clock was.";
        next ["nothing, at boot"];
        rules [];
        from "systemd src/timesync/timesyncd-manager.c:manager_receive_response"
    }
    Timesyncd Normal "timesyncd-first-server" in "213 to 249 (Initial: 243 and newer; for the first time: 241 and 242)" {
        says "{_=Initial synchronization|Synchronized} to time server {_=for the first time |}{server*} ({name*})."
        like "Initial synchronization to time server 192.0.2.1:123 (ntp.example.net)."
        saw "{server} answered and the clock was set by it"
        means "timesyncd got its first answer from this server and set or slewed the clock.";
        next ["nothing, at boot"];
        rules [];
        from "systemd src/timesync/timesyncd-manager.c:manager_receive_response"
    }
    Timesyncd Normal "timesyncd-contacted" in "250 and newer" {
        says "Contacted time server {server*} ({name*})."
        like "Contacted time server 192.0.2.1:123 (ntp.example.net)."
        means "timesyncd has a server that answers, as it should. It asks again every 34 minutes at most, so a guest \
            that was paused waits as long.";
        next ["nothing; for a guest that is paused or restored chrony is the better choice"];
        rules ["guest-chrony-makestep-limited"];
        from "systemd src/timesync/timesyncd-manager.c:manager_receive_response"
    }
    Timesyncd Trouble "timesyncd-root-distance" in "213 and newer" {
        says "Server has too large root distance. Disconnecting."
        like "Server has too large root distance. Disconnecting."
        means "The server itself is unsure of its time by more than RootDistanceMaxSec (5 s), so timesyncd does not \
            follow it. Windows domain controllers often look like this.";
        next ["give timesyncd another server, or raise RootDistanceMaxSec"];
        rules ["guest-no-time-discipline"];
        from "systemd src/timesync/timesyncd-manager.c:manager_receive_response"
    }
    Timedatectl Trouble "timedatectl-unsynchronized" in "239 and newer" {
        says "System clock synchronized: no"
        like "System clock synchronized: no"
        means "The kernel's flag says: nothing disciplines the clock, or not yet. The flag is the kernel's, so it \
            tells of chronyd and ntpd too.";
        next ["which time daemon should run? systemctl status chronyd systemd-timesyncd ntpd"];
        rules ["guest-no-time-discipline", "host-unsynchronised"];
        from "systemd src/timedate/timedatectl.c:print_status_info"
    }
    Timedatectl Odd "timedatectl-synchronized" in "239 and newer" {
        says "System clock synchronized: yes"
        like "System clock synchronized: yes"
        means "The kernel's flag says so, but the flag is only renewed when a daemon answers: after a pause or a sleep \
            of the host it can say yes while the clock is days behind. Compare with \"RTC time\", which follows the \
            host.";
        next ["timedatectl: does RTC time agree with Universal time?", "virsh domtime DOM on the host"];
        rules ["guest-chrony-makestep-limited", "guest-ntp-local-clock", "guest-phc-trusts-unsynced-host"];
        from "systemd src/timedate/timedatectl.c:print_status_info"
    }
    Timedatectl Odd "timedatectl-inactive" in "239 and newer" {
        says "NTP service: inactive"
        like "              NTP service: inactive"
        means "None of the daemons that timedatectl knows runs. An ntpd without a unit list would not be seen here.";
        next ["timedatectl set-ntp true, or start chronyd"];
        rules ["guest-no-time-discipline", "host-unsynchronised"];
        from "systemd src/timedate/timedatectl.c:print_status_info"
    }
    Timedatectl Trouble "timedatectl-local-rtc" in "all" {
        says "RTC in local TZ: yes"
        like "          RTC in local TZ: yes"
        means "This machine takes its RTC for local time. With a domain that gives UTC the clock is off by the zone at \
            every boot.";
        next ["timedatectl set-local-rtc 0"];
        rules ["guest-rtc-localtime", "host-rtc-local-time"];
        from "systemd src/timedate/timedatectl.c:print_status_info"
    }
}
