//! Windows: the event log of the Windows Time service (W32Time), and w32tm.

use super::{Message, Speaker};

const NO_SOURCE: &str = "Windows hears no time server, so nothing disciplines its clock. On KVM no integration service \
    does either, as there is on Hyper-V.";

const CHECK_SOURCE: [&str; 2] = [
    "w32tm /query /status and w32tm /query /peers",
    "w32tm /stripchart /computer:SERVER /samples:5 tests UDP port 123",
];

super::messages! {
    W32time Trouble "w32time-too-far" in "Windows 2000 and newer, event 34" {
        says "The time service has detected that the system time needs to be changed by {offset#s} seconds. The time service will not change the system time by more than {limit#s} seconds.{_*}"
        like "The time service has detected that the system time needs to be changed by 64800 seconds. The time service will not change the system time by more than 54000 seconds. Verify that your time and time zone are correct, and that the time source time.windows.com,0x9 is working properly."
        saw "the clock is off by {offset}, Windows changes {limit} at most"
        means "The clock is further off than MaxPosPhaseCorrection or MaxNegPhaseCorrection allows, as after a restore \
            of an old snapshot. Windows leaves it as it is, for good.";
        next [
            "set the time once: virsh domtime DOM --now, or Set-Date in the guest",
            "whole hours: the RTC is read as local time; see dom-offset-windows-utc",
        ];
        rules ["dom-offset-windows-utc", "win-rtc-mode-mismatch", "dom-no-agent-channel", "dom-rtc-track-guest"];
        from "w32time.dll MSG_TIME_CHANGE_TOO_BIG; Microsoft: Windows Time service tools and settings"
    }
    W32time Trouble "w32time-not-synchronized" in "Windows XP and newer, event 36" {
        says "The time service has not {_=synchronized|been able to synchronize} the system time for {_=the last |}{length#s} seconds because none of the time {_*}"
        like "The time service has not synchronized the system time for the last 86400 seconds because none of the time service providers provided a usable time stamp. The time service will not update the local system time until it is able to synchronize with a time source."
        saw "nothing disciplined the clock for {length}"
        means NO_SOURCE;
        next CHECK_SOURCE;
        rules ["win-w32time-inactive", "dom-hypervclock-missing"];
        from "w32time.dll MSG_TIME_SOURCE_NONE"
    }
    W32time Odd "w32time-large-difference" in "Windows XP and newer, event 50" {
        says "The time service detected a time difference of greater than {offset#ms} milliseconds for {length#s} seconds.{_*}"
        like "The time service detected a time difference of greater than 5000 milliseconds for 900 seconds. The time difference might be caused by synchronization with low-accuracy time sources or by suboptimal network conditions. The time service is no longer synchronized and cannot provide the time to other clients or update the system clock."
        saw "the clock was off by more than {offset} for {length}"
        means "The clock differs from its server for long. In a guest: the clock loses or gains time because ticks \
            come late, or the guest stood still.";
        next [
            "does the domain have hypervclock, stimer and rtc catchup?",
            "w32tm /stripchart /computer:SERVER: does the difference grow?",
        ];
        rules ["dom-hypervclock-missing", "dom-rtc-no-catchup-windows", "dom-stimer-missing", "host-overcommit-steal"];
        from "w32time.dll MSG_LOCALCLOCK_UNSET"
    }
    W32time Odd "w32time-set" in "Windows Vista and newer, event 52" {
        says "The time service has set the time with offset {offset#s} seconds."
        like "The time service has set the time with offset 32400 seconds."
        saw "the clock jumped by {offset}"
        means "Windows set its clock at once. Whole hours tell of an RTC in the wrong zone; other lengths of a pause \
            or restore.";
        next ["whole hours at every boot: <clock offset='localtime'/>, or RealTimeIsUniversal=1 in the guest"];
        rules ["dom-offset-windows-utc", "win-rtc-mode-mismatch", "dom-offset-variable-stale"];
        from "w32time.dll MSG_TIME_JUMPED"
    }
    W32time Odd "w32time-jumped" in "Windows XP and 2003, event 33" {
        says "The time service has jumped the local system clock by {offset#s} seconds.{_*}"
        like "The time service has jumped the local system clock by 32400 seconds. This occurs when the time source and local system time are far enough apart that clock rate adjustments cannot be made to reach the time specified by the time source."
        saw "the clock jumped by {offset}"
        means "Windows set its clock at once. Whole hours tell of an RTC in the wrong zone; other lengths of a pause \
            or restore.";
        next ["whole hours at every boot: <clock offset='localtime'/>, or RealTimeIsUniversal=1 in the guest"];
        rules ["dom-offset-windows-utc", "dom-rtc-no-catchup-windows"];
        from "w32time.dll, event 33"
    }
    W32time Trouble "w32time-no-source" in "Windows XP and newer, event 29" {
        says "The time provider NtpClient is configured to acquire time from one or more time sources, however none of the sources are currently accessible.{_*}"
        like "The time provider NtpClient is configured to acquire time from one or more time sources, however none of the sources are currently accessible. No attempt to contact a source will be made for 14 minutes. NtpClient has no source of accurate time."
        means NO_SOURCE;
        next CHECK_SOURCE;
        rules [];
        from "w32time.dll, event 29"
    }
    W32time Trouble "w32time-peer-lost" in "Windows XP and newer, event 47" {
        says "Time Provider NtpClient: No valid response has been received from manually configured peer {peer} after {_*}"
        like "Time Provider NtpClient: No valid response has been received from manually configured peer time.windows.com,0x9 after 8 attempts to contact it. This peer will be discarded as a time source and NtpClient will attempt to discover a new peer with this DNS name."
        saw "{peer} does not answer"
        means NO_SOURCE;
        next CHECK_SOURCE;
        rules [];
        from "w32time.dll, event 47"
    }
    W32time Trouble "w32time-dns" in "Windows Vista and newer, event 134" {
        says "NtpClient was unable to set a manual peer to use as a time source because of DNS resolution error on '{peer}'.{_*}"
        like "NtpClient was unable to set a manual peer to use as a time source because of DNS resolution error on 'time.windows.com,0x9'. NtpClient will try again in 15 minutes and double the reattempt interval thereafter. The error was: No such host is known. (0x80072AF9)"
        saw "the name {peer} was not found"
        means NO_SOURCE;
        next ["Resolve-DnsName in the guest; after a restore the network often comes later than the clock"];
        rules [];
        from "w32time.dll, event 134"
    }
    W32time Trouble "w32time-domain-peer" in "Windows Vista and newer, event 129" {
        says "NtpClient was unable to set a domain peer to use as a time source because of discovery error.{_*}"
        like "NtpClient was unable to set a domain peer to use as a time source because of discovery error. NtpClient will try again in 15 minutes and double the reattempt interval thereafter. The error was: The entry is not found. (0x800706E1)"
        means "A member of a domain finds no domain controller to take its time from. With a clock more than 5 minutes \
            off Kerberos fails, which makes it worse.";
        next ["nltest /dsgetdc:DOMAIN; set the clock by hand first if it is minutes off"];
        rules ["dom-no-agent-channel"];
        from "w32time.dll, event 129"
    }
    W32time Normal "w32time-vmic" in "Windows 10, 2016 and newer, event 158" {
        says "The time provider '{provider}' has indicated that the current hardware and operating environment is not supported and has stopped.{_*}"
        like "The time provider 'VMICTimeProvider' has indicated that the current hardware and operating environment is not supported and has stopped. This behavior is expected for VMICTimeProvider on non-HyperV-guest environments."
        saw "{provider} is not used"
        means "Normal on KVM: this provider talks to Hyper-V's integration service, which KVM does not have, whatever \
            hypervclock is set to.";
        next ["nothing; Windows needs an NTP server here"];
        rules [];
        from "w32time.dll, event 158"
    }
    W32time Normal "w32time-synchronizing" in "Windows XP and newer, event 35" {
        says "The time service is now synchronizing the system time with the time source {source}{_*}"
        like "The time service is now synchronizing the system time with the time source time.windows.com,0x9 (ntp.m|0x9|0.0.0.0:123->192.0.2.1:123)."
        saw "Windows follows {source}"
        means "Windows has a time server, as it should.";
        next ["nothing"];
        rules [];
        from "w32time.dll MSG_TIME_SOURCE_CHOSEN"
    }
    W32time Normal "w32time-valid" in "Windows XP and newer, event 37" {
        says "The time provider NtpClient is currently receiving valid time data from {source*}"
        like "The time provider NtpClient is currently receiving valid time data from time.windows.com,0x9 (ntp.m|0x9|0.0.0.0:123->192.0.2.1:123)."
        means "A time server answers, as it should.";
        next ["nothing"];
        rules [];
        from "w32time.dll, event 37"
    }
    W32time Trouble "w32tm-no-data" in "Windows XP and newer" {
        says "The computer did not resync because no time data was available."
        like "The computer did not resync because no time data was available."
        means NO_SOURCE;
        next CHECK_SOURCE;
        rules [];
        from "w32tm.exe"
    }
    W32time Trouble "w32tm-too-big" in "Windows XP and newer" {
        says "The computer did not resync because the required time change was too big."
        like "The computer did not resync because the required time change was too big."
        means "The clock is further off than MaxPosPhaseCorrection or MaxNegPhaseCorrection allows, as after a restore \
            of an old snapshot.";
        next ["set the time once: virsh domtime DOM --now, or Set-Date in the guest, then w32tm /resync"];
        rules ["dom-offset-windows-utc", "dom-no-agent-channel"];
        from "w32tm.exe"
    }
    W32time Trouble "w32tm-local-clock" in "Windows Vista and newer" {
        says "Source: {source=Local CMOS Clock|Free-running System Clock}"
        like "Source: Local CMOS Clock"
        saw "Windows follows its own clock ({source})"
        means "w32tm /query /status says that Windows follows no server: its own emulated RTC, or nothing at all.";
        next ["w32tm /config /manualpeerlist:SERVER /syncfromflags:manual /update, then w32tm /resync"];
        rules ["dom-rtc-no-catchup-windows", "dom-hypervclock-missing"];
        from "w32tm.exe /query /status"
    }
    W32time Trouble "w32tm-not-started" in "Windows XP and newer" {
        says "The service has not been started. (0x80070426)"
        like "The following error occurred: The service has not been started. (0x80070426)"
        means "The Windows Time service does not run, so nothing disciplines the clock. Outside a domain Windows \
            starts it only now and then.";
        next ["sc config w32time start= auto, then net start w32time"];
        rules [];
        from "w32tm.exe"
    }
}

/// The message that a text names only by its number: `W32Time event 36`.
pub(super) fn by_number(text: &str) -> Option<&'static Message> {
    let text = text.to_lowercase();
    let speaker =
        ["w32time", "time-service", "windows time"].iter().any(|name| text.contains(name));
    if !speaker || !text.contains("event") {
        return None;
    }
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let numbers: Vec<&str> = numbers.filter(|number| !number.is_empty()).collect();
    let number =
        |message: &Message| message.versions.rsplit_once("event ").map(|(_, number)| number);
    let known = |message: &&Message| {
        message.speaker == Speaker::W32time
            && number(message).is_some_and(|it| numbers.contains(&it))
    };
    MESSAGES.iter().find(known)
}
