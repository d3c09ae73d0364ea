//! The kernel: its version and its parameters.

use kvmtime_wire::cmdline::Parameter;

use super::Machine;
use crate::fact::Unknown;
use crate::finding::{Effect, Finding, Risk};
use crate::plan::Change;
use crate::profile;

impl Machine {
    /// Whether the kernel's version is known and below this one.
    pub fn kernel_before(&self, version: &[u32]) -> bool {
        self.kernel.value().is_some_and(|release| profile::numbers(release).as_slice() < version)
    }

    /// The last use of a kernel parameter, which is the one that counts.
    ///
    /// # Errors
    /// Why the command line is not known.
    pub fn parameter<'a>(&'a self, name: &'a str) -> Result<Option<&'a Parameter>, Unknown> {
        Ok(self.cmdline.get()?.all(name).last())
    }

    /// Takes a guest's kernel parameter as evidence, and its removal as the cure.
    #[must_use]
    pub fn blame_parameter(&self, finding: Finding, parameter: &Parameter) -> Finding {
        let summary = format!("take `{parameter}` off the guest kernel's command line and reboot");
        finding
            .saw("kernel parameter", parameter, self.cmdline.from())
            .cure(summary, Effect::GuestReboot, Risk::Careful)
            .change(Change::drop_parameter(parameter))
    }
}
