//! Some hundred domains: every value of every attribute of every timer and clock, and what stands around them.

/// A domain, by a name that says what is special about it.
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) xml: String,
}

const NAMES: [&str; 9] =
    ["platform", "rtc", "pit", "hpet", "tsc", "kvmclock", "hypervclock", "armvtimer", "bogus"];
const ATTRIBUTES: [&str; 27] = [
    "",
    "present='yes'",
    "present='no'",
    "present='on'",
    "present=''",
    "tickpolicy='delay'",
    "tickpolicy='catchup'",
    "tickpolicy='merge'",
    "tickpolicy='discard'",
    "tickpolicy='none'",
    "track='boot'",
    "track='guest'",
    "track='wall'",
    "track='realtime'",
    "track='none'",
    "mode='auto'",
    "mode='native'",
    "mode='emulate'",
    "mode='paravirt'",
    "mode='smpsafe'",
    "mode='bogus'",
    "frequency='0'",
    "frequency='-1'",
    "frequency='x'",
    "frequency=''",
    "frequency='@HZ@'",
    "present='no' tickpolicy='discard' track='wall'",
];
const CLOCKS: [&str; 40] = [
    "",
    "offset=''",
    "offset='utc'",
    "offset='localtime'",
    "offset='variable'",
    "offset='timezone'",
    "offset='timezone' timezone=''",
    "offset='timezone' timezone='Asia/Tokyo'",
    "offset='timezone' timezone='Mars/Base' adjustment='5' basis='utc' start='1'",
    "offset='bogus'",
    "sync='localtime'",
    "adjustment='reset'",
    "adjustment=''",
    "adjustment='3600'",
    "adjustment='-3600'",
    "adjustment='+5'",
    "adjustment=' 5'",
    "adjustment='5 '",
    "adjustment='0x5'",
    "offset='utc' adjustment='86400' basis='localtime'",
    "offset='localtime' adjustment='reset'",
    "offset='localtime' adjustment='3600'",
    "offset='localtime' adjustment='garbage'",
    "offset='localtime' basis='utc' start='1'",
    "offset='variable' adjustment='3600'",
    "offset='variable' adjustment='-315360000'",
    "offset='variable' adjustment='reset'",
    "offset='variable' adjustment='x'",
    "offset='variable' basis='utc' adjustment='7'",
    "offset='variable' basis='localtime' adjustment='7'",
    "offset='variable' basis='localtime'",
    "offset='variable' basis='bogus'",
    "offset='variable' basis=''",
    "offset='absolute'",
    "offset='absolute' start='0'",
    "offset='absolute' start='1234567890'",
    "offset='absolute' start='-5'",
    "offset='absolute' start='x'",
    "offset='absolute' start='253402300799'",
    "offset='absolute' start='253402300800'",
];
/// Timers together, as the field writes them, and as only a test would.
const SETS: [&str; 22] = [
    "<timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/>",
    "<timer name='rtc' tickpolicy='catchup' track='wall'/><timer name='pit' tickpolicy='catchup'/><timer name='tsc' tickpolicy='catchup' mode='native'/><timer name='hpet' present='no'/>",
    "<timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/><timer name='hypervclock' present='yes'/>",
    "<timer name='rtc' present='no'/><timer name='pit' present='no'/><timer name='hpet' present='no'/><timer name='kvmclock' present='no'/><timer name='hypervclock' present='yes'/><timer name='tsc' present='yes' mode='native'/>",
    "<timer name='kvmclock' present='yes'/><timer name='tsc' frequency='@HZ@'/>",
    "<timer name='rtc' track='guest'/><timer name='rtc' track='wall' tickpolicy='catchup'/>",
    "<timer name='rtc' tickpolicy='catchup'/><timer name='rtc' track='boot'/>",
    "<timer name='pit'/><timer name='pit' tickpolicy='discard'/><timer name='pit' tickpolicy='catchup'/>",
    "<timer name='hpet' present='no'/><timer name='hpet' present='yes'/><timer name='hpet'/>",
    "<timer name='kvmclock' present='no'/><timer name='hypervclock' present='no'/><timer name='kvmclock' present='yes'/>",
    "<timer name='tsc' frequency='0'/><timer name='tsc' frequency='@HZ@'/><timer name='tsc' frequency='1000'/>",
    "<timer name='tsc' frequency='1000'/><timer name='tsc' frequency='@HZ@'/>",
    "<timer name='rtc' tickpolicy='catchup'><catchup threshold='123' slew='120' limit='10000'/></timer>",
    "<timer name='rtc' tickpolicy='delay'><catchup threshold='0'/></timer>",
    "<timer name='rtc' tickpolicy='delay'><catchup limit='1'/></timer>",
    "<timer name='rtc' tickpolicy='catchup'><catchup slew='x'/></timer>",
    "<timer name='rtc' tickpolicy='catchup'><catchup threshold='-1'/></timer>",
    "<timer/>",
    "<timer name=''/>",
    "<timer name='pit' tickpolicy='merge'/><timer name='bogus'/>",
    "<timer name='platform'/><timer name='tsc' track='wall'/>",
    "<timer name='rtc' track='boot' tickpolicy='merge'/><timer name='armvtimer'/>",
];
const CPUS: [&str; 24] = [
    "<cpu/>",
    "<cpu mode='bogus'/>",
    "<cpu mode='host-passthrough'/>",
    "<cpu mode='host-passthrough' migratable='on'/>",
    "<cpu mode='host-passthrough' migratable='off'/>",
    "<cpu mode='host-passthrough' migratable='yes'/>",
    "<cpu mode='maximum'/>",
    "<cpu mode='maximum' migratable='on'/>",
    "<cpu mode='maximum' migratable='off'/>",
    "<cpu mode='host-model'/>",
    "<cpu mode='host-model' migratable='on'/>",
    "<cpu mode='host-model'><feature policy='disable' name='invtsc'/></cpu>",
    "<cpu mode='host-model'><feature policy='optional' name='invtsc'/></cpu>",
    "<cpu mode='custom' check='none'><model>qemu64</model></cpu>",
    "<cpu mode='custom' check='none' migratable='off'><model>qemu64</model></cpu>",
    "<cpu check='none'><model>qemu64</model><feature policy='require' name='invtsc'/></cpu>",
    "<cpu mode='custom'><feature policy='require' name='invtsc'/></cpu>",
    "<cpu mode='host-passthrough'><feature policy='require' name='invtsc'/><feature policy='disable' name='invtsc'/></cpu>",
    "<cpu mode='host-passthrough'><feature policy='bogus' name='invtsc'/></cpu>",
    "<cpu mode='host-passthrough'><feature name='invtsc'/></cpu>",
    "<cpu mode='maximum'><feature policy='force' name='invtsc'/></cpu>",
    "<cpu mode='maximum'><feature policy='optional' name='invtsc'/></cpu>",
    "<cpu mode='custom' check='none'><model>qemu64</model><feature policy='optional' name='invtsc'/></cpu>",
    "<cpu mode='custom' check='none'><model>qemu64</model><feature policy='disable' name='invtsc'/></cpu>",
];
const FEATURES: [&str; 34] = [
    "<hyperv><vpindex state='on'/><stimer state='on'/></hyperv>",
    "<hyperv><synic state='on'/><stimer state='on'/></hyperv>",
    "<hyperv><tlbflush state='on'/></hyperv>",
    "<hyperv><ipi state='on'/></hyperv>",
    "<hyperv><evmcs state='on'/></hyperv>",
    "<hyperv><reenlightenment state='on'/><stimer state='on'/></hyperv>",
    "<hyperv/>",
    "<hyperv><relaxed state='on'/><vapic state='on'/><spinlocks state='on' retries='8191'/></hyperv>",
    "<hyperv><vpindex state='on'/><synic state='on'/><stimer state='on'/></hyperv>",
    "<hyperv><vpindex state='on'/><synic state='on'/><stimer state='on'><direct state='on'/></stimer></hyperv>",
    "<hyperv><stimer state='on'><direct state='off'/></stimer></hyperv>",
    "<hyperv><stimer state='on'/></hyperv>",
    "<hyperv><synic state='on'/></hyperv>",
    "<hyperv><reenlightenment state='on'/><frequencies state='on'/></hyperv>",
    "<hyperv><stimer state='off'><direct state='on'/></stimer></hyperv>",
    "<hyperv><frequencies state='on'/><frequencies state='off'/></hyperv>",
    "<hyperv mode='custom'><vpindex state='on'/></hyperv>",
    "<hyperv mode='passthrough'/>",
    "<hyperv mode='passthrough'><stimer state='on'/></hyperv>",
    "<hyperv mode='bogus'/>",
    "<hyperv mode='none'/>",
    "<hyperv><stimer/></hyperv>",
    "<hyperv><stimer state='yes'/></hyperv>",
    "<hyperv><bogus state='on'/></hyperv>",
    "<hyperv><stimer state='on'><direct state='bogus'/></stimer></hyperv>",
    "<kvm><hidden state='on'/></kvm>",
    "<kvm><hidden state='off'/></kvm>",
    "<kvm><hidden state='yes'/></kvm>",
    "<kvm><hidden state='on'/></kvm><hyperv><frequencies state='on'/></hyperv>",
    "<ioapic driver='qemu'/>",
    "<ioapic driver='kvm'/>",
    "<ioapic driver='bogus'/>",
    "<ioapic/>",
    "<kvm><hidden state='x'/></kvm><ioapic driver='bogus'/>",
];

/// What one domain is made of.
#[derive(Clone, Copy)]
struct Parts<'a> {
    kind: &'a str,
    machine: &'a str,
    features: &'a str,
    cpu: &'a str,
    clock: &'a str,
    devices: &'a str,
}

/// All of them, for each kind of domain, on a host whose TSC runs at that rate.
pub(crate) fn all(kinds: &[&str], hz: u64) -> Vec<Domain> {
    let mut found = Vec::new();
    for kind in kinds {
        let plain = Parts { kind, machine: "pc", features: "", cpu: "", clock: "", devices: "" };
        timers(&mut found, plain);
        clocks(&mut found, plain);
        neighbours(&mut found, plain);
        frequencies(&mut found, plain, hz);
    }
    for (number, domain) in found.iter_mut().enumerate() {
        domain.name = format!("d{number}");
        let head = format!("<name>{}</name>", domain.name);
        domain.xml = domain.xml.replace("@NAME@", &head).replace("@HZ@", &hz.to_string());
    }
    found
}

fn add(found: &mut Vec<Domain>, parts: Parts<'_>) {
    let Parts { kind, machine, features, cpu, clock, devices } = parts;
    let xml = format!(
        "<domain type='{kind}'>\n  @NAME@\n  <memory>65536</memory>\n  <os><type arch='x86_64' machine='{machine}'>hvm</type></os>\n  \
         <features><acpi/>{features}</features>\n  {cpu}\n  {clock}\n  <devices>{devices}</devices>\n</domain>\n"
    );
    found.push(Domain { name: String::new(), xml });
}

fn timers(found: &mut Vec<Domain>, plain: Parts<'_>) {
    for name in NAMES {
        for attributes in ATTRIBUTES {
            let clock = format!("<clock offset='utc'><timer name='{name}' {attributes}/></clock>");
            add(found, Parts { clock: &clock, ..plain });
        }
        let clock = format!(
            "<clock><timer name='{name}' present='yes'/><timer name='{name}' present='no'/></clock>"
        );
        add(found, Parts { clock: &clock, machine: "q35", ..plain });
    }
    for set in SETS {
        for machine in ["pc", "q35"] {
            let clock = format!("<clock offset='utc'>\n{set}</clock>");
            add(found, Parts { clock: &clock, machine, ..plain });
        }
    }
}

fn clocks(found: &mut Vec<Domain>, plain: Parts<'_>) {
    for clock in CLOCKS {
        let clock = format!("<clock {clock}/>");
        add(found, Parts { clock: &clock, ..plain });
    }
    for offset in [
        "offset='utc'",
        "offset='localtime'",
        "offset='variable' adjustment='60'",
        "offset='absolute' start='5'",
    ] {
        for track in ["", "track='guest'", "track='wall'", "track='realtime'", "track='boot'"] {
            for policy in ["", "tickpolicy='catchup'", "tickpolicy='delay'", "tickpolicy='discard'"]
            {
                let clock = format!("<clock {offset}><timer name='rtc' {track} {policy}/></clock>");
                add(found, Parts { clock: &clock, ..plain });
            }
        }
    }
}

/// CPUs, features, interrupt remapping, machine types, each with and without timers.
fn neighbours(found: &mut Vec<Domain>, plain: Parts<'_>) {
    let timers = "<clock><timer name='hypervclock' present='yes'/><timer name='rtc' tickpolicy='catchup'/><timer name='tsc' frequency='@HZ@'/></clock>";
    for clock in ["", timers] {
        for cpu in CPUS {
            add(found, Parts { cpu, clock, ..plain });
        }
        for features in FEATURES {
            add(found, Parts { features, clock, ..plain });
        }
        for machine in ["q35", "pc-i440fx-5.2", "pc-q35-5.2"] {
            add(found, Parts { machine, clock, ..plain });
        }
        remapping(found, Parts { clock, machine: "q35", ..plain });
    }
    let unfit = "<clock><timer name='armvtimer' tickpolicy='delay'/></clock>";
    for machine in ["pc", "q35", "pc-i440fx-5.2"] {
        add(found, Parts { machine, clock: unfit, ..plain });
    }
    // libvirt compares this with what QEMU offers, which is the same everywhere only without KVM.
    if plain.kind == "qemu" {
        let cpu = "<cpu mode='host-model'><feature policy='require' name='invtsc'/></cpu>";
        add(found, Parts { cpu, ..plain });
    }
}

fn remapping(found: &mut Vec<Domain>, plain: Parts<'_>) {
    for driver in ["", "<ioapic driver='qemu'/>", "<ioapic driver='kvm'/>"] {
        for intremap in ["on", "off"] {
            let devices = format!("<iommu model='intel'><driver intremap='{intremap}'/></iommu>");
            add(found, Parts { features: driver, devices: &devices, ..plain });
        }
    }
}

/// Both sides of both edges of what libvirt tolerates.
fn frequencies(found: &mut Vec<Domain>, plain: Parts<'_>, hz: u64) {
    let tolerance = hz * 250 / 1_000_000;
    for hz in
        [1, hz - tolerance - 1, hz - tolerance, hz, hz + tolerance, hz + tolerance + 1, hz * 2]
    {
        let clock = format!("<clock offset='utc'><timer name='tsc' frequency='{hz}'/></clock>");
        let cpu = "<cpu mode='maximum'><feature policy='require' name='invtsc'/></cpu>";
        add(found, Parts { clock: &clock, cpu, ..plain });
    }
}
