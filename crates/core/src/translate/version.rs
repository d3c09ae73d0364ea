//! Versions of libvirt and QEMU, and what changed with them.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A version, such as `9.0.0`; `9.0` means its first release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

/// The pair that decides what becomes of a domain's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// libvirt, from 7.0 on.
    pub libvirt: Version,
    /// QEMU, from 5.2 on.
    pub qemu: Version,
}

impl Versions {
    /// The newest pair that the model was compared with.
    pub const NEWEST: Self = Self { libvirt: Version(12, 8, 0), qemu: Version(11, 1, 0) };

    /// The oldest libvirt that the model knows.
    pub const OLDEST_LIBVIRT: Version = Version(7, 0, 0);

    /// The oldest QEMU that the model knows.
    pub const OLDEST_QEMU: Version = Version(5, 2, 0);

    /// Attributes are read by one function with one way to say that a value is wrong.
    /// Source: libvirt `src/util/virxml.c:virXMLPropEnum`.
    pub(super) fn uniform_messages(&self) -> bool {
        self.libvirt >= Version(7, 4, 0)
    }

    /// `hv-time` became `hv-time=on`; 7.0 writes the former and 9.0 the latter.
    pub(super) fn hyperv_says_on(&self) -> bool {
        self.libvirt >= Version(8, 0, 0)
    }

    /// The HPET is a property of the machine. Source: libvirt `qemu_capabilities.c`, `{ "machine", "hpet", … }`.
    pub(super) fn hpet_is_property(&self) -> bool {
        self.libvirt >= Version(9, 0, 0) && self.qemu >= Version(8, 0, 0)
    }

    /// Interrupt remapping brings the split interrupt chips along; before, the two had to be asked for together.
    /// Source: libvirt `qemu_postparse.c:qemuDomainDefEnableDefaultFeatures`.
    pub(super) fn splits_by_itself(&self) -> bool {
        self.libvirt >= Version(10, 10, 0)
    }
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no version: expected MAJOR.MINOR or MAJOR.MINOR.RELEASE")]
pub struct NoVersion(String);

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let mut parts = text.split('.').map(str::parse);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), None, _) => Ok(Self(major, minor, 0)),
            (Some(Ok(major)), Some(Ok(minor)), Some(Ok(release)), None) => {
                Ok(Self(major, minor, release))
            }
            _ => Err(NoVersion(text.to_owned())),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_or_three_numbers_are_a_version() {
        assert_eq!("9.0".parse(), Ok(Version(9, 0, 0)));
        assert_eq!("7.2.22".parse::<Version>().unwrap().to_string(), "7.2.22");
        for wrong in ["", "9", "9.", "9.x", "9.0.0.1", "-1.0"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }
}
