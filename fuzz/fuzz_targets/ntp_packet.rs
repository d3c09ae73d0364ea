//! An NTP server's answer.
#![no_main]

use kvmtime_fuzz::libfuzzer_sys::fuzz_target;
use kvmtime_wire::ntp::packet;

fuzz_target!(|bytes: &[u8]| {
    let cookie = bytes.get(24..32).and_then(|b| b.try_into().ok()).map_or(0, u64::from_be_bytes);
    let near = bytes.first_chunk().map_or(0, |b| i64::from_be_bytes(*b));
    let _ = packet::answer(cookie, bytes, near);
});
