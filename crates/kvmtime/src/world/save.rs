//! Files that somebody asked for by name: never written half.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this is the door")]

use std::ffi::CStr;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use kvmtime_sys::xattr;

use super::clock;

/// What a file has besides owner and mode: the label of SELinux, and an access list.
const ATTRIBUTES: [&CStr; 2] = [c"security.selinux", c"system.posix_acl_access"];

/// Writes a file, or leaves it as it was. One that is there is replaced by one of the same owner, mode and label; symbolic links stay.
///
/// # Errors
/// What the kernel says.
pub(crate) fn save(path: &Path, text: &str) -> io::Result<()> {
    let Some(path) = file(path)? else {
        // A pipe, a device, or what the shell has opened: there is nothing to be kept.
        return OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes());
    };
    let old = match fs::metadata(&path) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let new = folder.join(format!(".kvmtime-{}-{}", std::process::id(), clock::monotonic().0));
    // Who may not read the old one may not read the new one, not even for a moment.
    let mode = if old.is_some() { 0o600 } else { 0o666 };
    let mut made = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    let written = old
        .map_or(Ok(()), |old| keep(&path, &old, &new, &made))
        .and_then(|()| made.write_all(text.as_bytes()))
        .and_then(|()| made.sync_all())
        .and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    // It is whole either way; not every file system can tell when its name is safe.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    written
}

/// Gives a new file what an old one has besides its content.
fn keep(old: &Path, was: &Metadata, new: &Path, made: &File) -> io::Result<()> {
    let is = made.metadata()?;
    if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
        fchown(made, Some(was.uid()), Some(was.gid()))?;
    }
    made.set_permissions(Permissions::from_mode(was.mode() & 0o7777))?;
    for name in ATTRIBUTES {
        let (was, is) = (xattr::get(old, name)?, xattr::get(new, name)?);
        if let Some(value) = was.as_ref().filter(|_| was != is) {
            xattr::set(made.as_fd(), name, value)?;
        }
    }
    Ok(())
}

/// The file itself, behind symbolic links; nothing where something else is there, or where the way leads through the kernel's own
/// links, as that of /dev/stdout does.
fn file(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => return Ok(None),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut path = path.to_owned();
    // A link may lead to what is not there yet. The kernel has followed them all: there is no circle.
    loop {
        let folder = path.parent().unwrap_or(&path);
        if fs::canonicalize(folder).is_ok_and(|folder| folder.starts_with("/proc")) {
            return Ok(None);
        }
        match fs::read_link(&path) {
            Ok(to) => path = folder.join(to),
            Err(_) => return Ok(Some(path)),
        }
    }
}
