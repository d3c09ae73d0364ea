//! Scripts for guests in which kvmtime itself is not run. The folder that they make is laid out as a recording world's.

/// For FreeBSD, NetBSD and OpenBSD, in POSIX sh.
pub(crate) const BSD: &str = include_str!("bsd.sh");
/// For Linux, in POSIX sh.
pub(crate) const LINUX: &str = include_str!("linux.sh");
/// For Windows, in PowerShell 2.0.
pub(crate) const WINDOWS: &str = include_str!("windows.ps1");
