//! Lines of QMP and QGA.
#![no_main]

use kvmtime_fuzz::libfuzzer_sys::fuzz_target;
use kvmtime_wire::monitor::{self, Line};

fuzz_target!(|bytes: &[u8]| {
    if let Line::Return(value) = monitor::line(bytes) {
        let _ = monitor::rtc_time(&value);
    }
});
