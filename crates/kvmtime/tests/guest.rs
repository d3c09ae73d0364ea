//! kvmtime inside a real guest, which tells what it found through its second serial port.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests make guests")]

mod guests;
mod lacking;

use std::fs;
use std::path::Path;
use std::process::Command;

use guests::{Guest, Image};
use lacking::need;
use serde_json::Value;

const KVMTIME: &str = env!("CARGO_BIN_EXE_kvmtime");

/// What the guest does; `live.json` and the capture are of the same machine, a moment apart.
const JOB: &str = "
kvmtime check guest --format json >live.json
echo $? >status
kvmtime facts guest --format json >facts.json
kvmtime capture captured >said
cat /sys/devices/system/clocksource/clocksource0/current_clocksource >clocksource
";

#[test]
fn first() {
    let Some(image) = need(Image::linux()) else { return };
    let image = image.program(Path::new(KVMTIME)).job(JOB);
    let Some(guest) = need(Guest::start(&image, "", &[])) else { return };
    let results = guest.results();
    println!("{}", fs::read_to_string(results.path().join("live.json")).unwrap());
    println!("{}", fs::read_to_string(results.path().join("facts.json")).unwrap());
}
