//! Time daemons out of packages that are not installed: an installed one would replace the daemon that keeps this machine's clock.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

#[allow(dead_code, reason = "each test uses its part")]
mod server;

use std::fs;

use crate::guests::{Image, Unpacked};
use crate::lacking::Lacking;
use crate::report::KVMTIME;
#[allow(unused_imports, reason = "each test uses its part")]
pub(crate) use server::{Server, conf, source};

/// chrony and OpenNTPD, with the libraries that a machine with QEMU need not have.
const PACKAGES: [&str; 4] = ["chrony", "libbsd0", "libedit2", "openntpd"];
const PROGRAMS: [&str; 4] =
    ["usr/bin/chronyc", "usr/sbin/chronyd", "usr/sbin/ntpctl", "usr/sbin/ntpd"];

/// The users that their installation makes, and the service that OpenNTPD looks up.
const USERS: &str = "\
root:x:0:0::/root:/bin/sh
_chrony:x:101:101::/var/lib/chrony:/bin/false
ntpd:x:102:102::/run/openntpd:/bin/false
";
const SERVICES: &str = "ntp 123/udp\n";

/// The packages.
pub(crate) fn packages() -> Result<Unpacked, Lacking> {
    Unpacked::find("ntp", || Ok(PACKAGES.map(str::to_owned).to_vec()))
}

/// A guest with the daemons and kvmtime. Its chrony.conf is Debian's with this `makestep` and this source; its OpenNTPD,
/// which asks port 123 alone, has a server that is not there.
pub(crate) fn image(packages: &Unpacked, makestep: &str, source: &str) -> Result<Image, Lacking> {
    Ok(on(Image::linux()?, packages, makestep)?.file("/etc/chrony/sources.d/host.sources", source))
}

/// The same on a guest that is made, without the source.
pub(crate) fn on(image: Image, packages: &Unpacked, makestep: &str) -> Result<Image, Lacking> {
    let mut image = image.program(KVMTIME.as_ref())?;
    for program in PROGRAMS {
        image = image.packaged(packages, program)?;
    }
    let mut conf = fs::read_to_string(packages.path("usr/share/chrony/chrony.conf")).unwrap();
    for (old, new) in [("pool 2.debian.pool.ntp.org iburst", ""), ("makestep 1 3", makestep)] {
        assert!(conf.contains(old), "Debian's chrony.conf is without `{old}`:\n{conf}");
        conf = conf.replace(old, new);
    }
    Ok(image
        .file("/etc/passwd", USERS)
        .file("/etc/services", SERVICES)
        .file("/etc/chrony/chrony.conf", conf)
        .file("/etc/openntpd/ntpd.conf", "server 10.0.2.77\n"))
}
