//! A Windows guest, from the folder that `capture --script windows` makes there.

use std::collections::BTreeMap;

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Hypervisor, Service, Windows, Zone};
use kvmtime_core::profile::{self, Os};
use kvmtime_wire::windows::{bcdedit, boot_ini, properties, reg, sc, w32tm};

use super::system;
use crate::world::World;

const SYSTEM: [&str; 2] = ["Get-WmiObject", "Win32_OperatingSystem"];
const COMPUTER: [&str; 2] = ["Get-WmiObject", "Win32_ComputerSystem"];
const QPC: [&str; 1] = ["QueryPerformanceFrequency"];
const ZONE: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation";
const W32TIME: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time";

/// What the machine says of itself, if it is Windows.
pub(super) fn probe(world: &World) -> Option<Windows> {
    let qpc = world.run_archived(&QPC);
    if qpc.value().is_none() && world.run_archived(&SYSTEM).value().is_none() {
        return None;
    }
    let zone = registry(world, ZONE);
    // Windows takes a missing value for 0.
    let rtc_is_utc = zone.clone().map(|values| dword(&values, "RealTimeIsUniversal") == Some(1));
    Some(Windows {
        // Old Windows count the CPUs under the first name only; new ones count the sockets under it.
        processors: property(world, "NumberOfLogicalProcessors")
            .or_else(|| property(world, "NumberOfProcessors")),
        domain_member: property::<String>(world, "PartOfDomain").map(|value| value == "True"),
        qpc_hz: qpc.parse(|text| text.trim().parse::<u64>()),
        boot: world
            .run_archived(&["bcdedit", "/enum", "{current}"])
            .map(|text| bcdedit::parse(&text)),
        boot_ini: world
            .text("/boot.ini")
            .parse(|text| boot_ini::default_entry(&text).ok_or("it has no entry")),
        rtc_is_utc,
        zone: zone.parse(|values| zone_of(&values).ok_or("no ActiveTimeBias in it")),
        w32time: w32time(world),
        status: world
            .run_archived(&["w32tm", "/query", "/status", "/verbose"])
            .parse(|text| w32tm::parse(&text)),
        ntpd_runs: service_runs(world, "NTP"),
        agent_runs: service_runs(world, "QEMU-GA"),
    })
}

/// By version and build; what a build is called depends on whether it is a server (`ProductType` is 1 on workstations).
pub(super) fn os(world: &World) -> Fact<Os> {
    world.run_archived(&SYSTEM).parse(|text| {
        let values = properties::parse(&text);
        let value = |name: &str| values.get(name).map(String::as_str);
        let (version, product) = (value("Version"), value("ProductType"));
        let name =
            version.and_then(|version| profile::windows_release(version, product != Some("1")));
        let os = name.and_then(|name| profile::of_id(&format!("http://microsoft.com/win/{name}")));
        os.ok_or("no version of Windows in it")
    })
}

/// By what the firmware calls the machine, as Windows does not show the hypervisor's own signature.
pub(super) fn hypervisor(world: &World) -> Fact<Hypervisor> {
    property::<String>(world, "Manufacturer").parse(|vendor| match system::vendor_runs(&vendor) {
        Hypervisor::None => Err("the vendor does not tell which hypervisor runs this machine"),
        known => Ok(known),
    })
}

fn property<T: std::str::FromStr>(world: &World, name: &str) -> Fact<T> {
    world.run_archived(&COMPUTER).parse(|text| {
        let values = properties::parse(&text);
        values.get(name).and_then(|value| value.parse().ok()).ok_or(format!("no {name} in it"))
    })
}

fn registry(world: &World, key: &str) -> Fact<BTreeMap<String, String>> {
    world.run_archived(&["reg", "query", key]).map(|text| reg::values(&text))
}

fn dword(values: &BTreeMap<String, String>, name: &str) -> Option<u32> {
    reg::number(values.get(name)?)
}

/// UTC = local time + bias, in minutes; a zone that never changes has an empty date for it.
fn zone_of(values: &BTreeMap<String, String>) -> Option<Zone> {
    let bias = dword(values, "ActiveTimeBias")?.cast_signed();
    let date = values.get("StandardStart").map_or("", String::as_str);
    let fixed = dword(values, "DynamicDaylightTimeDisabled") == Some(1);
    let changes = !fixed && date.bytes().any(|digit| digit != b'0');
    Some(Zone { offset_seconds: -i64::from(bias) * 60, changes })
}

fn w32time(world: &World) -> Fact<Service> {
    let start = registry(world, W32TIME);
    let automatic = start.value().is_some_and(|values| dword(values, "Start") == Some(2));
    service_runs(world, "w32time").map(|runs| Service { runs, automatic })
}

fn service_runs(world: &World, name: &str) -> Fact<bool> {
    world.run_archived(&["sc.exe", "query", name]).parse(|text| sc::runs(&text))
}
