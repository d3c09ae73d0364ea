//! An initramfs: a cpio archive of the kind "newc" (Linux `Documentation/driver-api/early-userspace/buffer-format.rst`).

use std::collections::BTreeSet;
use std::path::Path;

/// File types of `st_mode` (inode(7)).
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// Files of root, to be unpacked by a kernel.
#[derive(Clone, Default)]
pub(crate) struct Archive {
    bytes: Vec<u8>,
    paths: BTreeSet<String>,
    count: u32,
}

impl Archive {
    /// Adds a file that everybody may read and run, unless there is one already, and the folders above it.
    pub(crate) fn file(&mut self, path: &str, content: &[u8]) {
        if self.paths.insert(path.to_owned()) {
            self.folder(Path::new(path).parent());
            self.entry(path, FILE | 0o755, content);
        }
    }

    /// Adds a symbolic link.
    pub(crate) fn link(&mut self, path: &str, target: &str) {
        if self.paths.insert(path.to_owned()) {
            self.folder(Path::new(path).parent());
            self.entry(path, LINK | 0o777, target.as_bytes());
        }
    }

    /// Adds a folder and those above it.
    pub(crate) fn folder(&mut self, path: Option<&Path>) {
        let Some(path) = path.filter(|path| *path != Path::new("/")) else { return };
        let name = path.to_string_lossy().into_owned();
        if self.paths.insert(name.clone()) {
            self.folder(path.parent());
            self.entry(&name, FOLDER | 0o755, b"");
        }
    }

    /// The archive as a kernel reads it.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, b"");
        self.bytes
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.count += 1;
        let path = path.trim_start_matches('/');
        let [size, name] = [content.len(), path.len() + 1].map(|n| u32::try_from(n).unwrap());
        // inode, mode, uid, gid, links, mtime, size, device, special device, length of the name, checksum
        let fields = [self.count, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name, 0];
        self.bytes.extend(b"070701");
        self.bytes.extend(fields.iter().flat_map(|field| format!("{field:08x}").into_bytes()));
        self.padded(&[path.as_bytes(), b"\0"].concat());
        self.padded(content);
    }

    /// Name and content end at a multiple of four bytes.
    fn padded(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}
