//! A guest that answers from outside — by its agent, by an echo, and QEMU for it by its monitor — and measuring it.
//!
//! [`guest`] starts one; [`socket`] is where `agent.sock`, `echo.sock` and `monitor` lie, as flags of the program take them.
#![allow(dead_code, reason = "each test uses its part")]

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::guests::{Guest, Image};
use crate::lacking::{self, Lacking};
use crate::report::KVMTIME;
use crate::run::{json, kvmtime};

/// A guest agent and a port for the echo, each at a socket in the folder that QEMU runs in.
pub(crate) const PORTS: [&str; 10] = [
    "-device",
    "virtio-serial",
    "-chardev",
    "socket,id=agent,path=agent.sock,server=on,wait=off",
    "-device",
    "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
    "-chardev",
    "socket,id=echo,path=echo.sock,server=on,wait=off",
    "-device",
    "virtserialport,chardev=echo,name=kvmtime",
];

/// On busy CPUs an emulated machine may measure its TSC wrongly.
pub(crate) const CLOCK: &str = "clocksource=hpet";

/// Begins to answer.
pub(crate) const ECHO: &str = "
for port in /sys/class/virtio-ports/*; do
    [ \"$(cat $port/name)\" = kvmtime ] && kvmtime echo --port /dev/${port##*/} &
done
";

/// Waits for the end, which comes from outside.
pub(crate) const STAY: &str = "
while :; do sleep 3600; done
";

/// A guest that does this job, which [`ECHO`] goes before and [`STAY`] should end, with these options more on QEMU's.
pub(crate) fn guest(job: &str, options: &[&str]) -> Result<Guest, Lacking> {
    lacking::program("qemu-ga", "qemu-guest-agent")?;
    let image = Image::linux()?.program(KVMTIME.as_ref())?.job(&format!("{ECHO}{job}"));
    Guest::start(&image, CLOCK, &[&PORTS[..], options].concat())
}

/// The path of a socket in the folder that QEMU runs in.
pub(crate) fn socket(guest: &Guest, name: &str) -> String {
    guest.path(name).into_os_string().into_string().unwrap()
}

/// Begins to measure.
pub(crate) fn measure(arguments: &[&str]) -> Child {
    kvmtime()
        .args(["measure", "--format", "json"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the end of it.
pub(crate) fn measurements(child: Child) -> Vec<Value> {
    json(&child.wait_with_output().unwrap())["measurements"].as_array().unwrap().clone()
}
