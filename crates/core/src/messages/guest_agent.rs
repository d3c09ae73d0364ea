//! The QEMU guest agent, as it and libvirt report it.

super::messages! {
    GuestAgent Trouble "hwclock-failed" in "1.6 to 9.x" {
        says "hwclock failed to set hardware clock to system time"
        like "hwclock failed to set hardware clock to system time"
        means "The agent has set the guest's clock, and then could not write the RTC. The error reads like a failure, \
            but the clock is set.";
        next ["virsh domtime DOM shows the clock; guest: hwclock -w by hand tells what is wrong"];
        rules ["guest-agent-time-disabled"];
        from "QEMU qga/commands-posix.c:qmp_guest_set_time"
    }
    GuestAgent Trouble "child-failed" in "10.0 and newer" {
        says "child process has failed to set hardware clock to system time{why*}"
        like "child process has failed to set hardware clock to system time: hwclock: select() to /dev/rtc0 to wait for clock tick timed out"
        means "hwclock is missing or failed. With a time given (domtime --now) the clock was set before that, and only \
            the RTC was not; without one (domtime --sync) the clock was not touched.";
        next [
            "virsh domtime DOM shows the clock",
            "guest: install hwclock (Debian: util-linux-extra); use --now, not --sync",
        ];
        rules ["guest-agent-time-disabled", "host-libvirt-guests-no-sync"];
        from "QEMU qga/commands-posix.c:qmp_guest_set_time"
    }
    GuestAgent Trouble "agent-unsupported" in "1.6 and newer" {
        says "this feature or command is not currently supported"
        like "this feature or command is not currently supported"
        means "The agent cannot do what was asked. For guest-set-time in agents up to 9.x: /sbin/hwclock is missing in \
            the guest, and its clock was not touched.";
        next ["guest: install hwclock (Debian: util-linux-extra; it must be /sbin/hwclock)"];
        rules ["guest-agent-time-disabled"];
        from "QEMU qga/commands-posix.c:qmp_guest_set_time, QERR_UNSUPPORTED"
    }
    GuestAgent Trouble "agent-disabled" in "1.6 and newer; \"The command … for this instance\" to 6.x" {
        says "{_=The command|Command} {command} has been disabled{_*}"
        like "Command guest-set-time has been disabled: the command is not allowed"
        saw "the guest's administrator forbade {command}"
        means "The agent's configuration blocks this command (block-rpcs, blacklist, allow-rpcs). The guest's clock \
            was not touched.";
        next ["guest: /etc/qemu-ga/qemu-ga.conf, /etc/sysconfig/qemu-ga: allow guest-set-time and guest-get-time"];
        rules ["guest-agent-time-disabled"];
        from "QEMU qapi/qmp-dispatch.c:qmp_dispatch"
    }
    GuestAgent Trouble "agent-set-failed" in "1.6 and newer" {
        says "Failed to set time to guest{_*}"
        like "Failed to set time to guest: Operation not permitted"
        means "The guest refused to have its clock set: the agent runs in a container or without CAP_SYS_TIME, or a \
            security module stops it.";
        next ["guest: ausearch -m avc -c qemu-ga (SELinux); does the agent's unit drop CAP_SYS_TIME?"];
        rules ["guest-agent-time-disabled"];
        from "QEMU qga/commands-posix.c:qmp_guest_set_time"
    }
    GuestAgent Odd "agent-no-internet" in "2.9 and newer, Windows" {
        says "No internet connection on guest, sync not accurate"
        like "No internet connection on guest, sync not accurate"
        means "Asked to set the time without one given (domtime --sync), the agent in Windows starts w32tm, which may \
            have no server.";
        next ["virsh domtime DOM --now gives the time itself"];
        rules [];
        from "QEMU qga/commands-win32.c:qmp_guest_set_time"
    }
}
