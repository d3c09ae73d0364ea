//! Makes the machines of `tests/machines` anew: `cargo test -p kvmtime --test evidence -- --ignored NAME`, as root.
//!
//! Each is a Debian as it is installed, booted by QEMU; `kvmtime capture` runs in it as its last program. It takes minutes,
//! and what comes out is to be read, not just committed: it differs in every number.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests run programs"
)]

mod guests;
mod lacking;
mod ntp;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use guests::{Guest, Root};
use lacking::Lacking;

const CAPTURE: &str = "\nkvmtime capture captured\n";

/// A server of this machine's time on the port that all but chronyd insist on.
const PORT: u16 = 123;

/// Where a machine is kept.
fn machine(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines").join(name)
}

/// kvmtime as one file that runs in any Linux.
fn kvmtime(arch: &str) -> Vec<u8> {
    let target = format!("{arch}-unknown-linux-musl");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("static");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "kvmtime", "--no-default-features", "--target", &target]);
    cargo.arg("--target-dir").arg(&folder).env("RUSTFLAGS", "-Clinker=rust-lld -Cdebuginfo=0");
    assert!(cargo.status().unwrap().success(), "`rustup target add {target}` may help");
    fs::read(folder.join(target).join("debug/kvmtime")).unwrap()
}

/// A Debian with kvmtime and the cloud kernel.
fn debian(name: &str, suite: &str, packages: &[&str]) -> Root {
    let root = Root::debian(name, suite, "amd64", "linux-image-cloud-amd64", packages);
    given(root).file("/usr/bin/kvmtime", kvmtime("x86_64"))
}

fn given<T>(found: Result<T, Lacking>) -> T {
    found.unwrap_or_else(|lacking| panic!("this needs {lacking}"))
}

/// Keeps what was captured in a guest.
fn keep(name: &str, guest: Guest) {
    let results = guest.results();
    // git keeps no empty folder, and whether one is there tells something.
    let copy = "rm -rf $1 && mkdir -p $1 && cp -r captured/. $1 && find $1 -type d -empty -exec touch '{}/.keep' \\;";
    let mut shell = Command::new("sh");
    shell.args(["-ec", copy, "sh"]).arg(machine(name)).current_dir(results.path());
    assert!(shell.status().unwrap().success());
}

/// A channel for the guest agent, as virt-install adds one.
const AGENT: [&str; 6] = [
    "-device",
    "virtio-serial",
    "-chardev",
    "null,id=agent",
    "-device",
    "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
];

/// Until chronyd has set the clock, and may not step it any more.
const CHRONY: &str = "until chronyc waitsync 1 0.01; do sleep 1; done\nsleep 20\n";
const NTPD: &str = "until ntpq -pn | grep -q '^[*]'; do sleep 1; done\nsleep 20\n";
const SERVER: &str = "server 10.0.2.2 iburst\n";

/// The configuration of a package, with the host instead of the pool.
fn without_pool(root: Root, path: &str, server: &str) -> Root {
    let conf = fs::read_to_string(root.folder().join(path.trim_start_matches('/'))).unwrap();
    let own = conf
        .lines()
        .filter(|line| !["pool ", "servers "].iter().any(|pool| line.starts_with(pool)));
    let conf = own.collect::<Vec<_>>().join("\n") + "\n" + server;
    root.file(path, conf)
}

/// One for all that run at the same time.
fn server() -> Arc<ntp::Server> {
    static SERVER: Mutex<Weak<ntp::Server>> = Mutex::new(Weak::new());
    let mut shared = SERVER.lock().unwrap();
    let server = shared.upgrade();
    let start = || Arc::new(ntp::Server::at(&given(ntp::packages()), PORT));
    let server = server.unwrap_or_else(start);
    *shared = Arc::downgrade(&server);
    server
}

/// On busy CPUs an emulated TSC is too late for the kernel's watchdog, which gives it up: that is of no such machine's own.
const CALM: &str = "tsc=nowatchdog no_timer_check";

/// Boots a machine that has a server, does this in it, and keeps what is captured then.
fn make(name: &str, root: Root, cmdline: &str, job: &str) {
    let root = root.file("/job", [job, CAPTURE].concat());
    let _server = server();
    let mut qemu = given(root.qemu());
    qemu.args(AGENT);
    keep(name, root.boot(qemu, cmdline));
}

#[test]
#[ignore = "makes evidence"]
fn bookworm_chrony() {
    let root = debian("bookworm", "bookworm", &["chrony", "busybox-static"]);
    make("bookworm-chrony", without_pool(root, "/etc/chrony/chrony.conf", SERVER), CALM, CHRONY);
}

#[test]
#[ignore = "makes evidence"]
fn bookworm_openntpd() {
    let root = debian("openntpd", "bookworm", &["openntpd"]);
    let root = without_pool(root, "/etc/openntpd/ntpd.conf", "server 10.0.2.2\n");
    let job = "until ntpctl -s status | grep -q 'clock synced'; do sleep 5; done\n";
    make("bookworm-openntpd", root, CALM, job);
}

#[test]
#[ignore = "makes evidence"]
fn bullseye_ntp() {
    let root = debian("bullseye", "bullseye", &["ntp"]);
    make("bullseye-ntp", without_pool(root, "/etc/ntp.conf", SERVER), CALM, NTPD);
}

#[test]
#[ignore = "makes evidence"]
fn trixie_ntpsec() {
    let root = debian("ntpsec", "trixie", &["ntpsec", "ntpsec-ntpdate"]);
    make("trixie-ntpsec", without_pool(root, "/etc/ntpsec/ntp.conf", SERVER), CALM, NTPD);
}

#[test]
#[ignore = "makes evidence"]
fn trixie_timesyncd() {
    let root = debian("trixie", "trixie", &["systemd-timesyncd", "libpam-systemd"]);
    let root = root.file("/etc/systemd/timesyncd.conf.d/host.conf", "[Time]\nNTP=10.0.2.2\n");
    let job = "until timedatectl show -p NTPSynchronized | grep -q yes; do sleep 1; done\n";
    make("trixie-timesyncd", root, CALM, job);
}

/// chronyd of Debian steps three times at most, and this machine stands still after that.
#[test]
#[ignore = "makes evidence"]
fn bookworm_paused() {
    let root = debian("bookworm", "bookworm", &["chrony", "busybox-static"]);
    let root = without_pool(root, "/etc/chrony/chrony.conf", SERVER);
    let job = [CHRONY, "sleep 60\necho pause me\nsleep 150\n", CAPTURE].concat();
    let root = root.file("/job", job);
    let _server = server();
    let mut guest = root.boot(given(root.qemu()), CALM);
    guest.says("pause me");
    guest.pause(Duration::from_secs(180));
    keep("bookworm-paused", guest);
}

/// Advice from ten years of web pages, all at once.
#[test]
#[ignore = "makes evidence"]
fn bookworm_sick() {
    let root = debian("bookworm", "bookworm", &["chrony", "busybox-static"]);
    let root = without_pool(root, "/etc/chrony/chrony.conf", SERVER);
    let cmdline = "clocksource=acpi_pm notsc divider=10 lpj=4000000 no-kvmclock no-steal-acc clocksource_failover=hpet";
    make("bookworm-sick", root, cmdline, CHRONY);
}

/// QEMU knows the device from 10.0 on, the kernel from 6.13 on.
#[test]
#[ignore = "makes evidence"]
fn sid_vmclock() {
    let root = debian("sid", "sid", &["chrony"]);
    let root = without_pool(root, "/etc/chrony/chrony.conf", SERVER);
    let root = root.file("/job", [CHRONY, CAPTURE].concat());
    let _server = server();
    let packages = given(Root::unpacked("qemu10", "trixie", "qemu-system-x86"));
    let mut qemu = Command::new(packages.join("usr/lib64/ld-linux-x86-64.so.2"));
    qemu.arg("--library-path").arg(packages.join("usr/lib/x86_64-linux-gnu"));
    qemu.arg(packages.join("usr/bin/qemu-system-x86_64"));
    for firmware in ["seabios", "qemu"] {
        qemu.arg("-L").arg(packages.join("usr/share").join(firmware));
    }
    qemu.args(["-m", "2048", "-serial", "stdio", "-serial", guests::RESULTS]);
    qemu.args(["-device", "vmclock"]).args(AGENT);
    keep("sid-vmclock", root.boot(qemu, CALM));
}

/// Its programs cannot run here, so that nothing of it is installed: its daemon is started by hand.
#[test]
#[ignore = "makes evidence"]
fn trixie_arm64() {
    let packages = [
        "chrony",
        "base-passwd",
        "base-files",
        "bash",
        "dash",
        "coreutils",
        "grep",
        "sed",
        "tar",
        "mount",
        "util-linux",
        "procps",
    ];
    let root =
        given(Root::debian("arm64", "trixie", "arm64", "linux-image-cloud-arm64", &packages));
    let read = |path: &str| fs::read_to_string(root.folder().join(path)).unwrap();
    let passwd = read("usr/share/base-passwd/passwd.master")
        + "_chrony:x:101:101::/var/lib/chrony:/bin/false\n";
    let group = read("usr/share/base-passwd/group.master") + "_chrony:x:101:\n";
    let conf = read("usr/share/chrony/chrony.conf");
    let conf =
        conf.lines().filter(|line| !line.starts_with("pool ")).collect::<Vec<_>>().join("\n");
    let start = "mkdir -p /var/lib/chrony /var/log/chrony\nchown _chrony /var/lib/chrony /var/log/chrony\nchronyd -F 1\n";
    let root = root
        .file("/etc/passwd", passwd)
        .file("/etc/group", group)
        .file("/etc/chrony/chrony.conf", format!("{conf}\n{SERVER}"))
        .file("/usr/bin/kvmtime", kvmtime("aarch64"));
    make("trixie-arm64", root, CALM, &[start, CHRONY].concat());
}

/// A host that is a guest itself: QEMU emulates AMD's virtualisation, and KVM in there runs a machine of its own.
#[test]
#[ignore = "makes evidence"]
fn bookworm_host() {
    let packages = ["chrony", "libvirt-daemon-system", "libvirt-clients", "qemu-system-x86"];
    let root = Root::debian("host", "bookworm", "amd64", "linux-image-amd64", &packages);
    let mut root = without_pool(given(root), "/etc/chrony/chrony.conf", SERVER);
    let mut define = String::new();
    for name in ["web01", "buster"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/libvirtd/domains/{name}.xml"));
        root = root.file(&format!("/root/{name}.xml"), fs::read(path).unwrap());
        define.push_str(&format!("virsh define /root/{name}.xml\n"));
    }
    // The very program that is tested, which asks libvirt.
    root = root.file("/usr/bin/kvmtime", fs::read(report::KVMTIME).unwrap());
    root = root.file("/root/plain.xml", PLAIN);
    let job = format!(
        "{CHRONY}systemctl start libvirtd\nls -l /dev/kvm\n{define}virsh create /root/plain.xml\nvirsh list --all\n{CAPTURE}"
    );
    let root = root.file("/job", job);
    let _server = server();
    let mut qemu = given(root.qemu());
    qemu.args(["-cpu", "qemu64,+svm,+npt,+nrip-save", "-m", "6144"]);
    keep("bookworm-host", root.boot(qemu, CALM));
}

/// A machine without a disk, which its firmware runs.
const PLAIN: &str = "\
<domain type='kvm'>
  <name>plain</name>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><apic/></features>
  <clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>
  <devices>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
  </devices>
</domain>
";

/// A disk of a machine that does not run, of which only what a check reads is kept.
#[test]
#[ignore = "makes evidence"]
fn bullseye_root() {
    let root =
        given(Root::debian("bullseye", "bullseye", "amd64", "linux-image-cloud-amd64", &["ntp"]));
    let machine = machine("bullseye-root");
    let _ = fs::remove_dir_all(&machine);
    fs::create_dir_all(&machine).unwrap();
    let kept = "tar c lib etc/os-release usr/lib/os-release etc/default etc/systemd etc/ntp.conf usr/lib/systemd/system/*ntp* \
        usr/lib/modules/*/modules.builtin | tar x -C \"$0\"";
    let mut copy = Command::new("sh");
    copy.current_dir(root.folder()).args(["-c", kept]).arg(&machine);
    assert!(copy.status().unwrap().success());
}
