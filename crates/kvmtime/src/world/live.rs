//! This machine, read.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this is the door")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

/// Logs grow without end; what concerns time now stands in the last megabytes.
const TAIL: u64 = 8 << 20;

/// Nothing that kvmtime reads is as large; what is has been named by mistake, or with intent.
const MOST: u64 = 256 << 20;

/// A program that does not answer within this time does not answer an administrator either.
const PATIENCE: Duration = Duration::from_secs(5);

/// The content of a file that nobody named: a pipe is not waited for.
///
/// # Errors
/// What the kernel says, or that it is too large.
pub(crate) fn read(path: impl AsRef<Path>) -> io::Result<String> {
    whole(file(path)?)
}

/// The end of a file, from the start of a line on.
pub(super) fn tail(path: impl AsRef<Path>) -> io::Result<String> {
    let mut file = file(path)?;
    let size = file.metadata()?.len();
    if size <= TAIL {
        return whole(file);
    }
    file.seek(SeekFrom::Start(size - TAIL))?;
    let text = whole(file)?;
    Ok(text.split_once('\n').map_or_else(String::new, |(_, lines)| lines.to_owned()))
}

/// Evidence may hold anything: without waiting, a pipe in it that nobody writes to is just empty.
fn file(path: impl AsRef<Path>) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

fn whole(file: File) -> io::Result<String> {
    let size = file.metadata()?.len();
    if size > MOST {
        return Err(io::Error::other(format!("it is larger than {} MiB", MOST >> 20)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok(text(bytes))
}

/// Bytes that are no UTF-8 must not hide the rest of a file.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

pub(super) fn names(path: impl AsRef<Path>) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(path)?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

pub(super) fn exists(path: impl AsRef<Path>) -> io::Result<()> {
    fs::metadata(path).map(|_| ())
}

pub(super) fn link(path: impl AsRef<Path>) -> io::Result<String> {
    fs::read_link(path).map(|target| target.to_string_lossy().into_owned())
}

/// What a program prints that may take as long as it needs, and how long it was on processors, seconds.
///
/// # Errors
/// When it cannot be run, or fails.
pub(crate) fn finish(command: &[&str]) -> io::Result<(String, f64)> {
    let [program, arguments @ ..] = command else {
        return Err(io::Error::other("no program"));
    };
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut printed = Vec::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_end(&mut printed)?;
    }
    let ended = kvmtime_sys::process::wait(child.id())?;
    match ended.status {
        Some(0) => Ok((text(printed), ended.cpu_us as f64 / 1e6)),
        Some(status) => Err(io::Error::other(format!("it ended with exit status {status}"))),
        None => Err(io::Error::other("a signal ended it")),
    }
}

pub(super) fn run(command: &[&str]) -> io::Result<String> {
    let [program, arguments @ ..] = command else {
        return Err(io::Error::other("no program"));
    };
    // To look along PATH costs less than a process that finds nothing there.
    if !is_on_path(program) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let id = child.id();
    let (done, wait) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    let output = wait.recv_timeout(PATIENCE).map_err(|_| {
        kvmtime_sys::process::end(id);
        io::Error::other(format!("no answer within {} s", PATIENCE.as_secs()))
    })??;
    if output.status.success() {
        return Ok(text(output.stdout));
    }
    let said = text(if output.stderr.is_empty() { output.stdout } else { output.stderr });
    Err(io::Error::other(said.lines().next().unwrap_or("it failed without a word").to_owned()))
}

/// That these folders hold something, and that the files of this name in a folder of theirs, if there are any, are not all
/// closed.
pub(super) fn is_readable(folders: &[&str], name: &str) -> io::Result<()> {
    let (mut there, mut closed) = (false, None);
    for folder in folders {
        for holds in names(folder).unwrap_or_default() {
            there = true;
            match file(format!("{folder}/{holds}/{name}")) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    closed = Some(error);
                }
                Err(_) => {}
            }
        }
    }
    match closed {
        Some(error) => Err(error),
        None if there => Ok(()),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH");
    path.is_none_or(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()))
}

/// Opens a device or file, for reading only.
///
/// # Errors
/// What the kernel says.
pub(crate) fn open(path: &str) -> io::Result<OwnedFd> {
    File::open(path).map(Into::into)
}

/// What is in the memory of a process, which must be one's own or traced.
///
/// # Errors
/// What the kernel says.
pub(crate) fn memory(pid: u32, range: Range<u64>) -> io::Result<Vec<u8>> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    File::open(format!("/proc/{pid}/mem"))?.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes)
}

/// The threads of a process.
///
/// # Errors
/// When there is no such process.
pub(crate) fn threads(pid: u32) -> io::Result<Vec<u32>> {
    let names = names(format!("/proc/{pid}/task"))?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// Whether root runs the program.
pub(super) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Makes a folder, and those above it.
///
/// # Errors
/// What the kernel says.
#[cfg(feature = "history")]
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Whether something is there, for the decision whether to ask it at all.
pub(crate) fn is_there(path: &str) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The number in a file of sysfs.
///
/// # Errors
/// When it cannot be read, or is no number.
pub(crate) fn number(path: &str) -> io::Result<i64> {
    read(path)?.trim().parse().map_err(io::Error::other)
}

/// A file that is read again and again: opening it takes as long as reading it.
pub(crate) struct Kept {
    file: File,
    bytes: Vec<u8>,
}

impl Kept {
    /// Opens it; `room` is as much of it as is read.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn open(path: &str, room: usize) -> io::Result<Self> {
        Ok(Self { file: file(path)?, bytes: vec![0; room] })
    }

    /// What it says now: sysfs and procfs ask anew for what stands at the beginning.
    ///
    /// # Errors
    /// What the kernel says.
    pub(crate) fn read(&mut self) -> io::Result<&str> {
        let length = self.file.read_at(&mut self.bytes, 0)?;
        std::str::from_utf8(&self.bytes[..length]).map_err(io::Error::other)
    }

    /// The number that it is now.
    ///
    /// # Errors
    /// When it cannot be read, or is no number.
    pub(crate) fn number(&mut self) -> io::Result<i64> {
        self.read()?.trim().parse().map_err(io::Error::other)
    }
}

/// An environment variable; an empty one is as none.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

/// Seconds since the epoch, by the system clock.
pub(crate) fn epoch_seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The processes whose name begins with one of these, as `ps -eo pid,args` lists them.
///
/// # Errors
/// When `/proc` cannot be read.
pub(crate) fn processes(wanted: &[&str]) -> io::Result<String> {
    /// `TASK_COMM_LEN`, include/linux/sched.h, without its NUL.
    const COMM: usize = 15;
    let mut list = "    PID COMMAND\n".to_owned();
    let mut comm = [0; COMM];
    for pid in names("/proc")?.iter().filter(|name| name.bytes().all(|b| b.is_ascii_digit())) {
        // A process may go away between one line and the next.
        let file = File::open(format!("/proc/{pid}/comm"));
        let Ok(length) = file.and_then(|mut file| file.read(&mut comm)) else { continue };
        let named =
            |name: &&str| comm[..length].starts_with(&name.as_bytes()[..name.len().min(COMM)]);
        if !wanted.iter().any(named) {
            continue;
        }
        let arguments = read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = arguments.trim_end_matches('\0').replace(['\0', '\n'], " ");
        list.push_str(&format!("{pid:>7} {command}\n"));
    }
    Ok(list)
}

/// What is looked at in a folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entry {
    /// A folder of evidence.
    Evidence(PathBuf),
    /// A file.
    File(PathBuf),
}

/// What a path on the command line turned out to be.
pub(crate) enum Input {
    /// A file's content.
    File(String),
    /// A folder of evidence.
    Evidence,
    /// Any other folder: every `*.xml` below it and the folders of evidence directly in it, sorted.
    Folder(Vec<Entry>),
}

/// Looks at a path that was named on the command line; `-` is standard input.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn input(path: &Path) -> io::Result<Input> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(Input::File(text(bytes)));
    }
    match File::open(path).and_then(whole) {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {}
        read => return read.map(Input::File),
    }
    if super::is_evidence(path) {
        return Ok(Input::Evidence);
    }
    let root = fs::canonicalize(path)?;
    let mut entries = Vec::new();
    look_into(&root, path, true, &mut entries);
    entries.sort();
    Ok(Input::Folder(entries))
}

/// Links to folders are not followed: they may lead round in a circle. Nor are links to what is below the folder anyway,
/// as libvirt's `autostart/NAME.xml`. A folder that cannot be looked into is listed itself: who reads it learns why.
/// Evidence lies directly in the folder that was named; further down `etc` and `sys` are names like others.
fn look_into(root: &Path, folder: &Path, named: bool, all: &mut Vec<Entry>) {
    let known = |link: &Path| {
        fs::canonicalize(link).is_ok_and(|target| target.starts_with(root) && is_xml(&target))
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return all.push(Entry::File(folder.to_owned()));
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && named && super::is_evidence(&path) {
            all.push(Entry::Evidence(path));
        } else if kind.is_dir() {
            look_into(root, &path, false, all);
        } else if is_xml(&path) && !(kind.is_symlink() && known(&path)) {
            all.push(Entry::File(path));
        }
    }
}

fn is_xml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "xml")
}
