//! The page of the vmclock device, asked for the time at several counts.
#![no_main]

use kvmtime_fuzz::libfuzzer_sys::fuzz_target;
use kvmtime_wire::vmclock;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(page) = vmclock::parse(bytes) {
        for counter in [0, page.counter_value, u64::MAX] {
            let _ = page.time(counter);
        }
    }
});
