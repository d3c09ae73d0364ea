//! Lines that QEMU's monitor sends by itself.
#![no_main]

use kvmtime_fuzz::libfuzzer_sys::fuzz_target;
use kvmtime_wire::monitor_event;

fuzz_target!(|bytes: &[u8]| {
    let _ = monitor_event::event(bytes);
});
