//! The kernel's clocksource watchdog, wording by wording. Source of all: Linux `kernel/time/clocksource.c`.

const GAVE_UP: &str = "The kernel compared two clocks over half a second and no longer trusts the one it names. In a \
    guest this mostly means that the guest did not run for a while (pause, snapshot, migration, overloaded host), not \
    that the clock is bad. A guest on kvm-clock goes on as before; one on tsc changes to a slower clocksource until it \
    reboots.";

const SLOW: &str = "The watchdog could not read its two clocks quickly enough to judge them: an interrupt, an exit to \
    the host or a stolen CPU came in between. Typical of a busy host, of nested guests, and of an emulated hpet or \
    acpi_pm as watchdog.";

const SLOW_VERDICT: &str = "Reading the watchdog took too long several times in a row, and the kernel blamed the \
    clocksource. The clocksource itself may be fine: an emulated hpet or acpi_pm on a busy or nested host is slow to \
    read.";

super::messages! {
    Kernel Trouble "clocksource-unstable-delta" in "2.6.21 to 4.0" {
        says "Clocksource {clocksource} unstable (delta = {delta#ns} ns)"
        like "Clocksource tsc unstable (delta = -2090960056 ns)"
        saw "the watchdog saw {clocksource} off by {delta} in one interval"
        means GAVE_UP;
        next [
            "was the guest paused, saved, snapshotted or migrated at that time, or the host overloaded?",
            "cat /sys/devices/system/clocksource/clocksource0/current_clocksource: kvm-clock is fine, hpet and acpi_pm are slow",
            "kvmtime check guest",
        ];
        rules ["log-tsc-unstable", "guest-clocksource-slow", "guest-steal-high"];
        from "Linux kernel/time/clocksource.c:clocksource_unstable, clocksource_watchdog"
    }
    Kernel Trouble "clocksource-unstable-failover" in "2.6.32 of RHEL, CentOS and Oracle 6 only" {
        says "Clocksource {clocksource} unstable (delta = {delta#ns} ns). Enable clocksource failover by adding clocksource_failover kernel parameter."
        like "Clocksource tsc unstable (delta = 6824818792 ns).  Enable clocksource failover by adding clocksource_failover kernel parameter."
        saw "the watchdog saw {clocksource} off by {delta} in one interval"
        means "The guest stood still for about that long, or its TSC jumped; the kernel only warns and keeps its \
            clocksource. If current_clocksource says kvm-clock, tsc is not even in use, and the advice in the line is \
            not for you: a value such as clocksource_failover=acpi_pm is ignored, and acpi_pm would be slower.";
        next [
            "what happened on the host at that second: a VM created, a network VF driver reloaded, a migration, no free CPU?",
            "cat /sys/devices/system/clocksource/clocksource0/current_clocksource: keep kvm-clock",
            "do not add clocksource_failover; remove it where it was added",
        ];
        rules ["log-tsc-unstable", "guest-clocksource-failover-param", "guest-steal-high", "host-overcommit-steal"];
        from "RHEL 6's Linux kernel/time/clocksource.c:clocksource_unstable"
    }
    Kernel Odd "vf-driver-reload" in "2.6.32 and newer" {
        says "Reload the VF driver to make this change effective{_*}"
        like "ixgbe 0000:03:00.0: Reload the VF driver to make this change effective."
        means "The host set the address of a network card's virtual function, as libvirt does for each guest that gets one. \
            Guests that run were seen to stand still for seconds at such a moment: their kernels then say that the TSC is \
            unstable, and their clocks are behind until somebody sets them.";
        next [
            "the guests' kernel logs at that second: Clocksource tsc unstable?",
            "chronyd in the guests with makestep 1 -1, so that the gap does not last",
        ];
        rules ["log-tsc-unstable", "guest-chrony-makestep-limited"];
        from "Linux drivers/net/ethernet/intel/ixgbe/ixgbe_sriov.c:ixgbe_ndo_set_vf_mac"
    }
    Kernel Trouble "watchdog-skew" in "4.1 to 4.8" {
        says "timekeeping watchdog: Marking clocksource '{clocksource}' as unstable{_*} because the skew is too large:"
        like "clocksource: timekeeping watchdog: Marking clocksource 'tsc' as unstable because the skew is too large:"
        means GAVE_UP;
        next [
            "read the lines below it: both clocks with their counts, and which one is in use",
            "was the guest paused, saved, snapshotted or migrated at that time, or the host overloaded?",
        ];
        rules ["log-tsc-unstable", "guest-clocksource-slow", "guest-steal-high"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Trouble "watchdog-skew-cpu" in "4.9 to 6.18" {
        says "timekeeping watchdog on {cpu}: Marking clocksource '{clocksource}' as unstable{_*} because the skew is too large:"
        like "clocksource: timekeeping watchdog on CPU3: Marking clocksource 'tsc' as unstable because the skew is too large:"
        means GAVE_UP;
        next [
            "give kvmtime explain the lines below it too (`-` reads standard input): they hold the numbers",
            "was the guest paused, saved, snapshotted or migrated at that time, or the host overloaded?",
            "on a host: firmware update, then see host-tsc-unavailable",
        ];
        rules ["log-tsc-unstable", "guest-clocksource-slow", "host-clocksource-not-tsc", "guest-steal-high"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Trouble "watchdog-frequency-skew" in "7.1 and newer" {
        says "Marking clocksource {clocksource} unstable due to frequency skew"
        like "clocksource: Marking clocksource tsc unstable due to frequency skew"
        means GAVE_UP;
        next [
            "give kvmtime explain the two lines below it too: they hold both intervals",
            "was the guest paused, saved, snapshotted or migrated at that time, or the host overloaded?",
            "log watchers made for \"skew is too large\" miss this wording: adapt them",
        ];
        rules ["log-tsc-unstable", "guest-clocksource-slow", "host-clocksource-not-tsc"];
        from "Linux kernel/time/clocksource.c:watchdog_print_freq_skew"
    }
    Kernel Trouble "watchdog-cpu-skew" in "7.1 and newer" {
        says "Marking clocksource {clocksource} unstable due to inter CPU skew"
        like "clocksource: Marking clocksource tsc unstable due to inter CPU skew"
        means "One CPU read an older time than another had read before: the counters of the CPUs differ. On a host \
            this is firmware or hardware; in a guest the vCPUs' TSC offsets differ, as after a restore that did not \
            set them together.";
        next [
            "host: update the firmware; guest: reboot it, then look whether restore or CPU hotplug brings the line back",
        ];
        rules ["log-tsc-unstable", "host-tsc-unavailable", "guest-tsc-without-invariant"];
        from "Linux kernel/time/clocksource.c:watchdog_check_cpu_skew"
    }
    Kernel Trouble "watchdog-slow-verdict" in "5.10 stable, 5.13 and newer; not in 6.12" {
        says "timekeeping watchdog on {cpu}: {clocks} read-back delay of {delay#ns}ns, attempt {attempt#}, marking unstable"
        like "clocksource: timekeeping watchdog on CPU339: hpet read-back delay of 150280ns, attempt 3, marking unstable"
        saw "reading the watchdog took {delay}, attempt {attempt}"
        means SLOW_VERDICT;
        next [
            "which clocksource is in use now? hpet or acpi_pm make every clock read slow",
            "host busy or nested? Then tsc=nowatchdog on a machine whose TSC is invariant is the lesser evil",
        ];
        rules ["log-tsc-unstable", "guest-clocksource-slow", "host-clocksource-not-tsc"];
        from "Linux kernel/time/clocksource.c:cs_watchdog_read"
    }
    Kernel Trouble "watchdog-excessive-delay" in "6.12 to 6.18" {
        says "timekeeping watchdog on {cpu}: {clocks} excessive read-back delay of {delay#ns}ns vs. limit of {limit#ns}ns, wd-wd read-back delay only {only#ns}ns, attempt {attempt#}, marking {clocksource} unstable"
        like "clocksource: timekeeping watchdog on CPU227: wd-tsc-wd excessive read-back delay of 153560ns vs. limit of 125000ns, wd-wd read-back delay only 11440ns, attempt 3, marking tsc unstable"
        saw "reading {clocksource} between two reads of the watchdog took {delay}, the limit is {limit}"
        means SLOW_VERDICT;
        next [
            "which clocksource is in use now? hpet or acpi_pm make every clock read slow",
            "steal in the guest (top, st) and load on the host at that time",
        ];
        rules ["log-tsc-unstable", "guest-clocksource-slow", "guest-steal-high"];
        from "Linux kernel/time/clocksource.c:cs_watchdog_read"
    }
    Kernel Odd "watchdog-wd-delay" in "5.10 stable, 5.16 to 6.18" {
        says "timekeeping watchdog on {cpu}: {watchdog} wd-wd read-back delay of {delay#ns}ns"
        like "clocksource: timekeeping watchdog on CPU336: hpet wd-wd read-back delay of 1203520ns"
        saw "reading {watchdog} twice took {delay}"
        means SLOW;
        next ["nothing, if it stays alone; steal in the guest and load on the host, if it repeats"];
        rules ["guest-steal-high", "host-overcommit-steal"];
        from "Linux kernel/time/clocksource.c:cs_watchdog_read"
    }
    Kernel Odd "watchdog-skipped" in "5.10 stable, 5.16 to 6.18" {
        says "{clocks} read-back delay of {delay#ns}ns, clock-skew test skipped!"
        like "clocksource: wd-tsc-wd read-back delay of 181880ns, clock-skew test skipped!"
        saw "reading the clocks took {delay}, so this test does not count"
        means SLOW;
        next ["nothing, if it stays alone; steal in the guest and load on the host, if it repeats"];
        rules ["guest-steal-high", "host-overcommit-steal"];
        from "Linux kernel/time/clocksource.c:cs_watchdog_read"
    }
    Kernel Odd "watchdog-retried" in "5.10 stable, 5.13 to 6.18" {
        says "timekeeping watchdog on {cpu}: {watchdog} retried {times#} times before success"
        like "clocksource: timekeeping watchdog on CPU1: acpi_pm retried 3 times before success"
        saw "{watchdog} was read {times} times before a read was quick enough"
        means SLOW;
        next ["nothing, if it stays alone; steal in the guest and load on the host, if it repeats"];
        rules ["guest-steal-high"];
        from "Linux kernel/time/clocksource.c:cs_watchdog_read"
    }
    Kernel Odd "watchdog-long-interval" in "5.10 stable, 6.1 to 6.18" {
        says "Long readout interval, skipping watchdog check: cs_nsec: {interval#ns} wd_nsec: {watchdog#ns}"
        like "clocksource: Long readout interval, skipping watchdog check: cs_nsec: 1894661885 wd_nsec: 1894660000"
        saw "the machine did not run its timers for {interval}"
        means "The watchdog should look every half second and came much later: the machine did not run, or its timers \
            came late. Both clocks agree, so the time itself is right.";
        next ["what stopped the machine: a pause, a migration, an overloaded host?"];
        rules ["guest-steal-high", "host-overcommit-steal"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Odd "watchdog-timed-out" in "7.1 and newer" {
        says "Watchdog {watchdog} read timed out. Readout sequence took: {took#ns}ns"
        like "clocksource: Watchdog hpet read timed out. Readout sequence took: 71500ns"
        saw "reading {watchdog} took {took}, more than the 50 µs that count"
        means SLOW;
        next ["nothing, if it stays alone; steal in the guest and load on the host, if it repeats"];
        rules ["guest-steal-high", "host-overcommit-steal"];
        from "Linux kernel/time/clocksource.c:watchdog_print_freq_timeout"
    }
    Kernel Odd "watchdog-remote-timed-out" in "7.1 and newer" {
        says "Watchdog remote CPU {cpu#} read timed out"
        like "clocksource: Watchdog remote CPU 3 read timed out"
        saw "CPU {cpu} did not answer in time"
        means "Another CPU was asked for its time and did not answer quickly: in a guest its vCPU did not run just \
            then. Said once.";
        next ["nothing, if it stays alone; steal in the guest and load on the host, if it repeats"];
        rules ["guest-steal-high"];
        from "Linux kernel/time/clocksource.c:watchdog_check_cpu_skew"
    }
    Kernel Detail "watchdog-counts" in "4.1 to 5.10" {
        says "'{clock}' {_=wd_now|cs_now}: {_*} mask: {mask}"
        like "clocksource:                       'acpi_pm' wd_now: b79ba9 wd_last: 2b48e8 mask: ffffff"
        means "Belongs to the watchdog's verdict above it: what a clock counted, in hexadecimal, now and half a second \
            before.";
        next ["give kvmtime explain the line above it, which says \"Marking clocksource\""];
        rules ["log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Detail "watchdog-intervals" in "6.1 to 6.18" {
        says "'{clock}' {_=wd_nsec|cs_nsec}: {interval#ns} {_*} mask: {mask}"
        like "clocksource:                       'kvm-clock' wd_nsec: 508905888 wd_now: 68dcc1c556c wd_last: 68dadc70bcc mask: ffffffffffffffff"
        saw "by {clock} the interval was {interval} long"
        means "Belongs to the watchdog's verdict above it. Both clocks should name the same interval; the difference \
            is the fault.";
        next ["give kvmtime explain the line above it, which says \"Marking clocksource\""];
        rules ["log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Detail "watchdog-skewed" in "6.12 to 6.18" {
        says "Clocksource '{clocksource}' skewed {skew#ns} ns ({_*} ms) over watchdog '{watchdog}' interval of {interval#ns} ns ({_*} ms)"
        like "clocksource:                       Clocksource 'tsc' skewed -2365889 ns (-2 ms) over watchdog 'hpet' interval of 495327040 ns (495 ms)"
        saw "{clocksource} went {skew} off against {watchdog} in {interval}"
        means "The numbers of the watchdog's verdict above it. Seconds speak of a guest that stood still, milliseconds \
            of a wrong rate.";
        next ["compare the skew with pauses and load at that time"];
        rules ["log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Detail "watchdog-current" in "6.1 to 6.18" {
        says "'{clock}'{_*} is current clocksource"
        like "clocksource:                       'kvm-clock' (not 'tsc') is current clocksource."
        saw "the kernel read {clock} at that time"
        means "Belongs to the watchdog's verdict above it. If the clock that is in use is not the one in doubt, the \
            time was right all along.";
        next ["give kvmtime explain the lines above it too"];
        rules ["log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Detail "watchdog-no-current" in "6.1 to 6.18" {
        says "No current clocksource."
        like "clocksource:                       No current clocksource."
        means "Belongs to the watchdog's verdict above it, early in a boot: the kernel has not chosen a clocksource yet.";
        next ["give kvmtime explain the lines above it too"];
        rules ["log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:clocksource_watchdog"
    }
    Kernel Detail "watchdog-interval-by" in "7.1 and newer" {
        says "{_=Watchdog|Clocksource} {clock} interval: {interval#ns}ns"
        like "clocksource: Watchdog               kvm-clock interval:        503995129ns"
        saw "by {clock} the interval was {interval} long"
        means "Belongs to the watchdog's verdict above it. Both clocks should name the same interval; the difference \
            is the fault.";
        next ["give kvmtime explain the line above it, which says \"Marking clocksource\""];
        rules ["log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:watchdog_print_freq_skew"
    }
    Kernel Detail "watchdog-cycles" in "7.1 and newer" {
        says "CPU{first#} {_#} < CPU{second#} {_#} (cycles)"
        like "clocksource: CPU0    5571908812344 < CPU1    5571908812900 (cycles)"
        saw "CPU {first} was behind CPU {second}"
        means "Belongs to the line above it, which says \"inter CPU skew\": the counts of the two CPUs.";
        next ["give kvmtime explain the line above it too"];
        rules ["log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:watchdog_print_cpu_skew"
    }
}
