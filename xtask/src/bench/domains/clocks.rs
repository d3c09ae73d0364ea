//! What a domain says about time: mostly what its manager writes, sometimes what an old page on the web recommends.

use super::Kind;
use crate::bench::dice::Dice;

/// virt-install, nova and oVirt write this for anything but Windows.
const USUAL: &str = "  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
";

const PARAVIRTUAL: [(u64, &str); 13] = [
    (62, USUAL),
    (8, "  <clock offset='utc'/>\n"),
    (3, "  <clock offset='variable' adjustment='0' basis='utc'/>\n"),
    (2, ""),
    (4, "  <clock offset='localtime'/>\n"),
    (
        6,
        "  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='guest'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
",
    ),
    (
        4,
        "  <clock offset='utc'>
    <timer name='kvmclock' present='yes'/>
  </clock>
",
    ),
    (
        2,
        "  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='yes'/>
    <timer name='kvmclock' present='no'/>
  </clock>
",
    ),
    (
        3,
        "  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='wall'>
      <catchup threshold='123' slew='120' limit='10000'/>
    </timer>
    <timer name='pit' tickpolicy='catchup'/>
  </clock>
",
    ),
    (
        2,
        "  <clock offset='utc'>
    <timer name='tsc' frequency='2400000000' mode='native' present='yes'/>
    <timer name='hpet' present='no'/>
  </clock>
",
    ),
    (
        2,
        "  <clock offset='variable' adjustment='3600' basis='localtime'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
",
    ),
    (1, "  <clock offset='timezone' timezone='Europe/Berlin'/>\n"),
    (
        1,
        "  <clock offset='utc'>
    <timer name='rtc' tickpolicy='discard'/>
    <timer name='hpet' present='no' tickpolicy='merge'/>
  </clock>
",
    ),
];

const WINDOWS: [(u64, &str); 5] = [
    (
        60,
        "  <clock offset='localtime'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
    <timer name='hypervclock' present='yes'/>
  </clock>
",
    ),
    (
        15,
        "  <clock offset='localtime'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
",
    ),
    (12, USUAL),
    (8, "  <clock offset='localtime'/>\n"),
    (
        5,
        "  <clock offset='localtime'>
    <timer name='rtc' tickpolicy='catchup' track='guest'/>
    <timer name='hpet' present='yes'/>
    <timer name='hypervclock' present='no'/>
  </clock>
",
    ),
];

const TICKS: [(u64, &str); 4] = [
    (50, USUAL),
    (20, "  <clock offset='utc'/>\n"),
    (
        15,
        "  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup' track='guest'/>
    <timer name='pit' tickpolicy='discard'/>
    <timer name='tsc' present='no'/>
  </clock>
",
    ),
    (
        15,
        "  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='catchup'/>
  </clock>
",
    ),
];

const CPUS: [(u64, &str); 6] = [
    (40, "  <cpu mode='host-passthrough' check='none' migratable='on'/>\n"),
    (
        25,
        "  <cpu mode='host-model' check='partial'>
    <topology sockets='1' dies='1' cores='2' threads='1'/>
  </cpu>
",
    ),
    (
        15,
        "  <cpu mode='custom' match='exact' check='full'>
    <model fallback='forbid'>Cascadelake-Server-noTSX</model>
    <topology sockets='16' dies='1' cores='1' threads='1'/>
    <feature policy='require' name='hypervisor'/>
    <feature policy='require' name='ss'/>
    <feature policy='require' name='tsc_adjust'/>
    <feature policy='disable' name='mpx'/>
    <numa>
      <cell id='0' cpus='0-15' memory='2097152' unit='KiB'/>
    </numa>
  </cpu>
",
    ),
    (
        8,
        "  <cpu mode='custom' match='exact' check='none'>\n    <model fallback='allow'>qemu64</model>\n  </cpu>\n",
    ),
    (
        4,
        "  <cpu mode='host-passthrough' check='none' migratable='off'>
    <feature policy='require' name='invtsc'/>
  </cpu>
",
    ),
    (8, ""),
];

const HYPERV: [(u64, &str); 3] = [
    (
        55,
        "    <hyperv mode='custom'>
      <relaxed state='on'/>
      <vapic state='on'/>
      <spinlocks state='on' retries='8191'/>
      <vpindex state='on'/>
      <runtime state='on'/>
      <synic state='on'/>
      <stimer state='on'/>
    </hyperv>
",
    ),
    (
        35,
        "    <hyperv mode='custom'>
      <relaxed state='on'/>
      <vapic state='on'/>
      <spinlocks state='on' retries='8191'/>
    </hyperv>
",
    ),
    (10, ""),
];

pub(super) fn clock(kind: Kind, dice: &mut Dice) -> &'static str {
    match kind {
        Kind::Paravirtual => dice.weighted(&PARAVIRTUAL),
        Kind::Windows => dice.weighted(&WINDOWS),
        Kind::Ticks => dice.weighted(&TICKS),
    }
}

pub(super) fn cpu(dice: &mut Dice) -> &'static str {
    dice.weighted(&CPUS)
}

/// Enlightenments, and in a few domains what hides KVM from its guest.
pub(super) fn hyperv(kind: Kind, dice: &mut Dice) -> String {
    let wanted = kind == Kind::Windows || dice.chance(2);
    let enlightenments = if wanted { dice.weighted(&HYPERV) } else { "" };
    let hidden =
        if dice.chance(2) { "    <kvm>\n      <hidden state='on'/>\n    </kvm>\n" } else { "" };
    format!("{enlightenments}{hidden}")
}

/// Options passed by libvirt to QEMU, as people add them by hand.
pub(super) fn commandline(dice: &mut Dice) -> &'static str {
    match dice.chance(20) {
        true => {
            "  <qemu:commandline>\n    <qemu:arg value='-rtc'/>\n    <qemu:arg value='base=utc,driftfix=slew'/>\n  </qemu:commandline>\n"
        }
        false => "",
    }
}
