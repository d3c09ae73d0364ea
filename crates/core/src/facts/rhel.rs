//! What Red Hat prescribes for its releases that keep time without kvm-clock.

use super::Machine;
use crate::fact::Unknown;

impl Machine {
    /// The kernel parameters for such a release; `lpj` only for those who know its value.
    /// Source: RHEL 6 Virtualization Host Configuration and Guest Installation Guide, table in 14.2.
    ///
    /// # Errors
    /// Why the release, the architecture or the clock is not known.
    pub fn prescribed_parameters(&self) -> Result<&'static [&'static str], Unknown> {
        // RHEL 6 has 2.6.32; no later release needs any.
        if self.kernel.value().is_some_and(|release| !release.starts_with("2.")) {
            return Ok(&[]);
        }
        let os = self.os.get()?;
        if !os.is_rhel() || !os.before(&[6, 1]) || os.before(&[5, 3]) {
            return Ok(&[]);
        }
        let wide = self.arch.get()? == "x86_64";
        if os.before(&[5, 5]) {
            return Ok(if wide { &["notsc"] } else { &["clocksource=acpi_pm"] });
        }
        if self.has_kvm_clock()? {
            return Ok(&[]);
        }
        Ok(match wide {
            true => &["notsc", "lpj"],
            false if os.before(&[6]) => &["clocksource=acpi_pm", "lpj"],
            false => &[],
        })
    }

    /// Whether a kernel parameter is prescribed, with or without its value.
    ///
    /// # Errors
    /// As [`Self::prescribed_parameters`].
    pub fn prescribes(&self, parameter: &str) -> Result<bool, Unknown> {
        Ok(self.prescribed_parameters()?.contains(&parameter))
    }
}
