//! A fleet is judged alike whatever order its members come in, and however many threads they come from.

use std::sync::Arc;

use kvmtime_core::check;
use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Domain, Facts, Fleet, Hypervisor, Machine, Role, Source, TimeDaemon};
use kvmtime_core::rules::CATALOGUE;
use kvmtime_wire::capabilities::{Capabilities, Tsc};
use kvmtime_wire::directives::Directives;
use kvmtime_wire::{chrony, domain, klog};
use proptest::prelude::*;

const SYSTEMS: [&str; 4] = [
    "debian.org/debian/12",
    "redhat.com/rhel/5.3",
    "microsoft.com/win/2k22",
    "netbsd.org/netbsd/9.3",
];
const CLOCKS: [&str; 5] = [
    "<clock offset='utc'/>",
    "<clock offset='localtime'/>",
    "<clock offset='utc'><timer name='rtc' tickpolicy='catchup'/></clock>",
    "<clock offset='utc'><timer name='hpet' present='no'/></clock>",
    "<clock offset='variable' adjustment='7200'><timer name='pit' tickpolicy='discard'/></clock>",
];
const SOURCES: [&str; 4] = [
    "pool 2.debian.pool.ntp.org\n",
    "server time.google.com\n",
    "server ntp1.example.net\nserver ntp2.example.net\n",
    "server ntp2.example.net\nleapsecmode slew\n",
];

fn domain_of(number: usize, (system, clock, invtsc): (usize, usize, bool)) -> Facts {
    let info = match SYSTEMS.get(system) {
        Some(id) => format!("<metadata><libosinfo><os id='http://{id}'/></libosinfo></metadata>"),
        None => String::new(),
    };
    let cpu = "<cpu mode='host-model'><feature policy='require' name='invtsc'/></cpu>";
    let cpu = if invtsc { cpu } else { "" };
    let name = format!("vm{}", number / 2);
    let text =
        format!("<domain type='kvm'><name>{name}</name>{info}{cpu}{}</domain>", CLOCKS[clock]);
    let path = format!("{number}.xml");
    let xml = domain::parse(&text).expect("it is XML").remove(0);
    let domains = vec![Domain::of(xml, &path, &path, Arc::new(Source::new(&text)))];
    Facts { domains, ..Facts::default() }
}

fn machine_of(number: usize, (guest, khz, scales, sources): (bool, u64, bool, usize)) -> Facts {
    let conf = SOURCES.get(sources).map(|text| chrony::conf::parse(text, "/etc/chrony.conf"));
    let conf = conf.map(|lines| Fact::known(Directives(lines), "/etc/chrony.conf"));
    let chronyd =
        TimeDaemon { name: "chronyd".to_owned(), pid: 1, command: "/usr/sbin/chronyd".to_owned() };
    let mut machine = Machine {
        source: format!("capture{}", number / 2),
        roles: vec![if guest { Role::Guest } else { Role::Host }],
        hypervisor: Fact::known(Hypervisor::Kvm, "CPUID"),
        daemons: Fact::known(vec![chronyd], "/proc"),
        ..Machine::default()
    };
    machine.chrony.conf = conf.unwrap_or_default();
    machine.rtc.zone = Fact::known(["UTC", "Asia/Tokyo"][number % 2].to_owned(), "/etc/localtime");
    let tsc = Tsc { frequency: khz * 1000, scaling: Some(scales) };
    machine.libvirt.capabilities =
        Fact::known(Capabilities { tsc: Some(tsc), ..Capabilities::default() }, "virsh");
    let log = "2025-03-02 18:15:20.070+0000: shutting down, reason=migrated";
    machine.logs.qemu = Fact::known(klog::parse(log), "/var/log/libvirt/qemu/a.log");
    Facts { machines: vec![machine], ..Facts::default() }
}

fn members() -> impl Strategy<Value = Vec<Facts>> {
    let domains = prop::collection::vec((0..5_usize, 0..5_usize, any::<bool>()), 0..24);
    let machine = (any::<bool>(), 2_000_000..2_000_900_u64, any::<bool>(), 0..5_usize);
    (domains, prop::collection::vec(machine, 0..8)).prop_map(|(domains, machines)| {
        let domains = domains.into_iter().enumerate().map(|(n, domain)| domain_of(n, domain));
        let machines = machines.into_iter().enumerate().map(|(n, machine)| machine_of(n, machine));
        domains.chain(machines).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_threads_make_no_difference(
        (straight, shuffled) in members().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        parts in 1..5_usize,
    ) {
        let mut one = Fleet::default();
        straight.iter().for_each(|facts| one.add(facts));
        let mut threads = vec![Fleet::default(); parts];
        for (number, facts) in shuffled.iter().enumerate() {
            threads[number % parts].add(facts);
        }
        let mut joined = Fleet::default();
        threads.into_iter().rev().for_each(|part| joined.append(part));
        let (one, joined) = (check::fleet(one, CATALOGUE), check::fleet(joined, CATALOGUE));
        let domains = straight.iter().filter(|facts| facts.machines.is_empty()).count();
        let several = domains > 1 || straight.len() - domains > 1;
        prop_assert_eq!(one.subjects.len(), usize::from(several));
        prop_assert_eq!(one, joined);
    }
}

#[test]
fn the_fleet_of_the_test_above_has_faults() {
    let mut fleet = Fleet::default();
    for number in 0..10 {
        fleet.add(&domain_of(number, (number % 2, number % 5, true)));
        fleet.add(&machine_of(
            number,
            (number > 5, 2_000_000 + 100 * number as u64, false, number % 4),
        ));
    }
    let report = check::fleet(fleet, CATALOGUE);
    let mut found: Vec<&str> = report.findings.iter().map(|finding| &*finding.rule).collect();
    found.dedup();
    assert_eq!(
        found,
        [
            "ntp-leap-policy-fleet",
            "fleet-clock-xml-inconsistent",
            "fleet-localtime-mixed-tz",
            "fleet-time-source-inconsistent"
        ]
    );
    assert!(report.findings.iter().all(|finding| !finding.evidence.is_empty()));
}
