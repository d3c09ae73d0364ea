//! A bare QEMU command line: what its options for time do.

use kvmtime_wire::qemu::{CommandLine, Opt, Properties, properties};

use super::draft::Irqchip;
use super::{Outcome, Refusal, Setting, Stage, Translation, Version, hpet, pit, rtc};

/// Options that newer QEMU no longer knows, with the version that dropped them and what to say today.
/// Source: QEMU `docs/about/removed-features.rst`; `-clock` was gone before.
const REMOVED: [(&str, Version, &str); 10] = [
    ("no-kvm-pit", Version(2, 12, 0), "-machine kernel_irqchip=split"),
    ("tdf", Version(2, 12, 0), "nothing: it did nothing"),
    ("no-kvm-pit-reinjection", Version(3, 0, 0), "-global kvm-pit.lost_tick_policy=discard"),
    ("no-kvm-irqchip", Version(3, 0, 0), "-machine kernel_irqchip=off"),
    ("no-kvm", Version(3, 0, 0), "-accel tcg"),
    ("localtime", Version(3, 1, 0), "-rtc base=localtime"),
    ("startdate", Version(3, 1, 0), "-rtc base=DATE"),
    ("rtc-td-hack", Version(3, 1, 0), "-rtc driftfix=slew"),
    ("clock", Version(5, 2, 0), "nothing: it chose the host's timer"),
    ("no-hpet", Version(9, 0, 0), "-machine hpet=off"),
];

/// Properties of `-cpu` that concern time, and what each does when on and when off.
const FLAGS: [(&str, &str, &str); 13] = [
    ("kvmclock", "kvm-clock, as by default", "no kvm-clock and no ptp_kvm"),
    (
        "kvmclock-stable-bit",
        "kvm-clock says that it is the same on all vCPUs",
        "kvm-clock is read with care",
    ),
    (
        "kvm",
        "KVM shows itself, as by default",
        "KVM hides itself: a Linux guest finds no kvm-clock",
    ),
    (
        "invtsc",
        "an invariant TSC; it blocks migration and save without tsc-frequency",
        "no invariant TSC",
    ),
    (
        "migratable",
        "no invariant TSC unless invtsc is on, as by default",
        "an invariant TSC, and no migration",
    ),
    (
        "vmware-cpuid-freq",
        "the guest is told the rates of TSC and APIC, as by default",
        "the guest is not told the TSC's rate",
    ),
    ("hv-time", "Hyper-V's reference counter and TSC page", "no Hyper-V clock, as by default"),
    ("hv-stimer", "timers of Hyper-V's kind", "no Hyper-V timers, as by default"),
    (
        "hv-stimer-direct",
        "Hyper-V's timers interrupt without a message",
        "Hyper-V's timers send messages",
    ),
    ("hv-frequencies", "the guest is told the rates of TSC and APIC", "as by default"),
    ("hv-reenlightenment", "a nested Hyper-V is told when the TSC's rate changes", "as by default"),
    ("hv-passthrough", "all Hyper-V enlightenments that the host's KVM offers", "as by default"),
    (
        "kvm-no-adjvtime",
        "ARM's virtual counter goes on while the guest is stopped",
        "ARM's virtual counter stands still while the guest is stopped",
    ),
];

struct Reader<'a> {
    line: &'a CommandLine,
    qemu: Version,
    irqchip: Irqchip,
    translation: Translation,
}

/// Tells what the options of a command line do for the guest's time.
pub fn translate(line: &CommandLine, qemu: Version) -> Translation {
    let (args, machine, cpu, env, settings) = (vec![], vec![], vec![], vec![], vec![]);
    let name = line.name().unwrap_or_else(|| "unnamed".to_owned());
    let refused = None;
    let from = String::new();
    let libvirt = None;
    let translation =
        Translation { name, from, libvirt, qemu, refused, args, machine, cpu, env, settings };
    let mut reader = Reader { line, qemu, irqchip: irqchip(line), translation };
    for option in &line.options {
        reader.option(option);
    }
    reader.translation
}

fn irqchip(line: &CommandLine) -> Irqchip {
    let asked = line
        .machine()
        .get("kernel_irqchip")
        .or(line.machine().get("kernel-irqchip"))
        .map(str::to_owned);
    match (line.accelerator(), asked.as_deref()) {
        ("kvm", None | Some("on")) => Irqchip::Kernel,
        ("kvm", Some("split")) => Irqchip::Split,
        _ => Irqchip::Emulated,
    }
}

impl Reader<'_> {
    fn option(&mut self, option: &Opt) {
        let value = option.value.as_deref().unwrap_or_default();
        if let Some((name, gone, instead)) =
            REMOVED.into_iter().find(|(name, ..)| *name == option.name)
        {
            return self.removed(option, name, gone, instead);
        }
        match &*option.name {
            "rtc" => self.rtc(option, value),
            "global" => self.global(option, value),
            "machine" | "M" => self.machine(option, value),
            "cpu" => self.cpu(option),
            "icount" => {
                let device = "the guest's time follows its instructions, not the host's clock";
                self.given(option, "", value, device);
            }
            "device" => self.device(option, value),
            _ => {}
        }
    }

    fn removed(&mut self, option: &Opt, name: &str, gone: Version, instead: &str) {
        let value = option.value.clone().unwrap_or_default();
        if self.qemu < gone {
            return self.given(option, "", &value, if name == "no-hpet" { hpet::OFF } else { "" });
        }
        let message = format!("-{name}: invalid option");
        let device = format!("{message}; today it is {instead}");
        self.push(option, "", &value, Outcome::RefusedAtStart, &device);
        self.translation.args.push(written(option));
        let refusal = Refusal { at: Stage::Start, message };
        self.translation.refused.get_or_insert(refusal);
    }

    /// A setting that stands on the command line and works there.
    fn given(&mut self, option: &Opt, property: &str, value: &str, device: &str) {
        self.push(option, property, value, Outcome::Emitted, device);
        let written = written(option);
        if !self.translation.args.contains(&written) {
            self.translation.args.push(written);
        }
    }

    fn push(&mut self, option: &Opt, property: &str, value: &str, outcome: Outcome, device: &str) {
        let dash = if property.is_empty() { "" } else { " " };
        self.translation.settings.push(Setting {
            path: format!("-{}{dash}{property}", option.name),
            value: value.to_owned(),
            line: option.at.line,
            column: option.at.column,
            outcome,
            becomes: None,
            device: device.to_owned(),
            at: option.at,
        });
    }

    fn rtc(&mut self, option: &Opt, value: &str) {
        for (key, value) in properties(value, "base").0 {
            let device = match (&*key, &*value) {
                ("base", "utc") => "the RTC starts with the host's UTC",
                ("base", "localtime") => {
                    "the RTC starts with the host's local time and does not follow a change of it"
                }
                ("base", _) => "the RTC starts with that date, in UTC",
                ("clock", "vm") => {
                    "the date stands still during a pause and loses the gap of a save and restore"
                }
                ("clock", "rt") => {
                    "the date goes on during a pause and loses the gap of a save and restore"
                }
                ("clock", _) => "the date follows the host's clock, as by default",
                ("driftfix", "slew") => rtc::slew(self.irqchip),
                ("driftfix", _) => "lost RTC ticks are discarded, as by default",
                _ => continue,
            };
            self.given(option, &key, &value, device);
        }
    }

    fn global(&mut self, option: &Opt, value: &str) {
        let long = properties(value, "driver");
        let (name, value) = match (value.split_once('='), long.get("driver"), long.get("property"))
        {
            (_, Some(driver), Some(property)) if value.contains("driver=") => {
                (format!("{driver}.{property}"), long.get("value").unwrap_or_default().to_owned())
            }
            (Some((name, value)), ..) => (name.to_owned(), value.to_owned()),
            _ => return,
        };
        let device = match &*name {
            "kvm-pit.lost_tick_policy" => pit::device(self.irqchip, &value),
            "mc146818rtc.lost_tick_policy" if value == "slew" => rtc::slew(self.irqchip),
            "mc146818rtc.lost_tick_policy" => "lost RTC ticks are discarded, as by default",
            _ => return,
        };
        self.given(option, &name, &value, device);
    }

    fn machine(&mut self, option: &Opt, value: &str) {
        for (key, value) in properties(value, "type").0 {
            let device = match (&*key, &*value) {
                ("hpet", "off") => hpet::OFF,
                ("hpet", _) => hpet::ON,
                ("pit", "off") => "no PIT",
                ("pit", _) => "a PIT, as by default",
                ("kernel_irqchip" | "kernel-irqchip", "split") => {
                    "IOAPIC and PIT are in QEMU: late PIT ticks are lost, driftfix=slew runs away"
                }
                ("kernel_irqchip" | "kernel-irqchip", "off") => {
                    "all interrupt chips and the PIT are in QEMU"
                }
                ("kernel_irqchip" | "kernel-irqchip", _) => {
                    "interrupt chips and PIT are in KVM, as by default"
                }
                _ => continue,
            };
            self.push(option, &key, &value, Outcome::Emitted, device);
            self.translation.machine.push(format!("{key}={value}"));
        }
    }

    fn cpu(&mut self, option: &Opt) {
        let all: Properties = self.line.cpu();
        // The last -cpu is the one that QEMU takes.
        if self.line.last("cpu") != Some(option) {
            return;
        }
        for (key, value) in &all.0 {
            let on = matches!(&**value, "on" | "yes" | "true" | "y");
            let flag = FLAGS.into_iter().find(|(name, ..)| name == key);
            let device = match (flag, &**key) {
                (Some((_, yes, no)), _) => {
                    if on {
                        yes
                    } else {
                        no
                    }
                }
                (None, "tsc-frequency") => {
                    "the guest is told this rate; QEMU ends if the host runs at another and cannot scale"
                }
                _ => continue,
            };
            self.push(option, key, value, Outcome::Emitted, device);
            self.translation.cpu.push(format!("{key}={value}"));
        }
    }

    fn device(&mut self, option: &Opt, value: &str) {
        let all = properties(value, "driver");
        let device = match all.get("driver") {
            Some("vmclock") => {
                "the guest is told when it was restored; QEMU up to 11.1 gives no time by it"
            }
            Some("virtio-rtc-pci") => "a clock of the host's UTC, read on request",
            _ => return,
        };
        self.given(option, "", value, device);
    }
}

fn written(option: &Opt) -> String {
    match &option.value {
        Some(value) => format!("-{} {value}", option.name),
        None => format!("-{}", option.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_say_what_they_do_and_removed_ones_are_refused() {
        let text = "qemu-system-x86_64 -enable-kvm -no-hpet -rtc base=utc,driftfix=slew -cpu host,-kvmclock \\\n -M q35,kernel_irqchip=split";
        let line = kvmtime_wire::qemu::parse(text).unwrap();
        let old = translate(&line, Version(7, 2, 0));
        assert_eq!(old.args, ["-no-hpet", "-rtc base=utc,driftfix=slew"]);
        assert_eq!(
            (old.cpu, old.machine),
            (vec!["kvmclock=off".to_owned()], vec!["kernel_irqchip=split".to_owned()])
        );
        let slew = old.settings.iter().find(|setting| setting.path == "-rtc driftfix").unwrap();
        assert!(slew.device.contains("28 times too fast, for ever"), "{}", slew.device);
        let new = translate(&line, Version(9, 0, 0));
        assert_eq!(new.refused.unwrap().message, "-no-hpet: invalid option");
    }
}
