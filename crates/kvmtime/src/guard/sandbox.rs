//! Whether the daemon may do its work, tried before it begins: a sandbox that is too narrow shows at once, and not at night.

use std::io;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use kvmtime_sys::signals::Mailbox;
use kvmtime_sys::timer::Steps;

use super::Settings;
use crate::world::{plain, service};

/// A libvirtd that answers does so in less.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that is lacking.
pub(crate) struct Lacking {
    /// What, and in whose words.
    pub(crate) what: String,
    /// What may help.
    pub(crate) hint: &'static str,
}

/// All that is lacking.
pub(crate) fn lacking(settings: &Settings) -> Vec<Lacking> {
    let folder = |what: &str, file: &Option<_>, attempt: fn(&Path) -> io::Result<()>, hint| {
        let folder = file.as_deref().and_then(Path::parent)?;
        let error = attempt(folder).err()?;
        let what = format!("cannot {what} {}: {}", folder.display(), plain(&error));
        Some(Lacking { what, hint })
    };
    let timer = Steps::watch().err().map(|error| Lacking {
        what: format!("cannot watch the host's clock: {}", plain(&error)),
        hint: "the unit's SystemCallFilter= must allow timerfd_create and timerfd_settime (@timer)",
    });
    let history = folder(
        "write the history's folder",
        &settings.history,
        service::try_folder,
        "the unit's StateDirectory=kvmtime makes it, or ReadWritePaths= allows it",
    );
    let socket = folder(
        "make the status socket in",
        &settings.socket,
        service::try_socket,
        "the unit's RuntimeDirectory=kvmtime makes it; RestrictAddressFamilies= must allow AF_UNIX",
    );
    let libvirt = settings.connect.clone().and_then(soon);
    let nobody = settings.connect.is_none() && settings.monitors.is_empty();
    let nobody = nobody.then(|| Lacking {
        what: "there is nobody to guard".to_owned(),
        hint: "--connect names a libvirt, [[guard.monitors]] in the configuration QEMUs without one",
    });
    [timer, history, socket, libvirt, nobody].into_iter().flatten().collect()
}

/// A libvirtd that does not run, or hangs, may come; one that does not let the daemon work will not change its mind.
fn soon(uri: String) -> Option<Lacking> {
    let (tell, told) = channel();
    thread::spawn(move || {
        // It may outlast the start, and signals are for the guard.
        let _theirs = Mailbox::open(&super::SIGNALS);
        tell.send(libvirt(&uri))
    });
    told.recv_timeout(PATIENCE).ok().flatten()
}

#[cfg(feature = "libvirt")]
fn libvirt(uri: &str) -> Option<Lacking> {
    use kvmtime_sys::libvirt::{Connection, Error, code};

    let refused = |error: &Error| {
        let words = error.message.contains("Permission denied");
        error.is_denied() || words
    };
    let lacking = |what: String, hint| Some(Lacking { what, hint });
    let connection = match Connection::open(uri) {
        Ok(connection) => connection,
        Err(error) if refused(&error) => {
            return lacking(
                format!("cannot open {uri} for writing: {error}"),
                "run it as root or as a member of the group libvirt; the unit must not hide /run/libvirt, and RestrictAddressFamilies= must allow AF_UNIX",
            );
        }
        Err(error) if error.code == code::NO_LIBRARY => {
            return lacking(
                format!("cannot open {uri}: {error}"),
                "install libvirt's library (libvirt0, libvirt-libs), or guard QEMUs without it: --connect \"\" and [[guard.monitors]] in the configuration",
            );
        }
        Err(_) => return None,
    };
    // One that does not run answers best: whoever may not ask is told so before that.
    let first = connection.any()?;
    let asked = first.agent(r#"{"execute":"guest-ping"}"#, 1);
    let error = asked.err().filter(Error::is_denied)?;
    lacking(
        format!("may not ask the agents of {uri}: {error}"),
        "libvirt's access driver must allow org.libvirt.api.domain.write to the daemon's user",
    )
}

#[cfg(not(feature = "libvirt"))]
fn libvirt(uri: &str) -> Option<Lacking> {
    let what = format!("cannot open {uri}: this kvmtime is built without libvirt");
    Some(Lacking { what, hint: "install the package with libvirt, or name no libvirt" })
}
