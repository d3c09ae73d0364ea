//! What libvirt itself makes of domains: its arguments, and its words where it refuses.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::debian;
use crate::lacking::{Lacking, program};

/// A libvirt with its QEMU.
pub(crate) struct Libvirt {
    /// Its root folder, unless it is the machine's own.
    pub(crate) root: Option<PathBuf>,
    pub(crate) folder: tempfile::TempDir,
}

/// What it says of one domain.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What `domxml-to-native` prints.
    pub(crate) native: Result<Vec<String>, String>,
    /// Whether it can be defined.
    pub(crate) defined: bool,
}

/// All that was asked in one session.
pub(crate) struct Session {
    pub(crate) version: String,
    pub(crate) capabilities: String,
    pub(crate) answers: BTreeMap<String, Answer>,
}

/// Where libvirt's driver, which runs inside virsh, keeps its things.
const DRIVER: &str = "driver";

impl Libvirt {
    /// The machine's own.
    pub(crate) fn installed() -> Result<Self, Lacking> {
        program("virsh", "libvirt-clients")?;
        program("qemu-system-x86_64", "qemu-system-x86")?;
        // The driver is a part of the daemon's package.
        program("libvirtd", "libvirt-daemon-system")?;
        Self::within(None)
    }

    /// That of a release of Debian.
    pub(crate) fn of(suite: &str) -> Result<Self, Lacking> {
        Self::within(Some(debian::virtualisation(suite)?))
    }

    fn within(root: Option<PathBuf>) -> Result<Self, Lacking> {
        use std::os::unix::fs::MetadataExt;
        if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
            return Err(Lacking::Obtainable("root: libvirt asks QEMU about KVM".to_owned()));
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let etc = folder.path().join(DRIVER).join("etc");
        std::fs::create_dir_all(&etc).unwrap();
        // As another user QEMU may not open /dev/kvm, and libvirt would probe anew for every domain.
        std::fs::write(etc.join("qemu.conf"), "user = \"root\"\ngroup = \"root\"\n").unwrap();
        Ok(Self { root, folder })
    }

    /// Writes the domains into a folder.
    pub(crate) fn write(&self, domains: &[crate::domains::Domain]) -> PathBuf {
        let folder = self.folder.path().join("domains");
        std::fs::create_dir_all(&folder).unwrap();
        for domain in domains {
            std::fs::write(folder.join(format!("{}.xml", domain.name)), &domain.xml).unwrap();
        }
        folder
    }

    /// Asks for its versions, its view of the host, and every domain in one session.
    pub(crate) fn ask(&self, names: &[&str], zone: &str) -> Session {
        let mut script = "echo @version\nversion\necho @capabilities\ncapabilities\n".to_owned();
        let seen = match self.root {
            Some(_) => Path::new("/w"),
            None => self.folder.path(),
        };
        let files = seen.join("domains");
        for name in names {
            let file = files.join(format!("{name}.xml"));
            let file = file.display();
            script.push_str(&format!(
                "echo @{name}\ndomxml-to-native qemu-argv {file}\necho @define\ndefine {file}\n"
            ));
        }
        let said = self.virsh(&script, seen, zone);
        read(&said)
    }

    fn virsh(&self, script: &str, seen: &Path, zone: &str) -> String {
        let (asked, said) = (self.folder.path().join("asked"), self.folder.path().join("said"));
        std::fs::write(&asked, script).unwrap();
        let out = File::create(&said).unwrap();
        let uri = format!("qemu:///embed?root={}/{DRIVER}", seen.display());
        let mut command = match &self.root {
            None => Command::new("virsh"),
            Some(root) => {
                let mut inside = Command::new("unshare");
                inside.args(["--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c"]);
                inside.arg(include_str!("inside")).arg("inside").arg(root).arg(self.folder.path());
                inside
            }
        };
        command.args(["--connect", &uri]).env_clear().env("LC_ALL", "C").env("TZ", zone);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.stdin(File::open(&asked).unwrap());
        command.stdout(Stdio::from(out.try_clone().unwrap())).stderr(Stdio::from(out));
        command.status().unwrap();
        std::fs::read_to_string(&said).unwrap()
    }
}

/// Splits a session at its marks.
fn read(said: &str) -> Session {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in said.lines() {
        // virsh repeats what it reads, with its prompt.
        if line.starts_with("virsh # ") {
            continue;
        }
        match (line.strip_prefix('@'), parts.last_mut()) {
            (Some(mark), _) => parts.push((mark.to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    let text = |mark: &str| {
        let found = parts.iter().find(|(name, _)| name == mark);
        found.unwrap_or_else(|| panic!("libvirt does not answer: {said}")).1.clone()
    };
    let answers = parts.chunk_by(|_, next| next.0 == "define").filter_map(|chunk| match chunk {
        [(name, native), (_, define)] => {
            let answer = Answer { native: native_of(native), defined: !define.contains("error: ") };
            Some((name.clone(), answer))
        }
        _ => None,
    });
    Session {
        version: text("version"),
        capabilities: text("capabilities"),
        answers: answers.collect(),
    }
}

fn native_of(text: &str) -> Result<Vec<String>, String> {
    match text.lines().find_map(|line| line.strip_prefix("error: ")) {
        Some(error) => Err(error.to_owned()),
        None => Ok(words(text.trim())),
    }
}

/// libvirt quotes for a shell, with single quotes alone.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (number, part) in text.split('\'').enumerate() {
        if number % 2 == 1 {
            words.last_mut().unwrap().push_str(part);
            continue;
        }
        let mut pieces = part.split(' ');
        words.last_mut().unwrap().push_str(pieces.next().unwrap());
        words.extend(pieces.map(str::to_owned));
    }
    words
}
