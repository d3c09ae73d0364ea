//! chronyd's command packets.
#![no_main]

use kvmtime_fuzz::libfuzzer_sys::fuzz_target;
use kvmtime_wire::chrony::command::Question;

fuzz_target!(|bytes: &[u8]| {
    let sequence = bytes.get(16..20).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
    for question in [Question::Tracking, Question::SourceCount, Question::Source(0)] {
        let _ = question.answer(sequence, bytes);
    }
});
