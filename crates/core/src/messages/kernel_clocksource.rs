//! Which clocksource the kernel reads. Source of all: Linux `kernel/time/clocksource.c`, `kernel/time/timekeeping.c`.

const FELL_BACK: &str = "Every reading of the clock now goes to an emulated device and costs microseconds, or counts \
    ticks that a guest loses. At boot this may be a step on the way; as the last such line of the log it is a fault.";

super::messages! {
    Kernel Normal "clocksource-installed" in "2.6.18 to 2.6.30" {
        says "Time: {clocksource} clocksource has been installed."
        like "Time: acpi_pm clocksource has been installed."
        saw "the kernel reads {clocksource} from here on"
        means "The kernel chose this clocksource. In a guest kvm-clock is best where the kernel has it (2.6.26 and \
            newer).";
        next ["cat /sys/devices/system/clocksource/clocksource0/available_clocksource"];
        rules ["guest-clocksource-slow", "guest-rhel5-jiffies-false-positive"];
        from "Linux kernel/time/clocksource.c, before 2.6.21 kernel/timer.c:change_clocksource"
    }
    Kernel Normal "clocksource-switched" in "2.6.31 and newer (Switching: to 3.x; Switched: 3.10; \"clocksource: \" in front: 4.2)" {
        says "{_=Switched|Switching} to clocksource {clocksource=kvm-clock|tsc|tsc-early|xen|hyperv_clocksource_tsc_page|hyperv_clocksource_msr|arch_sys_counter|tod|timebase}"
        like "clocksource: Switched to clocksource kvm-clock"
        saw "the kernel reads {clocksource} from here on"
        means "The kernel chose this clocksource, a quick one.";
        next ["nothing, if the kernel stays with it"];
        rules ["guest-tsc-without-invariant"];
        from "Linux kernel/time/clocksource.c:__clocksource_select, timekeeping_notify"
    }
    Kernel Trouble "clocksource-fell-back" in "2.6.31 and newer (Switching: to 3.x; Switched: 3.10; \"clocksource: \" in front: 4.2)" {
        says "{_=Switched|Switching} to clocksource {clocksource=hpet|acpi_pm|refined-jiffies|jiffies|pit}"
        like "clocksource: Switched to clocksource hpet"
        saw "the kernel reads {clocksource} from here on, which is slow"
        means FELL_BACK;
        next [
            "read the lines above: why was tsc or kvm-clock given up, or never on offer?",
            "guest: cat /sys/devices/system/clocksource/clocksource0/available_clocksource; kvm-clock missing means the domain hides it",
            "host: every guest loses its quick clock and ptp_kvm with it; see host-clocksource-not-tsc",
        ];
        rules [
            "guest-clocksource-slow", "host-clocksource-not-tsc", "guest-kvmclock-unavailable",
            "guest-clocksource-forced",
        ];
        from "Linux kernel/time/clocksource.c:__clocksource_select, timekeeping_notify"
    }
    Kernel Trouble "override-refused" in "2.6.21 and newer" {
        says "Override clocksource {clocksource} is {why=unstable and not HRT compatible|not HRT compatible}{_*}"
        like "clocksource: Override clocksource tsc is unstable and not HRT compatible - cannot switch while in HRT/NOHZ mode"
        saw "clocksource={clocksource} was asked for and is refused: {why}"
        means "The kernel command line or sysfs asks for a clocksource that the kernel does not trust. The request has \
            no effect.";
        next [
            "remove clocksource= from the kernel command line, or find out why the clock is unstable (lines above)",
            "in a guest: expose invtsc to the guest instead of forcing tsc",
        ];
        rules ["guest-clocksource-forced", "guest-tsc-without-invariant", "log-tsc-unstable"];
        from "Linux kernel/time/clocksource.c:__clocksource_select"
    }
    Kernel Normal "override-deferred" in "4.12 and newer" {
        says "Override clocksource {clocksource} is not currently HRT compatible - deferring"
        like "clocksource: Override clocksource tsc is not currently HRT compatible - deferring"
        saw "the request for {clocksource} waits until the kernel has judged it"
        means "Early in the boot the kernel does not know yet whether the clocksource is good enough, and looks again \
            later.";
        next ["see that a later line says that the kernel switched to it"];
        rules [];
        from "Linux kernel/time/clocksource.c:__clocksource_select"
    }
    Kernel Normal "clocksource-registered" in "4.1 and newer" {
        says "{clocksource*}: mask: {_} max_cycles: {_}, max_idle_ns: {idle#ns} ns"
        like "clocksource: kvm-clock: mask: 0xffffffffffffffff max_cycles: 0x1cd42e4dffb, max_idle_ns: 881590591483 ns"
        means "A clocksource is on offer from here on. That does not mean that it is used.";
        next ["look for \"Switched to clocksource\""];
        rules [];
        from "Linux kernel/time/clocksource.c:__clocksource_update_freq_scale"
    }
    Kernel Normal "checking-cpus" in "5.13 to 6.18, 5.10 stable" {
        says "Checking clocksource {clocksource} synchronization from CPU {_*}"
        like "clocksource: Checking clocksource tsc synchronization from CPU 3 to CPUs 0-2,6-7."
        means "After a verdict of the watchdog the kernel compares the clock from CPU to CPU. The lines below tell the \
            result.";
        next ["\"ahead of\" or \"behind\" below it: the CPUs differ; neither: it was the rate, or a pause"];
        rules [];
        from "Linux kernel/time/clocksource.c:clocksource_verify_percpu"
    }
    Kernel Normal "check-durations" in "5.13 to 6.18, 5.10 stable" {
        says "CPU {cpu#} check durations {least#ns}ns - {most#ns}ns for clocksource {clocksource}"
        like "clocksource:         CPU 3 check durations 3120ns - 10040ns for clocksource tsc."
        saw "asking another CPU took {least} to {most}"
        means "How long the comparison from CPU to CPU took. Nothing to worry about by itself.";
        next ["look for \"ahead of\" or \"behind\" above it"];
        rules [];
        from "Linux kernel/time/clocksource.c:clocksource_verify_percpu"
    }
    Kernel Trouble "cpus-differ" in "5.13 to 6.18, 5.10 stable" {
        says "CPUs {cpus} {way=ahead of|behind} CPU {cpu#} for clocksource {clocksource}."
        like "clocksource:         CPUs 0-1 behind CPU 3 for clocksource tsc."
        saw "{clocksource} of CPUs {cpus} is {way} that of CPU {cpu}"
        means "The counters of the CPUs differ, so time can run backwards when a program moves from CPU to CPU. On a \
            host this is firmware or hardware; in a guest the vCPUs' TSC offsets differ.";
        next ["host: update the firmware; guest: reboot it, and do not force tsc on it"];
        rules ["log-tsc-unstable", "host-tsc-unavailable", "guest-tsc-without-invariant"];
        from "Linux kernel/time/clocksource.c:clocksource_verify_percpu"
    }
}
