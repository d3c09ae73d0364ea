//! The kernel's own tests of timers and of the vDSO, from Debian's package of its source: how long they take.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};

/// A test's folder and name, and what it is compiled with. Of `timers` these are the ones that its Makefile calls safe: they neither step
/// the clock nor switch the clocksource. `rtcpie` needs an RTC and says nothing of clocks.
const TESTS: [(&str, &str, &[&str]); 11] = [
    ("timers", "posix_timers", &[]),
    ("timers", "nanosleep", &[]),
    ("timers", "nsleep-lat", &[]),
    ("timers", "set-timer-lat", &[]),
    ("timers", "mqueue-lat", &[]),
    ("timers", "inconsistency-check", &[]),
    ("timers", "raw_skew", &[]),
    ("timers", "threadtest", &[]),
    ("vDSO", "vdso_test_abi", &["parse_vdso.c"]),
    ("vDSO", "vdso_test_gettimeofday", &["parse_vdso.c"]),
    ("vDSO", "vdso_test_correctness", &[]),
];

/// How a test ended, and the seconds that it took.
pub(super) struct Ran {
    pub(super) name: &'static str,
    pub(super) passed: bool,
    pub(super) seconds: f64,
}

/// Fetches, compiles and runs them, one after the other.
pub(super) fn run() -> anyhow::Result<Vec<Ran>> {
    let source = source()?;
    let folder = tempfile::tempdir()?;
    TESTS
        .iter()
        .map(|(group, name, more)| {
            let made = folder.path().join(name);
            let mut cc = Command::new("cc");
            cc.args(["-O2", "-w", "-o"]).arg(&made).arg(format!("{name}.c")).args(*more);
            cc.args(["-lrt", "-lpthread", "-lm", "-ldl"]).current_dir(source.join(group));
            ensure!(cc.status().context("cannot run cc")?.success(), "cc does not compile {name}");
            let start = Instant::now();
            let mut test = Command::new(&made);
            test.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
            let status = test.stderr(Stdio::null()).status()?;
            Ok(Ran { name, passed: status.success(), seconds: start.elapsed().as_secs_f64() })
        })
        .collect()
}

/// The folder `tools/testing/selftests`, kept below Cargo's target folder.
fn source() -> anyhow::Result<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or(crate::root().join("target"), PathBuf::from);
    let kept = target.join("selftests");
    if !kept.exists() {
        std::fs::create_dir_all(&target)?;
        let here = tempfile::tempdir_in(&target)?;
        fetch(here.path())?;
        std::fs::rename(here.path().join("selftests"), &kept)?;
    }
    Ok(kept)
}

/// `linux-source` only depends on the package that holds it.
fn fetch(folder: &Path) -> anyhow::Result<()> {
    let script = "package=$(apt-cache depends linux-source | sed -n 's/ *Depends: //p')
        apt-get -q -o APT::Sandbox::User=root download \"$package\"
        dpkg-deb --fsys-tarfile linux-source*.deb | tar xO --wildcards './usr/src/*.tar.xz' |
            tar xJ --strip-components=3 --wildcards '*/tools/testing/selftests'";
    let mut shell = Command::new("sh");
    shell.args(["-ec", script]).current_dir(folder).stdout(Stdio::null());
    ensure!(shell.status()?.success(), "the package linux-source cannot be fetched");
    Ok(())
}
