//! PTP hardware clocks: what tells one from another, and whether KVM's can be had.

use kvmtime_core::fact::Fact;
use kvmtime_core::facts::{Driver, Phc};

use crate::world::World;

const CLASS: &str = "/sys/class/ptp";
/// The links that udev rules of systemd and of clouds make.
const LINKS: [&str; 3] = ["/dev/ptp_kvm", "/dev/ptp_hyperv", "/dev/ptp_ena"];

pub(super) fn clocks(world: &World) -> Fact<Vec<Phc>> {
    let links: Vec<(&str, Fact<String>)> = LINKS.map(|link| (link, world.link(link))).into();
    world.names(CLASS).map(|devices| {
        devices
            .into_iter()
            .filter_map(|device| {
                let clock_name = world.word(&format!("{CLASS}/{device}/clock_name"));
                let to = |target: &String| target.rsplit('/').next() == Some(&device);
                let links = links.iter().filter(|(_, target)| target.value().is_some_and(to));
                let parent = world.link(&format!("{CLASS}/{device}/device"));
                let parent = parent.value().and_then(|path| path.rsplit('/').next());
                Some(Phc {
                    parent: parent.map(str::to_owned),
                    clock_name: clock_name.value()?.clone(),
                    links: links.map(|(link, _)| (*link).to_owned()).collect(),
                    device,
                })
            })
            .collect()
    })
}

/// `/sys/module` shows no built-in driver without parameters.
pub(super) fn driver(world: &World) -> Fact<Driver> {
    let kernel = super::system::kernel(world);
    let Some(release) = kernel.value() else { return kernel.map(|_| Driver::Lacking) };
    let listed = |list: &str| {
        let path = format!("/lib/modules/{release}/{list}");
        world.log(&path, |line| line.contains("ptp_kvm")).map(|text| text.contains("ptp_kvm.ko"))
    };
    let builtin = listed("modules.builtin");
    if builtin.value() == Some(&true) {
        return builtin.map(|_| Driver::BuiltIn);
    }
    let loaded = world.exists("/sys/module/ptp_kvm");
    if loaded.value() == Some(&true) {
        return loaded.map(|_| Driver::Loaded);
    }
    listed("modules.dep").map(|there| if there { Driver::Loadable } else { Driver::Lacking })
}
