//! No false alarm on what management stacks write by themselves: each error and warning on an untouched domain is listed
//! here, with its reason. The clocks are what the stacks' generators write at the commits that are named.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod guests;
mod lacking;
mod libvirtd;
mod run;

use lacking::{need, program};
use libvirtd::Libvirtd;
use run::{check, json};

/// What virt-install is told to install, by libosinfo's short ids.
const SYSTEMS: [&str; 14] = [
    "generic",
    "debian11",
    "rhel9.0",
    "rhel5.4",
    "ubuntu22.04",
    "alpinelinux3.17",
    "win2k3",
    "win7",
    "win10",
    "win2k22",
    "freebsd13.1",
    "netbsd9.0",
    "openbsd7.0",
    "solaris11",
];

/// Errors and warnings, as `severity[rule]`, on a text from standard input.
fn alarms(text: &str) -> Vec<String> {
    let report = json(&check(text, &["--format", "json"]));
    let found = report["findings"].as_array().unwrap().iter();
    let loud = found.filter(|finding| finding["severity"] != "info");
    loud.map(|finding| {
        let word = |key| finding[key].as_str().unwrap();
        format!("{}[{}]", word("severity"), word("rule"))
    })
    .collect()
}

#[test]
fn what_virt_install_writes_raises_no_alarm() {
    if need(program("virt-install", "virtinst")).is_none() {
        return;
    }
    let Some(libvirt) = need(Libvirtd::start()) else { return };
    let mut wrong = Vec::new();
    for system in SYSTEMS {
        let xml = libvirt.run(
            "virt-install",
            &[
                "--connect",
                "qemu:///system",
                "--print-xml",
                "--osinfo",
                system,
                "--name",
                "vm",
                "--memory",
                "2048",
                "--disk",
                "none",
                "--network",
                "none",
                "--boot",
                "hd",
            ],
        );
        assert!(xml.contains("<timer name='rtc'") || xml.contains("<timer name=\"rtc\""), "{xml}");
        // Before virt-manager 5.0 it gives Windows no synthetic timers.
        let lacking = xml.contains("hypervclock") && !xml.contains("<stimer");
        let uses = matches!(system, "win10" | "win2k22");
        let expected: &[&str] =
            if lacking && uses { &["warning[dom-stimer-missing]"] } else { &[] };
        let alarms = alarms(&xml);
        if alarms != expected {
            wrong.push(format!("{system}: {alarms:?}\n{xml}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A domain as a manager writes it, as far as time is concerned.
struct Written {
    stack: &'static str,
    metadata: &'static str,
    features: &'static str,
    clock: &'static str,
    agent: bool,
    /// Alarms that are right.
    expected: &'static [&'static str],
}

/// No libosinfo id, and an agent's channel only where the image asks for it.
/// Source: openstack/nova 00a0304 `nova/virt/libvirt/driver.py:_set_clock`, `_set_features`.
const NOVA_LINUX: Written = Written {
    stack: "nova, Linux",
    metadata: "",
    features: "",
    clock: "<clock offset='utc'><timer name='pit' tickpolicy='delay'/><timer name='rtc' tickpolicy='catchup'/>
            <timer name='hpet' present='no'/></clock>",
    agent: false,
    expected: &[],
};

/// nova switches on all that synthetic timers need, and not the timers.
const NOVA_WINDOWS: Written = Written {
    stack: "nova, Windows",
    features:
        "<hyperv><relaxed state='on'/><vapic state='on'/><spinlocks state='on' retries='8191'/>
               <vpindex state='on'/><runtime state='on'/><synic state='on'/><reset state='on'/>
               <frequencies state='on'/><tlbflush state='on'/><ipi state='on'/></hyperv>",
    clock: "<clock offset='localtime'><timer name='pit' tickpolicy='delay'/>
            <timer name='rtc' tickpolicy='catchup'/><timer name='hpet' present='no'/>
            <timer name='hypervclock' present='yes'/></clock>",
    expected: &["warning[dom-stimer-missing]"],
    ..NOVA_LINUX
};

/// Source: oVirt/ovirt-engine 0111fc6 `LibvirtVmXmlBuilder.java:writeClock`, `writeFeatures`.
const OVIRT_LINUX: Written = Written {
    stack: "oVirt, Linux",
    metadata: "<ovirt-vm:vm xmlns:ovirt-vm='http://ovirt.org/vm/1.0'/>",
    features: "",
    clock: "<clock offset='variable' adjustment='0'><timer name='rtc' tickpolicy='catchup'/>
            <timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>",
    agent: true,
    expected: &[],
};

/// The engine asks for notes of a changed TSC rate, and fixes the rate only for high-performance VMs.
const OVIRT_WINDOWS: Written = Written {
    stack: "oVirt, Windows",
    features: "<hyperv><relaxed state='on'/><vapic state='on'/><spinlocks state='on' retries='8191'/>
               <synic state='on'/><stimer state='on'><direct state='on'/></stimer><reset state='on'/>
               <vpindex state='on'/><runtime state='on'/><frequencies state='on'/><reenlightenment state='on'/>
               <tlbflush state='on'/><ipi state='on'/></hyperv>",
    clock: "<clock offset='variable' adjustment='3600'><timer name='hypervclock' present='yes'/>
            <timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/>
            <timer name='hpet' present='no'/></clock>",
    expected: &["warning[dom-reenlightenment-no-frequency]"],
    ..OVIRT_LINUX
};

/// With more than 255 vCPUs the engine splits the interrupt chips, and leaves RTC catch-up on: it runs away.
const OVIRT_LARGE: Written = Written {
    stack: "oVirt, more than 255 vCPUs",
    features: "<ioapic driver='qemu'/>",
    expected: &["error[dom-ioapic-split-rtc-slew]"],
    ..OVIRT_LINUX
};

/// Source: kubevirt/kubevirt d923fdb `pkg/virt-launcher/virtwrap/converter/compute/clock.go`: no clock unless the VMI has one.
const KUBEVIRT_LINUX: Written = Written {
    stack: "KubeVirt, Linux",
    metadata: "<kubevirt xmlns='http://kubevirt.io'><uid/></kubevirt>",
    features: "",
    clock: "",
    agent: true,
    expected: &[],
};

/// Source: the same, `examples/windows.yaml`, which has no synthetic timers.
const KUBEVIRT_EXAMPLE: Written = Written {
    stack: "KubeVirt, the example of a Windows preference",
    features: "<hyperv><relaxed state='on'/><vapic state='on'/><spinlocks state='on' retries='8191'/></hyperv>",
    clock: KUBEVIRT_CLOCK,
    expected: &["warning[dom-stimer-missing]"],
    ..KUBEVIRT_LINUX
};

const KUBEVIRT_CLOCK: &str =
    "<clock offset='utc' adjustment='reset'><timer name='rtc' tickpolicy='catchup' present='yes'/>
    <timer name='pit' present='yes' tickpolicy='delay'/><timer name='hpet' present='no'/>
    <timer name='hypervclock' present='yes'/></clock>";

/// Source: the same, `common-instancetypes` 1.7.0, `windows.10`, on a node that tells no TSC frequency.
const KUBEVIRT_WINDOWS: Written = Written {
    stack: "KubeVirt, Windows",
    features: "<hyperv><relaxed state='on'/><vapic state='on'/><spinlocks state='on' retries='8191'/>
               <vpindex state='on'/><runtime state='on'/><synic state='on'/>
               <stimer state='on'><direct state='on'/></stimer><reset state='on'/><frequencies state='on'/>
               <reenlightenment state='on'/><tlbflush state='on'/><ipi state='on'/></hyperv>",
    clock: KUBEVIRT_CLOCK,
    expected: &["warning[dom-reenlightenment-no-frequency]"],
    ..KUBEVIRT_LINUX
};

impl Written {
    fn xml(&self) -> String {
        let Self { metadata, features, clock, agent, .. } = self;
        let agent = if *agent {
            "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
        } else {
            ""
        };
        format!(
            "<domain type='kvm'>\n<name>vm</name>\n<metadata>{metadata}</metadata>\n<memory>2097152</memory>\n\
             <vcpu>2</vcpu>\n<os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>\n\
             <features><acpi/><apic/>{features}</features>\n<cpu mode='host-model' check='partial'/>\n{clock}\n\
             <devices>{agent}</devices>\n</domain>\n"
        )
    }
}

#[test]
fn what_managers_write_raises_only_the_alarms_that_are_right() {
    let all = [
        NOVA_LINUX,
        NOVA_WINDOWS,
        OVIRT_LINUX,
        OVIRT_WINDOWS,
        OVIRT_LARGE,
        KUBEVIRT_LINUX,
        KUBEVIRT_EXAMPLE,
        KUBEVIRT_WINDOWS,
    ];
    for written in all {
        assert_eq!(alarms(&written.xml()), written.expected, "{}", written.stack);
    }
}

/// What Proxmox VE starts, as far as time is concerned: Linux, Windows 10, another system, Solaris, Linux with a vIOMMU.
/// Source: proxmox/qemu-server e6352be `src/PVE/QemuServer/Cfg2Cmd/Timer.pm`, `src/test/cfg2cmd/*.conf.cmd`.
const PROXMOX: [&str; 5] = [
    "-name vm -cpu kvm64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt,+lahf_lm,+sep -machine hpet=off,type=pc+pve0",
    "-name vm -global kvm-pit.lost_tick_policy=discard -cpu kvm64,enforce,hv_ipi,hv_relaxed,hv_reset,hv_runtime,\
     hv_spinlocks=0x1fff,hv_stimer,hv_synic,hv_time,hv_vapic,hv_vpindex,+kvm_pv_eoi,+kvm_pv_unhalt,+lahf_lm,+sep \
     -rtc driftfix=slew,base=localtime -machine hpet=off,type=pc-q35-9.2+pve0",
    "-name vm -cpu kvm64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt,+lahf_lm,+sep -machine type=pc+pve0",
    "-name vm -cpu kvm64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt,+lahf_lm,+sep,-x2apic -machine type=pc+pve0",
    "-name vm -cpu kvm64,enforce,+lahf_lm,+sep -device intel-iommu,intremap=on,caching-mode=on \
     -machine type=q35+pve0,kernel-irqchip=split",
];

#[test]
fn what_proxmox_starts_raises_no_alarm() {
    for options in PROXMOX {
        assert_eq!(alarms(&format!("/usr/bin/kvm {options}\n")), [""; 0], "{options}");
    }
}
