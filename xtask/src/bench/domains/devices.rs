//! The devices of a domain: most of its text, and nothing about time but the guest agent's channel.

use std::fmt::Write;

use crate::bench::dice::Dice;

pub(super) fn disks(name: &str, dice: &mut Dice) -> String {
    let mut text = String::new();
    for letter in ["a", "b", "c"].into_iter().take(dice.one_of(&[1, 1, 1, 2, 2, 3])) {
        let (slot, serial) = (dice.below(16), dice.next());
        let _ = write!(
            text,
            "    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='native'/>
      <source file='/var/lib/libvirt/images/{name}-vd{letter}.qcow2'/>
      <target dev='vd{letter}' bus='virtio'/>
      <serial>{serial:016x}</serial>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x{slot:02x}' function='0x0'/>
    </disk>\n"
        );
    }
    text
}

pub(super) fn nics(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..dice.one_of(&[1, 1, 1, 2, 2, 3]) {
        let (mac, vlan, slot) = (dice.next(), 1 + dice.below(4094), dice.below(16));
        let _ = write!(
            text,
            "    <interface type='bridge'>
      <mac address='52:54:00:{:02x}:{:02x}:{:02x}'/>
      <source bridge='br{vlan}'/>
      <target dev='tap{:08x}'/>
      <model type='virtio'/>
      <mtu size='1500'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x{slot:02x}' function='0x0'/>
    </interface>\n",
            mac >> 16 & 0xff,
            mac >> 8 & 0xff,
            mac & 0xff,
            mac >> 32,
        );
    }
    text
}

/// PCIe root ports: libvirt adds some so that devices can be plugged in later.
pub(super) fn ports(dice: &mut Dice) -> String {
    let mut text = String::new();
    for index in 1..=dice.one_of(&[1, 2, 3]) {
        let _ = write!(
            text,
            "    <controller type='pci' index='{index}' model='pcie-root-port'>
      <model name='pcie-root-port'/>
      <target chassis='{index}' port='0x{:x}'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x{index}'/>
    </controller>\n",
            0x0f + index
        );
    }
    text
}

/// Nine in ten have the channel; few of those are seen while the guest runs.
pub(super) fn agent(name: &str, dice: &mut Dice) -> String {
    if dice.chance(10) {
        return String::new();
    }
    let state = dice.weighted(&[(8, ""), (1, " state='connected'"), (1, " state='disconnected'")]);
    format!(
        "    <channel type='unix'>
      <source mode='bind' path='/var/lib/libvirt/qemu/channel/target/{name}/org.qemu.guest_agent.0'/>
      <target type='virtio' name='org.qemu.guest_agent.0'{state}/>
      <address type='virtio-serial' controller='0' bus='0' port='1'/>
    </channel>\n"
    )
}
