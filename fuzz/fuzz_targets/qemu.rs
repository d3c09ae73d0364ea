//! QEMU's command line, from a script and from a process, asked for all that it can tell.
#![no_main]

use kvmtime_wire::qemu;

kvmtime_fuzz::parser!(|text: &str| {
    for line in qemu::parse(text).into_iter().chain([qemu::from_argv(text)]) {
        let _ = (line.rtc(), line.machine(), line.cpu(), line.name(), line.accelerator());
        let _ = (line.is_x86(), line.global("kvm-pit", "lost_tick_policy"));
    }
});
