//! KVM: `/dev/kvm` and the modules' parameters. A scratch VM is made, asked and dropped; it never runs.

use std::collections::BTreeMap;
use std::io;

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Kvm, KvmDevice};
use kvmtime_wire::modprobe::{self, ModuleOption};

use crate::world::{self, World};

const MODULES: [&str; 3] = ["kvm", "kvm_intel", "kvm_amd"];

pub(super) fn probe(world: &World) -> Kvm {
    let device = world.ask("kvm", "/dev/kvm", ask);
    Kvm { device, parameters: parameters(world), options: options(world) }
}

/// What modprobe.d sets of KVM's modules, file by file.
fn options(world: &World) -> Fact<Vec<ModuleOption>> {
    const FOLDER: &str = "/etc/modprobe.d";
    world.names(FOLDER).map(|names| {
        let paths = names.iter().filter(|name| name.ends_with(".conf"));
        let of = |name| {
            let path = format!("{FOLDER}/{name}");
            let text = world.text(&path);
            modprobe::options(text.value().map_or("", String::as_str), &path)
        };
        let all = paths.flat_map(of).filter(|option| MODULES.contains(&option.module.as_str()));
        all.collect()
    })
}

fn ask() -> io::Result<KvmDevice> {
    let answers = kvmtime_sys::kvm::ask(world::open("/dev/kvm")?)?;
    Ok(KvmDevice {
        adjust_clock: u32::try_from(answers.adjust_clock).unwrap_or_default(),
        tsc_control: answers.tsc_control > 0,
        vm_tsc_control: answers.vm_tsc_control > 0,
        reinject_control: answers.reinject_control > 0,
        tsc_deadline_timer: answers.tsc_deadline_timer > 0,
        steal_time: answers.steal_time > 0,
        tsc_khz: answers.tsc_khz,
        clock_flags: answers.clock_flags,
    })
}

fn parameters(world: &World) -> Fact<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    let mut found = Fact::absent("/sys/module/kvm/parameters");
    for module in MODULES {
        let folder = format!("/sys/module/{module}/parameters");
        let names = world.names(&folder);
        for name in names.value().into_iter().flatten() {
            if let Fact::Known { value, .. } = world.word(&format!("{folder}/{name}")) {
                all.insert(format!("{module}.{name}"), value);
            }
        }
        if module == "kvm" {
            found = names.map(|_| ());
        }
    }
    found.map(|()| all)
}
