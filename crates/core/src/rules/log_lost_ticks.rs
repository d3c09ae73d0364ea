//! See [`RULE`].

use kvmtime_wire::klog::Event;

use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// The log of an old kernel tells of ticks that did not arrive: `warning: many lost ticks.`,
    /// `Lost N timer tick(s)!`, `Your time source seems to be instable`.
    ///
    /// ## Why it matters
    /// x86-64 kernels before 2.6.21 keep time by counting ticks. What the host does not deliver in time is lost, and
    /// what the kernel makes up for is a guess.
    ///
    /// ## What to do
    /// Let no tick be thrown away (PIT policy `catchup`, never `discard`), take `divider=` off the kernel's command line,
    /// and give the guest its share of the CPU. Better: a system that has kvm-clock.
    ///
    /// ## Exceptions
    /// A single line of the time when the machine booted means little. It is reported all the same: kernels that old do
    /// not stamp their lines.
    ///
    /// ## References
    /// - Linux 2.6.18 `arch/x86_64/kernel/time.c:handle_lost_ticks`
    /// - QEMU `hw/i386/kvm/i8254.c`, `lost_tick_policy`
    /// - <https://docs.kernel.org/virt/kvm/x86/timekeeping.html>, 4.1 Interrupt clocking
    "log-lost-ticks" on Machine {
        summary: "the kernel missed timer ticks that it counts to know the time",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(machine: &Machine, _: &Facts) -> Verdict {
    let log = &machine.logs.kernel;
    let lines = log.lines(|event| matches!(event, Event::LostTicks | Event::InstableSource))?;
    if lines.is_empty() {
        return Ok(vec![]);
    }
    Ok(vec![
        RULE.found("the kernel missed timer ticks, which it counts to know the time")
            .saw_lines(log, &lines)
            .saw_fact("steal since boot", &machine.cpu_time, |time| {
                format!("{:.1} %", time.steal_percent())
            })
            .saw_fact("divider", &machine.cmdline, |line| line.get("divider").unwrap_or("not set").to_owned())
            .cure(
                "let the PIT replay its ticks (`tickpolicy='catchup'`), and give the guest its share of the CPU",
                Effect::GuestRestart,
                Risk::Manual,
            ),
    ])
}
