//! Many guests under libvirt, and all that happens to guests.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests make guests"
)]

mod guests;
mod herd;
mod lacking;
mod libvirtd;
mod report;

use std::time::{Duration, Instant};

use herd::{Agent, Domain, Herd, Hwclock};
use lacking::need;

#[test]
fn guests_are_many() {
    let count = std::env::var("HERD").map_or(3, |n| n.parse().unwrap());
    let start = Instant::now();
    let Some(herd) = need(Herd::start(count)) else { return };
    eprintln!("{:?}", start.elapsed());
    for domain in herd.domains() {
        eprintln!("{} {:?}", domain.name(), domain.offset());
    }
    if let Ok(hold) = std::env::var("HOLD") {
        eprintln!("{}", herd.libvirt().uri());
        std::thread::sleep(Duration::from_secs(hold.parse().unwrap()));
    }
}
