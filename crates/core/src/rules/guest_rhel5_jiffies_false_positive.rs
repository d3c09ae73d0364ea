//! See [`RULE`].

use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A RHEL 5 guest on x86-64 shows the clocksource `jiffies`, and its kernel's log shows that it uses kvm-clock.
    ///
    /// ## Why it matters
    /// It is what tools and people take for a fault. On x86-64 these kernels keep time outside the clocksource layer:
    /// the files below `/sys` say `jiffies` whatever the kernel reads.
    ///
    /// ## What to do
    /// Nothing. Ask the log instead: `dmesg | grep kvm-clock`.
    ///
    /// ## Exceptions
    /// On 32-bit x86 RHEL 5 shows the truth.
    ///
    /// ## References
    /// - Linux 2.6.18 `arch/x86_64/kernel/time.c`; RHEL 5.5 adds kvm-clock to it
    /// - Red Hat Enterprise Linux 5 Virtualization Guide, chapter 17, KVM guest timing management
    "guest-rhel5-jiffies-false-positive" on Guest {
        summary: "RHEL 5 shows `jiffies` while it uses kvm-clock",
        severity: Info,
        since: "0.1.0",
    }
}

fn check(guest: &Machine, _: &Facts) -> Verdict {
    if !guest.hides_its_clocksource()? || guest.clocksource.current.get()? != "jiffies" {
        return Ok(vec![]);
    }
    let log = &guest.logs.kernel;
    let lines = log.lines(|event| *event == Event::KvmClock)?;
    if lines.is_empty() {
        return Ok(vec![]);
    }
    Ok(vec![RULE
        .found("`jiffies` is what RHEL 5 always shows; this guest uses kvm-clock")
        .saw_fact("current clocksource", &guest.clocksource.current, Clone::clone)
        .saw_lines(log, &lines)
        .cure("nothing to do: trust the kernel's log", Effect::Live, Risk::Safe)])
}
