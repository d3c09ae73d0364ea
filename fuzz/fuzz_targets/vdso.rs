//! The image of a vDSO, and where it lies.
#![no_main]

use kvmtime_wire::vdso;

kvmtime_fuzz::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = vdso::parse(bytes);
    let _ = vdso::range(&String::from_utf8_lossy(bytes));
});
