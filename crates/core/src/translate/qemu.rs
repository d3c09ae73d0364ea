//! A bare QEMU command line: what its options for time do.

use kvmtime_wire::qemu::{CommandLine, Opt, Properties, properties};

use super::{
    Host, Irqchip, Outcome, Refusal, Removed, Setting, Stage, Translation, Version, hpet, hyperv,
    irqchip, pit, removed, rtc, tsc,
};

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
    host: &'a Host,
    translation: Translation,
}

/// Tells what the options of a command line do for the guest's time.
pub fn translate(line: &CommandLine, qemu: Version, host: &Host) -> Translation {
    let (args, machine, cpu, env) = (vec![], vec![], vec![], vec![]);
    let (settings, refusals) = (vec![], vec![]);
    let translation = Translation {
        name: line.name().unwrap_or_else(|| "unnamed".to_owned()),
        from: String::new(),
        libvirt: None,
        qemu,
        refused: None,
        args,
        machine,
        cpu,
        env,
        settings,
        refusals,
        irqchip: irqchip(line),
        split_by: None,
        assumed: false,
    };
    let mut reader = Reader { line, qemu, host, translation };
    for option in &line.options {
        reader.option(option);
    }
    reader.translation.refused = reader.translation.refusals.first().cloned();
    reader.translation
}

/// `on`, `split` or `off`, and the option that says so, unless it comes with the machine.
pub(crate) fn kernel_irqchip(line: &CommandLine) -> (String, Option<&Opt>) {
    const KEYS: [&str; 2] = ["kernel-irqchip", "kernel_irqchip"];
    let options = line.options.iter().rev();
    let mut given = options.filter(|o| matches!(&*o.name, "accel" | "machine" | "M"));
    let asked = given.find_map(|option| {
        let given = properties(option.value.as_deref()?, "");
        let value = KEYS.iter().find_map(|key| given.get(key))?;
        Some((value.to_owned(), Some(option)))
    });
    let splits = line.machine().get("type").is_some_and(irqchip::splits);
    asked.unwrap_or_else(|| (if splits { "split" } else { "on" }.to_owned(), None))
}

fn irqchip(line: &CommandLine) -> Irqchip {
    match (line.accelerator(), &*kernel_irqchip(line).0) {
        ("kvm", "on") => Irqchip::Kernel,
        ("kvm", "split") => Irqchip::Split,
        _ => Irqchip::Emulated,
    }
}

impl Reader<'_> {
    fn option(&mut self, option: &Opt) {
        let value = option.value.as_deref().unwrap_or_default();
        if let Some(removed) = removed(&option.name) {
            return self.removed(option, removed);
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

    fn removed(&mut self, option: &Opt, Removed { name, gone, instead }: Removed) {
        let value = option.value.clone().unwrap_or_default();
        if self.qemu < gone {
            return self.given(option, "", &value, if name == "no-hpet" { hpet::OFF } else { "" });
        }
        let message = format!("-{name}: invalid option");
        self.push(option, "", &value, Outcome::RefusedAtStart, &format!("{message}; {instead}"));
        self.translation.args.push(written(option));
        self.refusal(option, message, None);
    }

    /// QEMU ends on what an option says, in these words.
    fn refuse(&mut self, option: &Opt, property: &str, value: &str, message: String) {
        self.push(option, property, value, Outcome::RefusedAtStart, &message);
        self.refusal(option, message, None);
    }

    fn refusal(&mut self, option: &Opt, message: String, lacks: Option<&'static str>) {
        let (at, place, by_qemu) = (Stage::Start, option.at, true);
        self.translation.refusals.push(Refusal { at, message, place, lacks, by_qemu });
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
            path: format!("-{}{dash}{property}", option.name).into(),
            value: value.to_owned(),
            line: option.at.line,
            column: option.at.column,
            outcome,
            becomes: None,
            device: device.to_owned().into(),
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
                ("base", date) if !is_date(date) => {
                    self.refuse(option, &key, date, "invalid datetime format".to_owned());
                    continue;
                }
                ("base", _) => "the RTC starts with that date, in UTC",
                ("clock", "vm") => {
                    "the date stands still during a pause and loses the gap of a save and restore"
                }
                ("clock", "rt") => {
                    "the date goes on during a pause and loses the gap of a save and restore"
                }
                ("clock", "host") => "the date follows the host's clock, as by default",
                ("driftfix", "slew") => rtc::slew(self.translation.irqchip),
                ("driftfix", "none") => "lost RTC ticks are discarded, as by default",
                ("clock" | "driftfix", other) => {
                    let message = format!("invalid option value '{other}'");
                    self.refuse(option, &key, other, message);
                    continue;
                }
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
        if let Some(message) = self.policy_refused(&name, &value) {
            return self.refuse(option, &name, &value, message);
        }
        let device = match &*name {
            "kvm-pit.lost_tick_policy" => pit::device(self.translation.irqchip, &value),
            "mc146818rtc.lost_tick_policy" if value == "slew" => {
                rtc::slew(self.translation.irqchip)
            }
            "mc146818rtc.lost_tick_policy" => "lost RTC ticks are discarded, as by default",
            _ => return,
        };
        self.given(option, &name, &value, device);
    }

    /// QEMU's words where a device refuses its policy. One that is not made does not look at it.
    /// Source: QEMU `hw/rtc/mc146818rtc.c:rtc_realizefn`, `hw/i386/kvm/i8254.c:kvm_pit_realizefn`.
    fn policy_refused(&self, name: &str, value: &str) -> Option<String> {
        let pit = self.translation.irqchip == Irqchip::Kernel;
        match (name, value) {
            ("mc146818rtc.lost_tick_policy", "delay") => {
                Some("Invalid lost tick policy.".to_owned())
            }
            ("kvm-pit.lost_tick_policy", "slew") => {
                pit.then(|| "Lost tick policy not supported.".to_owned())
            }
            (_, "discard" | "delay" | "slew") => None,
            ("kvm-pit.lost_tick_policy", _) if !pit => None,
            ("kvm-pit.lost_tick_policy" | "mc146818rtc.lost_tick_policy", _) => Some(format!(
                "can't apply global {name}={value}: Parameter 'lost_tick_policy' does not accept value '{value}'"
            )),
            _ => None,
        }
    }

    fn machine(&mut self, option: &Opt, value: &str) {
        let microvm = self.line.machine().get("type") == Some("microvm");
        for (key, value) in properties(value, "type").0 {
            // Source: QEMU `hw/i386/microvm.c:microvm_class_init`.
            if key == "hpet" && microvm {
                let message = "Property 'microvm-machine.hpet' not found".to_owned();
                self.refuse(option, &key, &value, message);
                continue;
            }
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
        let refused = self.hyperv(option, &all);
        for (key, value) in &all.0 {
            if key == "tsc-frequency"
                && let Some(message) = self.unscaled(value)
            {
                self.refuse(option, key, value, message);
                continue;
            }
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
            if !refused.contains(key) {
                self.push(option, key, value, Outcome::Emitted, device);
            }
            self.translation.cpu.push(format!("{key}={value}"));
        }
    }

    /// The enlightenments that lack another.
    fn hyperv(&mut self, option: &Opt, all: &Properties) -> Vec<String> {
        let mut refused = Vec::new();
        if self.line.accelerator() != "kvm" || all.on("hv-passthrough") {
            return refused;
        }
        for (name, needed, message) in hyperv::lacking(|name| all.on(&format!("hv-{name}"))) {
            let name = format!("hv-{name}");
            self.push(option, &name, "on", Outcome::RefusedAtStart, &message);
            self.refusal(option, message, Some(needed));
            refused.push(name);
        }
        refused
    }

    /// Source: QEMU `target/i386/kvm/kvm.c:kvm_arch_set_tsc_khz`.
    fn unscaled(&self, hz: &str) -> Option<String> {
        let kvm = self.line.accelerator() == "kvm";
        let host = self.host.tsc.as_ref().filter(|tsc| kvm && tsc.scaling == Some(false))?;
        let wanted: u64 = hz.parse().ok()?;
        let (wanted, host) = (wanted / 1000, host.frequency / 1000);
        let refused = wanted > 0 && !tsc::tolerates(host, wanted);
        refused.then(|| {
            format!(
                "TSC frequency mismatch between VM ({wanted} kHz) and host ({host} kHz), and TSC scaling unavailable"
            )
        })
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

/// Source: QEMU `system/rtc.c:configure_rtc_base_datetime`.
fn is_date(text: &str) -> bool {
    let (date, time) = text.split_once('T').unwrap_or((text, "0:0:0"));
    let numbers = |text: &str, between: char| {
        let parts: Vec<&str> = text.split(between).collect();
        parts.len() == 3
            && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    numbers(date, '-') && numbers(time, ':')
}

fn written(option: &Opt) -> String {
    match &option.value {
        Some(value) => format!("-{} {value}", option.name),
        None => format!("-{}", option.name),
    }
}

#[cfg(test)]
mod tests {
    use kvmtime_wire::capabilities::Tsc;

    use super::*;

    #[test]
    fn options_say_what_they_do_and_removed_ones_are_refused() {
        let text = "qemu-system-x86_64 -enable-kvm -no-hpet -rtc base=utc,driftfix=slew -cpu host,-kvmclock \\\n -M q35,kernel_irqchip=split";
        let line = kvmtime_wire::qemu::parse(text).unwrap();
        let host = Host::default();
        let old = translate(&line, Version(7, 2, 0), &host);
        assert_eq!(old.args, ["-no-hpet", "-rtc base=utc,driftfix=slew"]);
        assert_eq!(
            (old.cpu, old.machine),
            (vec!["kvmclock=off".to_owned()], vec!["kernel_irqchip=split".to_owned()])
        );
        let slew = old.settings.iter().find(|setting| setting.path == "-rtc driftfix").unwrap();
        assert!(slew.device.contains("28 times too fast, for ever"), "{}", slew.device);
        let tsc = Some(Tsc { frequency: 2_500_000_000, scaling: Some(false) });
        let fixed = Host { tsc, ..Host::default() };
        let refused = |cpu: &str| {
            let text = format!("qemu-system-x86_64 -accel kvm -cpu {cpu}");
            let line = kvmtime_wire::qemu::parse(&text).unwrap();
            translate(&line, Version(10, 0, 0), &fixed).refused.map(|refusal| refusal.message)
        };
        assert_eq!(refused("host,tsc-freq=2500100000,hv-time,hv-synic,hv-vpindex,hv-stimer"), None);
        assert!(
            refused("host,tsc-frequency=2400000000")
                .unwrap()
                .contains("VM (2400000 kHz) and host (2500000")
        );
        assert!(refused("host,hv_time,+hv-stimer").unwrap().ends_with("controller (hv-synic)"));
        let new = translate(&line, Version(9, 0, 0), &host);
        assert_eq!(new.refused.unwrap().message, "-no-hpet: invalid option");
    }
}
