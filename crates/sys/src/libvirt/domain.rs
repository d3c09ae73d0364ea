//! A domain.

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::ptr::null_mut;

use super::calls::{Calls, Ptr, QemuCalls, text};
use super::connection::{Connection, Named};
use super::error::Error;
use super::state::{Reason, State};

/// `VIR_UUID_STRING_BUFLEN` (libvirt-host.h).
const UUID_LENGTH: usize = 37;

/// A domain, which keeps its connection open.
pub struct Domain {
    connection: Connection,
    pointer: Ptr,
}

// SAFETY: as of the connection.
unsafe impl Send for Domain {}
// SAFETY: as of the connection.
unsafe impl Sync for Domain {}

impl Drop for Domain {
    fn drop(&mut self) {
        // SAFETY: the domain is ours, and is not used again; its connection is closed after it.
        unsafe { (self.calls().virDomainFree)(self.pointer) };
    }
}

impl Domain {
    /// What libvirt returned, and is ours to free.
    pub(super) fn of(connection: &Connection, pointer: Ptr) -> Result<Self, Error> {
        if pointer.is_null() {
            return Err(connection.calls().error());
        }
        Ok(Self { connection: connection.clone(), pointer })
    }

    pub(super) fn calls(&self) -> &'static Calls {
        self.connection.calls()
    }

    /// Lives as long as this value.
    pub(super) fn pointer(&self) -> Ptr {
        self.pointer
    }

    /// `virDomainGetName`.
    pub fn name(&self) -> String {
        // SAFETY: the domain is live.
        unsafe { name_of(self.calls(), self.pointer) }
    }

    /// `virDomainGetUUIDString`.
    pub fn uuid(&self) -> String {
        // SAFETY: the domain is live.
        unsafe { uuid_of(self.calls(), self.pointer) }
    }

    /// What it is called.
    pub fn named(&self) -> Named {
        Named { name: self.name(), uuid: self.uuid() }
    }

    /// `virDomainGetState`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn state(&self) -> Result<(State, Reason), Error> {
        let (mut state, mut reason) = (0, 0);
        // SAFETY: the domain is live; the call writes two numbers.
        self.calls().number(unsafe {
            (self.calls().virDomainGetState)(self.pointer, &raw mut state, &raw mut reason, 0)
        })?;
        Ok((State::of(0, state), Reason::of(state, reason)))
    }

    /// `virDomainSuspend`: its CPUs stop.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn suspend(&self) -> Result<(), Error> {
        self.done(self.calls().virDomainSuspend)
    }

    /// `virDomainResume`: its CPUs go on.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn resume(&self) -> Result<(), Error> {
        self.done(self.calls().virDomainResume)
    }

    fn done(&self, call: unsafe extern "C" fn(Ptr) -> c_int) -> Result<(), Error> {
        // SAFETY: the domain is live.
        self.calls().number(unsafe { call(self.pointer) }).map(|_| ())
    }

    /// `virDomainGetXMLDesc`: live if it runs.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn xml(&self) -> Result<String, Error> {
        self.xml_with(0)
    }

    pub(super) fn xml_with(&self, flags: c_uint) -> Result<String, Error> {
        // SAFETY: the domain is live; what comes back is ours to free.
        self.calls().take(unsafe { (self.calls().virDomainGetXMLDesc)(self.pointer, flags) })
    }

    /// `virDomainQemuAgentCommand`: the agent's whole answer to one command, as JSON.
    ///
    /// # Errors
    /// In libvirt's words, also what the agent refused.
    pub fn agent(&self, command: &str, seconds: i32) -> Result<String, Error> {
        let qemu = QemuCalls::get()?;
        let command = text(command)?;
        // SAFETY: the domain is live, and the command outlives the call; what comes back is ours to free.
        let answer =
            unsafe { (qemu.virDomainQemuAgentCommand)(self.pointer, command.as_ptr(), seconds, 0) };
        self.calls().take(answer)
    }

    /// `virDomainQemuMonitorCommand`: QEMU's whole answer to one QMP command, as JSON. libvirt notes that the domain is tainted.
    ///
    /// # Errors
    /// In libvirt's words; what QEMU refuses is an answer.
    pub fn monitor(&self, command: &str) -> Result<String, Error> {
        let qemu = QemuCalls::get()?;
        let command = text(command)?;
        let mut answer: *mut c_char = null_mut();
        // SAFETY: as above; the call allocates the text that the pointer then leads to.
        self.calls().number(unsafe {
            (qemu.virDomainQemuMonitorCommand)(self.pointer, command.as_ptr(), &raw mut answer, 0)
        })?;
        self.calls().take(answer)
    }
}

/// What a domain is called that libvirt lends.
///
/// # Safety
/// The domain is live.
pub(super) unsafe fn name_of(calls: &Calls, domain: Ptr) -> String {
    // SAFETY: the domain is live, so that it has a name, which belongs to it.
    let name = unsafe { CStr::from_ptr((calls.virDomainGetName)(domain)) };
    name.to_string_lossy().into_owned()
}

/// Its UUID.
///
/// # Safety
/// The domain is live.
pub(super) unsafe fn uuid_of(calls: &Calls, domain: Ptr) -> String {
    let mut uuid = [0_u8; UUID_LENGTH];
    // SAFETY: the domain is live; the call writes at most so many bytes, the last of which is NUL.
    unsafe { (calls.virDomainGetUUIDString)(domain, uuid.as_mut_ptr().cast()) };
    CStr::from_bytes_until_nul(&uuid).unwrap_or_default().to_string_lossy().into_owned()
}
