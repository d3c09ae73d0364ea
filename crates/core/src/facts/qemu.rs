//! One QEMU command line.

use kvmtime_wire::qemu::{CommandLine, Opt};
use kvmtime_wire::text::At;
use serde::{Deserialize, Serialize};

use super::model::Once;
use super::{Domain, Facts};
use super::{Source, System};
use crate::check::Subject;
use crate::fact::Fact;
use crate::finding::Finding;
use crate::lifecycle::Lifecycle;
use crate::profile::Os;

/// A QEMU command line, of a process or in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Qemu {
    /// `qemu/PID` or `qemu/NAME`.
    pub id: String,
    /// The guest's name, as `-name` gives it.
    pub name: String,
    /// `/proc/PID/cmdline`, or the file.
    pub from: String,
    /// The guest's operating system, by hints on the command line or by libvirt's domain of that name.
    pub os: Fact<Os>,
    /// The command line.
    pub line: CommandLine,
    /// The text of the file that it was read from, to show the lines that findings speak of.
    #[serde(skip)]
    pub source: Source,
    #[serde(skip)]
    pub(super) once: Once,
    /// What may happen to it; see [`super::Facts::settle`].
    #[serde(skip)]
    pub lifecycle: Lifecycle,
}

impl Qemu {
    /// The command line of process `pid`; ps(1) shows it in no file whose lines could be counted.
    pub fn of_process(pid: u32, mut line: CommandLine) -> Self {
        line.options.iter_mut().for_each(|option| option.at = At::default());
        let from = format!("/proc/{pid}/cmdline");
        let name = line.name().unwrap_or_else(|| pid.to_string());
        let os = crate::profile::of_qemu(&line, &from);
        Self {
            id: format!("qemu/{pid}"),
            name,
            from,
            os,
            line,
            source: Source::default(),
            lifecycle: Lifecycle::default(),
            once: Once::default(),
        }
    }

    /// The command line in a file.
    pub fn of_file(path: &str, line: CommandLine, source: Source) -> Self {
        let name = line.name().unwrap_or_else(|| path.to_owned());
        let os = crate::profile::of_qemu(&line, path);
        Self {
            id: format!("qemu/{name}"),
            name,
            from: path.to_owned(),
            os,
            line,
            source,
            lifecycle: Lifecycle::default(),
            once: Once::default(),
        }
    }

    /// The subject of a report.
    pub fn subject(&self) -> Subject {
        Subject {
            id: self.id.clone(),
            kind: "qemu".to_owned(),
            name: self.name.clone(),
            os: self.os.value().map(|os| os.id.clone()),
            from: self.from.clone(),
            whole: false,
            system: System::default(),
        }
    }

    /// libvirt's domain of the same name, which libvirt starts as this process.
    pub fn domain<'a>(&self, facts: &'a Facts) -> Option<&'a Domain> {
        facts.domains.iter().find(|domain| domain.name == self.name)
    }

    /// Whether this is a process, which QEMU's own check of its options lies behind.
    pub fn is_running(&self) -> bool {
        self.line.options.iter().all(|option| option.at.line == 0)
    }

    /// Whether libvirt wrote the command line: it always calls its monitor so.
    pub fn is_of_libvirt(&self) -> bool {
        // libvirt src/qemu/qemu_command.c:qemuBuildMonitorCommandLine
        self.line.all("chardev").any(|option| {
            option.value.as_deref().is_some_and(|value| value.contains("id=charmonitor"))
        })
    }

    /// Takes an option as evidence and, when it stands in a file, puts the finding there.
    #[must_use]
    pub fn blame(&self, finding: Finding, option: &Opt) -> Finding {
        let value = option.value.clone().unwrap_or_else(|| "given".to_owned());
        let what = format!("-{}", option.name);
        if option.at.line == 0 {
            return finding.saw(what, value, self.from.clone());
        }
        let place = format!("{}:{}:{}", self.from, option.at.line, option.at.column);
        finding.saw(what, value, place).at(&self.from, option.at)
    }
}
