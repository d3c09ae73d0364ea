//! Scripts for guests in which kvmtime itself is not run. The folder that they make is laid out as a recording world's.

/// For FreeBSD, NetBSD and OpenBSD, in POSIX sh.
pub(crate) fn bsd() -> String {
    whole(include_str!("bsd.sh"))
}

/// For Linux, in POSIX sh.
pub(crate) fn linux() -> String {
    whole(include_str!("linux.sh"))
}

/// For Windows, in PowerShell 2.0.
pub(crate) fn windows() -> String {
    include_str!("windows.ps1").to_owned()
}

/// A script that needs no file beside it.
fn whole(script: &str) -> String {
    script.replace(". ./keep.sh\n", include_str!("keep.sh"))
}
