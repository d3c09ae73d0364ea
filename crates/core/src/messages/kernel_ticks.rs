//! Lost ticks, stalls, sleep and leap seconds. Sources: Linux `kernel/`, for 2.6 `arch/x86_64/kernel/time.c`.

const LOST: &str = "This kernel keeps time by counting timer ticks, and ticks did not come: the host gave the CPU to \
    somebody else. Every tick that is not given back is lost time, so the clock falls behind as the host's load \
    grows.";

const STALL: &str = "A CPU did not run for that long. In a guest it is mostly the vCPU that the host did not run: a \
    pause, a snapshot, a migration, or an overloaded host. The clock may have stood still for as long.";

super::messages! {
    Kernel Trouble "many-lost-ticks" in "2.6 to 2.6.20, x86_64 (RHEL 4 and 5)" {
        says "warning: many lost ticks."
        like "warning: many lost ticks."
        means LOST;
        next [
            "kernel parameters: no divider=; RHEL 4 and 5 without kvm-clock need what guest-required-params-missing-legacy says",
            "domain: no <timer name='pit' tickpolicy='discard'/>; steal and load on the host",
        ];
        rules [
            "log-lost-ticks", "guest-divider", "guest-required-params-missing-legacy", "dom-pit-discard-tick-guest",
            "host-overcommit-steal",
        ];
        from "Linux arch/x86_64/kernel/time.c:handle_lost_ticks"
    }
    Kernel Trouble "source-instable" in "2.6 to 2.6.20, x86_64 (RHEL 4 and 5)" {
        says "Your time source seems to be instable or some driver is hogging interupts"
        like "Your time source seems to be instable or some driver is hogging interupts"
        means LOST;
        next ["load of the host at that time; see log-lost-ticks"];
        rules ["log-lost-ticks", "dom-pit-discard-tick-guest", "host-overcommit-steal"];
        from "Linux arch/x86_64/kernel/time.c:handle_lost_ticks"
    }
    Kernel Trouble "lost-timer-ticks" in "2.6 to 2.6.20, x86_64 with report_lost_ticks" {
        says "time.c: Lost {ticks#} timer tick(s)!{_*}"
        like "time.c: Lost 3 timer tick(s)! rip default_idle+0x29/0x50)"
        saw "{ticks} ticks were lost at once"
        means LOST;
        next ["load of the host at that time; see log-lost-ticks"];
        rules ["log-lost-ticks", "dom-pit-discard-tick-guest", "host-overcommit-steal"];
        from "Linux arch/x86_64/kernel/time.c:handle_lost_ticks"
    }
    Kernel Trouble "losing-many-ticks" in "2.6 to 2.6.17, i386" {
        says "Losing too many ticks!"
        like "Losing too many ticks!"
        means LOST;
        next ["clocksource=acpi_pm for i386 kernels of RHEL 5 without kvm-clock; load of the host"];
        rules ["log-lost-ticks", "guest-required-params-missing-legacy", "host-overcommit-steal"];
        from "Linux arch/i386/kernel/timers/timer_tsc.c:mark_offset_tsc"
    }
    Kernel Odd "losing-some-ticks" in "2.6 to 2.6.17, i386" {
        says "Losing some ticks... checking if CPU frequency changed."
        like "Losing some ticks... checking if CPU frequency changed."
        means LOST;
        next ["load of the host at that time; see log-lost-ticks"];
        rules ["log-lost-ticks", "host-overcommit-steal"];
        from "Linux arch/i386/kernel/timers/timer_tsc.c:mark_offset_tsc"
    }
    Kernel Trouble "tsc-no-timesource" in "2.6 to 2.6.17, i386" {
        says "TSC cannot be used as a timesource.{_*}"
        like "TSC cannot be used as a timesource. (Are you running with SpeedStep?)"
        means "Too many ticks were lost for the TSC to be believed. In a guest no SpeedStep is at work, but a host \
            without time for the guest.";
        next ["load of the host; see log-lost-ticks"];
        rules ["log-lost-ticks", "host-tsc-not-constant"];
        from "Linux arch/i386/kernel/timers/timer_tsc.c:mark_offset_tsc"
    }
    Kernel Odd "falling-back" in "2.6 to 2.6.20" {
        says "Falling back to {clock=HPET|a sane timesource}."
        like "Falling back to a sane timesource."
        means "After many lost ticks the kernel reads another timer, in a guest an emulated and slow one.";
        next ["the lines above it; see log-lost-ticks"];
        rules ["log-lost-ticks", "guest-clocksource-slow"];
        from "Linux arch/x86_64/kernel/time.c:handle_lost_ticks, mark_offset_tsc"
    }
    Kernel Odd "soft-lockup" in "2.6.26 and newer (\"watchdog: \" in front: 4.10)" {
        says "BUG: soft lockup - CPU#{cpu#} stuck for {length#s}s! [{process*}]"
        like "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:0:22200]"
        saw "CPU {cpu} did not get on for {length}"
        means STALL;
        next [
            "within a minute of a pause, snapshot or migration: a false alarm; the clock may be behind by as much",
            "without one: steal in the guest (top, st) and load on the host",
        ];
        rules ["guest-steal-high", "host-overcommit-steal"];
        from "Linux kernel/watchdog.c:watchdog_timer_fn"
    }
    Kernel Odd "soft-lockup-2.6" in "2.6.13 to 2.6.25" {
        says "BUG: soft lockup detected on CPU#{cpu#}!"
        like "BUG: soft lockup detected on CPU#0!"
        means STALL;
        next ["a pause, snapshot or migration just before? Else steal and load on the host"];
        rules ["guest-steal-high", "host-overcommit-steal"];
        from "Linux kernel/softlockup.c:softlockup_tick"
    }
    Kernel Odd "rcu-stall" in "2.6.33 and newer" {
        says "INFO: rcu{_*} stall{_*}"
        like "rcu: INFO: rcu_preempt self-detected stall on CPU"
        means STALL;
        next ["a pause, snapshot, restore or migration just before? Else steal and load on the host"];
        rules ["guest-steal-high", "host-overcommit-steal"];
        from "Linux kernel/rcu/tree_stall.h:print_cpu_stall"
    }
    Kernel Odd "hrtimer-slow" in "2.6.30 to 6.x; not in 7.2" {
        says "hrtimer: interrupt took {took#ns} ns"
        like "hrtimer: interrupt took 11082175 ns"
        saw "a timer interrupt took {took}"
        means "Timers that were due took so long that more came due. In a guest the host took the CPU away in the \
            middle. Said once a boot.";
        next ["nothing, if it stays alone; steal in the guest, if timers come late"];
        rules ["guest-steal-high"];
        from "Linux kernel/time/hrtimer.c:hrtimer_interrupt"
    }
    Kernel Odd "suspend-exit" in "4.10 and newer" {
        says "PM: suspend exit"
        like "PM: suspend exit"
        means "The machine slept and woke. On a host: the guests stood still for as long and their clocks are behind \
            by it, until something sets them.";
        next [
            "for DOM in $(virsh list --name); do virsh domtime \"$DOM\" --now; done",
            "guests: chrony with makestep 1 -1; hosts with guests should not sleep",
        ];
        rules ["host-sleep-with-guests", "guest-chrony-makestep-limited", "dom-no-agent-channel"];
        from "Linux kernel/power/suspend.c:pm_suspend"
    }
    Kernel Odd "suspend-finishing" in "2.6.18 to 4.9" {
        says "PM: Finishing wakeup."
        like "PM: Finishing wakeup."
        means "The machine slept and woke. On a host: the guests stood still for as long and their clocks are behind \
            by it, until something sets them.";
        next ["for DOM in $(virsh list --name); do virsh domtime \"$DOM\" --now; done"];
        rules ["host-sleep-with-guests", "guest-chrony-makestep-limited"];
        from "Linux kernel/power/suspend.c:enter_state"
    }
    Kernel Odd "hibernation-exit" in "4.10 and newer" {
        says "PM: {_=hibernation: hibernation exit|hibernation exit}"
        like "PM: hibernation: hibernation exit"
        means "The machine was switched off with its memory on disk, and is back. Guests that ran are behind by the \
            whole time.";
        next ["for DOM in $(virsh list --name); do virsh domtime \"$DOM\" --now; done"];
        rules ["host-sleep-with-guests", "guest-chrony-makestep-limited"];
        from "Linux kernel/power/hibernate.c:hibernate"
    }
    Kernel Normal "leap-second" in "2.6 and newer" {
        says "Clock: inserting leap second 23:59:60 UTC"
        like "Clock: inserting leap second 23:59:60 UTC"
        means "The kernel repeated a second, because its time daemon said so. A machine that smears or slews the \
            second instead differs for hours.";
        next ["all hosts and guests should treat the second in the same way: leapsecmode of chrony"];
        rules [];
        from "Linux kernel/time/ntp.c:second_overflow"
    }
    Kernel Odd "lost-rtc-interrupts" in "2.6.18 and newer" {
        says "{_=Lost|lost} {number#} {_=RTC|rtc} interrupts"
        like "hpet: Lost 2 RTC interrupts"
        saw "{number} interrupts of the RTC did not come in time"
        means "The emulated HPET plays the RTC and was served late. The clock is not concerned, unless the guest keeps \
            time by these interrupts.";
        next ["domain: <timer name='hpet' present='no'/>"];
        rules ["dom-hpet-enabled"];
        from "Linux arch/x86/kernel/hpet.c:hpet_rtc_timer_reinit"
    }
    Kernel Normal "rtc-set-system-clock" in "2.6.20 and newer" {
        says "setting system clock to {date*} UTC ({epoch#})"
        like "rtc_cmos 00:03: setting system clock to 2026-11-20T07:44:12 UTC (1795160652)"
        saw "the guest started with {date} UTC from its RTC"
        means "At boot the kernel took the time from the RTC. Off by whole hours: the RTC holds local time, or the \
            domain's clock offset is wrong.";
        next ["off by whole hours: <clock offset='utc'/> for Linux, and timedatectl set-local-rtc 0 in the guest"];
        rules ["dom-offset-linux-localtime", "guest-rtc-localtime", "dom-offset-variable-stale"];
        from "Linux drivers/rtc/class.c:rtc_hctosys"
    }
}
