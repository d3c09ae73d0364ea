//! `kvmtime translate`.

use std::str::FromStr;

use kvmtime_core::facts::Facts;
use kvmtime_core::translate::{self, Host, Translation, Version, Versions};
use kvmtime_wire::capabilities::Tsc;
use kvmtime_wire::qemu::{CommandLine, from_argv};

use super::exit::{self, Exit, Hinted};
use super::targets::{Found, Targets};
use crate::output::{self, Plain};
use crate::probe::{self, Installed};

/// Say what becomes of a domain's clock settings
///
/// For each clock, timer and CPU setting: the argument that libvirt makes of it, and what the device then does, or
/// that nothing comes of it, or in libvirt's own words why the domain is refused. Exit status: 0, also for a domain
/// that libvirt refuses; 2 something could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kvmtime translate web01.xml          with libvirt and QEMU of this machine
  virsh dumpxml web01 | kvmtime translate -
  kvmtime translate --libvirt 7.0 --qemu 5.2 web01.xml
  kvmtime translate --host-tsc 2593906000 web01.xml
                                       on 2.59 GHz that cannot scale
  kvmtime translate --diff 9.0/7.2:11.3/10.0 web01.xml
                                       what an upgrade changes
  kvmtime translate -- qemu-system-x86_64 -rtc base=utc,driftfix=slew")]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,

    /// The libvirt that defines and starts it, from 7.0 on [default: the one here, else the newest]
    #[arg(long, value_name = "VERSION")]
    libvirt: Option<Version>,

    /// The QEMU that it starts, from 5.2 on [default: the one here, else the newest]
    #[arg(long, value_name = "VERSION")]
    qemu: Option<Version>,

    /// The host's TSC in Hz, with `,scaling` when guests may run at another rate [default: what libvirt says]
    #[arg(long, value_name = "HZ[,scaling]", value_parser = host_tsc)]
    host_tsc: Option<Tsc>,

    /// What changes from one pair of libvirt/QEMU to another
    #[arg(long, value_name = "OLD:NEW", conflicts_with_all = ["libvirt", "qemu"])]
    diff: Option<Upgrade>,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Plain,

    /// A QEMU command line, to say what each of its options for time does
    #[arg(last = true, value_name = "QEMU")]
    command: Vec<String>,
}

/// From one pair to another, as `9.0/7.2:11.3/10.0`.
#[derive(Debug, Clone)]
struct Upgrade {
    old: Versions,
    new: Versions,
}

impl FromStr for Upgrade {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |text: &str| -> Result<Versions, String> {
            let (libvirt, qemu) = text.split_once('/').ok_or_else(|| expected(text))?;
            let version = |text: &str| text.parse().map_err(|error| format!("{error}"));
            Ok(Versions { libvirt: version(libvirt)?, qemu: version(qemu)? })
        };
        let (old, new) = text.split_once(':').ok_or_else(|| expected(text))?;
        Ok(Self { old: pair(old)?, new: pair(new)? })
    }
}

fn expected(text: &str) -> String {
    format!("{text} is not LIBVIRT/QEMU:LIBVIRT/QEMU, such as 9.0/7.2:11.3/10.0")
}

fn host_tsc(text: &str) -> Result<Tsc, String> {
    let (hz, scaling) = match text.split_once(',') {
        Some((hz, "scaling")) => (hz, true),
        Some(_) => return Err("only `scaling` may follow the frequency".to_owned()),
        None => (text, false),
    };
    let frequency = hz.parse().map_err(|_| format!("{hz} is no frequency in Hz"))?;
    Ok(Tsc { frequency, scaling: Some(scaling) })
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if args.targets.is_empty() && args.command.is_empty() {
        let hint = "name domain XML, `-`, domain:NAME, or a QEMU command line behind `--`";
        return Err(Hinted::new("nothing to translate", hint).into());
    }
    let here = Here::new(args);
    known(&here.pairs)?;
    // Without a name there would be everything that runs here.
    let mut found = if args.targets.is_empty() { Found::default() } else { args.targets.find() };
    let mut pairs: Vec<Vec<Translation>> = Vec::new();
    for entry in std::mem::take(&mut found.entries) {
        match args.targets.entry(&entry) {
            Ok(facts) => found.sets.extend(facts),
            Err(error) => found.failures.push(error),
        }
    }
    for facts in &found.sets {
        here.translate(facts, &mut pairs, &mut found.failures);
    }
    if !args.command.is_empty() {
        let line = from_argv(&args.command.join("\0"));
        pairs.push(here.command(&line, "command line", &here.host));
    }
    if !pairs.is_empty() || found.failures.is_empty() {
        print(args, &pairs)?;
    }
    for failure in &found.failures {
        exit::failed(failure);
    }
    Ok(if found.failures.is_empty() { Exit::Clean } else { Exit::Failed })
}

fn print(args: &Args, translated: &[Vec<Translation>]) -> std::io::Result<()> {
    if args.diff.is_none() {
        let all: Vec<&Translation> = translated.iter().flatten().collect();
        return output::translations(&all, args.format);
    }
    let differences = translated.iter().filter_map(|pair| match &pair[..] {
        [old, new] => Some(translate::diff(old, new)),
        _ => None,
    });
    output::differences(&differences.collect::<Vec<_>>(), args.format)
}

fn known(pairs: &[Versions]) -> anyhow::Result<()> {
    for pair in pairs {
        let both = [
            ("libvirt", pair.libvirt, Versions::OLDEST_LIBVIRT),
            ("QEMU", pair.qemu, Versions::OLDEST_QEMU),
        ];
        if let Some((what, version, oldest)) =
            both.into_iter().find(|(_, given, oldest)| given < oldest)
        {
            let message = format!("{what} {version} is too old");
            return Err(
                Hinted::new(message, format!("the oldest that is known is {oldest}")).into()
            );
        }
    }
    Ok(())
}

/// What decides the outcome besides the domain: one pair of versions, or the two of an upgrade.
struct Here {
    pairs: Vec<Versions>,
    /// Whether the pair was asked for, so that no evidence may say another.
    libvirt: Option<Version>,
    qemu: Option<Version>,
    asked: bool,
    host: Host,
    tsc: Option<Tsc>,
}

impl Here {
    fn new(args: &Args) -> Self {
        let (libvirt, qemu) = (args.libvirt, args.qemu);
        let asked = args.diff.is_some() || libvirt.is_some() && qemu.is_some();
        let installed = match asked && args.host_tsc.is_some() {
            true => Installed::default(),
            false => probe::installed(),
        };
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let here = Versions {
            libvirt: libvirt.or(number(installed.libvirt)).unwrap_or(Versions::NEWEST.libvirt),
            qemu: qemu.or(number(installed.qemu)).unwrap_or(Versions::NEWEST.qemu),
        };
        let pairs = match &args.diff {
            Some(upgrade) => vec![upgrade.old, upgrade.new],
            None => vec![here],
        };
        let tsc = args.host_tsc.clone();
        let host = Host { tsc: tsc.clone().or(installed.tsc), utc_offset: probe::utc_offset() };
        Self { pairs, libvirt, qemu, asked, host, tsc }
    }

    fn translate(
        &self,
        facts: &Facts,
        translated: &mut Vec<Vec<Translation>>,
        failures: &mut Vec<anyhow::Error>,
    ) {
        let (pairs, host) = self.of(facts);
        for domain in &facts.domains {
            if !domain.xml.is_qemu() {
                let (name, kind) = (&domain.name, domain.xml.virt_type.as_ref());
                let kind = kind.map_or("another", |kind| &*kind.value);
                failures.push(anyhow::anyhow!(
                    "cannot translate {name}: it is of the type {kind}, which QEMU does not run"
                ));
                continue;
            }
            translated.push(
                pairs
                    .iter()
                    .map(|pair| Translation {
                        from: domain.path.clone(),
                        ..translate::translate(&domain.xml, pair, &host)
                    })
                    .collect(),
            );
        }
        for qemu in &facts.qemus {
            translated.push(self.command(&qemu.line, &qemu.from, &host));
        }
    }

    fn command(&self, line: &CommandLine, from: &str, host: &Host) -> Vec<Translation> {
        let each = self.pairs.iter().map(|pair| Translation {
            from: from.to_owned(),
            ..translate::translate_qemu(line, pair.qemu, host)
        });
        each.collect()
    }

    /// What the domains' own host says comes before what is installed here.
    fn of(&self, facts: &Facts) -> (Vec<Versions>, Host) {
        let mut host = self.host.clone();
        let Some(machine) = facts.host() else { return (self.pairs.clone(), host) };
        if self.tsc.is_none() {
            host.tsc = machine.tsc().value().cloned().or(host.tsc);
        }
        let mut pairs = self.pairs.clone();
        if let ([pair], false) = (&mut pairs[..], self.asked) {
            let (libvirt, qemu) = facts.versions();
            let (libvirt, qemu) = (self.libvirt.or(libvirt), self.qemu.or(qemu));
            pair.libvirt = libvirt.unwrap_or(pair.libvirt);
            pair.qemu = qemu.unwrap_or(pair.qemu);
        }
        (pairs, host)
    }
}
