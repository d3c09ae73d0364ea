//! Packages of any release of Debian, each in a folder of its own: nothing is installed.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lacking::{Lacking, program};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const PACKAGES: [&str; 3] = ["qemu-system-x86", "libvirt-daemon-driver-qemu", "libvirt-clients"];

/// QEMU and libvirt of a release.
pub(crate) fn virtualisation(suite: &str) -> Result<PathBuf, Lacking> {
    unpacked(suite, suite, &PACKAGES)
}

/// QEMU of a release, to be given options.
pub(crate) fn qemu(suite: &str) -> Result<Command, Lacking> {
    let root = virtualisation(suite)?;
    let mut qemu = Command::new(root.join("usr/lib64/ld-linux-x86-64.so.2"));
    qemu.arg("--library-path").arg(root.join("usr/lib/x86_64-linux-gnu"));
    qemu.arg(root.join("usr/bin/qemu-system-x86_64"));
    for firmware in ["seabios", "qemu"] {
        qemu.arg("-L").arg(root.join("usr/share").join(firmware));
    }
    Ok(qemu)
}

/// Packages of a release with all that they need, in the folder of this name. What was fetched is kept for the next run.
pub(crate) fn unpacked(name: &str, suite: &str, packages: &[&str]) -> Result<PathBuf, Lacking> {
    program("apt-get", "apt")?;
    program("dpkg-deb", "dpkg")?;
    if !Path::new(KEYRING).exists() {
        return Err(Lacking::Impossible(format!("{KEYRING}: this is no Debian")));
    }
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Tests run side by side, and one of them fetches.
    let lock = File::create(tmp.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let root = tmp.join(name);
    if !root.exists() {
        let folder = tempfile::tempdir_in(tmp).unwrap();
        unpack(&fetch(folder.path(), suite, packages)?, &folder.path().join("root"));
        std::fs::rename(folder.path().join("root"), &root).unwrap();
    }
    Ok(root)
}

/// Asks apt with settings of our own, so that the machine's sources and lists stay as they are.
fn fetch(folder: &Path, suite: &str, packages: &[&str]) -> Result<PathBuf, Lacking> {
    let at = |path: &str| folder.join(path);
    for path in ["etc", "state/lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(at(path)).unwrap();
    }
    std::fs::write(at("state/status"), "").unwrap();
    let source = format!("deb [signed-by={KEYRING}] {} {suite} main\n", archive()?);
    std::fs::write(at("etc/sources.list"), source).unwrap();
    // Only sid's list says until when it holds, and a mirror may be older; its signature is what counts.
    let settings = format!(
        "Dir::Etc \"{0}/etc\";\nDir::Etc::sourcelist \"sources.list\";\nDir::Etc::sourceparts \"-\";\n\
         Dir::State \"{0}/state\";\nDir::State::status \"{0}/state/status\";\nDir::Cache \"{0}/cache\";\n\
         APT::Install-Recommends \"false\";\nAPT::Architecture \"amd64\";\nAcquire::Languages \"none\";\n\
         APT::Sandbox::User \"root\";\n\
         Acquire::Check-Valid-Until \"false\";\n",
        folder.display()
    );
    std::fs::write(at("apt.conf"), settings).unwrap();
    let mut install = vec!["install", "--yes", "--download-only"];
    install.extend(packages);
    for arguments in [vec!["update"], install] {
        let apt =
            Command::new("apt-get").args(&arguments).env("APT_CONFIG", at("apt.conf")).output();
        let apt = apt.unwrap();
        if !apt.status.success() {
            let said = String::from_utf8_lossy(&apt.stderr);
            let last = said.lines().last().unwrap_or_default();
            let what = format!("packages of Debian {suite} ({last})");
            // Old releases leave the archive some day.
            let gone = said.contains("does not have a Release file");
            let lacking = if gone { Lacking::Impossible } else { Lacking::Obtainable };
            return Err(lacking(what));
        }
    }
    Ok(at("cache/archives"))
}

/// The archive that this machine takes its own release from, not its updates.
fn archive() -> Result<String, Lacking> {
    let format = ["indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"];
    let known = Command::new("apt-get").args(format).output().unwrap();
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let lines = known.lines().filter_map(|line| line.split_once(' '));
    let own =
        lines.filter(|(_, release)| !release.contains('-')).map(|(uri, _)| uri.to_owned()).next();
    own.ok_or_else(|| Lacking::Obtainable("apt's lists (apt-get update)".to_owned()))
}

fn unpack(archives: &Path, root: &Path) {
    for entry in std::fs::read_dir(archives).unwrap() {
        let package = entry.unwrap().path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            let done = Command::new("dpkg-deb").arg("--extract").arg(package).arg(root).status();
            assert!(done.unwrap().success());
        }
    }
    // What the packages' scripts would have made.
    for (link, to) in [("bin", "usr/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")] {
        if !root.join(link).exists() {
            std::os::unix::fs::symlink(to, root.join(link)).unwrap();
        }
    }
    for (file, text) in [
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\nlibvirt-qemu:x:64055:64055::/:/bin/sh\n"),
        ("etc/group", "root:x:0:\nkvm:x:104:\nlibvirt-qemu:x:64055:\n"),
    ] {
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::fs::write(root.join(file), text).unwrap();
    }
    std::fs::create_dir_all(root.join("run")).unwrap();
}
