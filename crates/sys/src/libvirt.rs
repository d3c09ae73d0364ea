//! libvirt's calls, from the `libvirt.so.0` that is found at run time.
//!
//! The library is loaded on first use: linking it costs every start of the program more than all of `check host guest`
//! may take, and a program that is linked to it does not start where it is missing
//! (`docs/design/0001-libvirt-is-loaded-at-run-time.md`).
#![expect(non_snake_case, reason = "the calls are spelled as libvirt spells them")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulong, c_void};
use std::io;
use std::ptr::null_mut;

use libloading::Library;

type Ptr = *mut c_void;
type Open = unsafe extern "C" fn(*const c_char) -> Ptr;
type AgentCommand = unsafe extern "C" fn(Ptr, *const c_char, c_int, c_uint) -> *mut c_char;

/// `VIR_DOMAIN_XML_INACTIVE` (libvirt-domain.h).
const XML_INACTIVE: c_uint = 2;

/// `VIR_DOMAIN_PAUSED` and its reason `VIR_DOMAIN_PAUSED_USER` (libvirt-domain.h).
const PAUSED_BY_USER: (c_int, c_int) = (3, 1);
/// `VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE`: taken while the domain ran (libvirt-domain-snapshot.h).
const SNAPSHOTS_ACTIVE: c_uint = 1 << 6;

macro_rules! calls {
    ($($name:ident: fn($($arg:ty),*) -> $ret:ty;)+) => {
        struct Calls { $($name: unsafe extern "C" fn($($arg),*) -> $ret,)+ _library: Library }

        impl Calls {
            fn load() -> io::Result<Self> {
                // SAFETY: libvirt's initialisers have no requirements on the caller.
                let library = unsafe { Library::new("libvirt.so.0") }.map_err(io::Error::other)?;
                $(
                    // SAFETY: the type is the one that libvirt's public headers declare, and it never changes: libvirt.so.0 keeps its ABI.
                    let $name = unsafe {
                        *library.get::<unsafe extern "C" fn($($arg),*) -> $ret>(concat!(stringify!($name), "\0").as_bytes())
                            .map_err(io::Error::other)?
                    };
                )+
                Ok(Self { $($name,)+ _library: library })
            }
        }
    };
}

calls! {
    virSetErrorFunc: fn(*mut c_void, Option<unsafe extern "C" fn(*mut c_void, Ptr)>) -> ();
    virGetLastErrorMessage: fn() -> *const c_char;
    virConnectOpen: fn(*const c_char) -> Ptr;
    virConnectOpenReadOnly: fn(*const c_char) -> Ptr;
    virConnectClose: fn(Ptr) -> c_int;
    virConnectGetLibVersion: fn(Ptr, *mut c_ulong) -> c_int;
    virConnectGetVersion: fn(Ptr, *mut c_ulong) -> c_int;
    virConnectGetCapabilities: fn(Ptr) -> *mut c_char;
    virConnectListAllDomains: fn(Ptr, *mut *mut Ptr, c_uint) -> c_int;
    virDomainLookupByName: fn(Ptr, *const c_char) -> Ptr;
    virDomainGetName: fn(Ptr) -> *const c_char;
    virDomainGetXMLDesc: fn(Ptr, c_uint) -> *mut c_char;
    virDomainIsActive: fn(Ptr) -> c_int;
    virDomainIsPersistent: fn(Ptr) -> c_int;
    virDomainGetState: fn(Ptr, *mut c_int, *mut c_int, c_uint) -> c_int;
    virDomainHasManagedSaveImage: fn(Ptr, c_uint) -> c_int;
    virDomainSnapshotNum: fn(Ptr, c_uint) -> c_int;
    virDomainGetAutostart: fn(Ptr, *mut c_int) -> c_int;
    virDomainFree: fn(Ptr) -> c_int;
}

/// A connection.
pub struct Connection {
    calls: Calls,
    connection: Ptr,
}

/// A domain as libvirt knows it.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub running: bool,
    /// Whether libvirt starts it by itself.
    pub autostart: bool,
    /// Whether somebody paused it.
    pub paused: bool,
    /// Whether its state was saved, to go on from at its next start.
    pub saved: bool,
    /// Whether it has a snapshot that was taken while it ran.
    pub snapshotted: bool,
    /// Its XML: live if it runs.
    pub xml: String,
    /// The persistent definition of a running domain that has one.
    pub definition: Option<String>,
}

impl Connection {
    /// `virConnectOpenReadOnly`.
    ///
    /// # Errors
    /// When there is no libvirt on this machine, or in libvirt's words.
    pub fn open(uri: &str) -> io::Result<Self> {
        Self::by(uri, |calls| calls.virConnectOpenReadOnly)
    }

    fn by(uri: &str, open: fn(&Calls) -> Open) -> io::Result<Self> {
        unsafe extern "C" fn silent(_: *mut c_void, _: Ptr) {}
        let calls = Calls::load()?;
        let uri = CString::new(uri).map_err(io::Error::other)?;
        // SAFETY: without a handler of ours libvirt prints every error to standard error; this one does nothing.
        unsafe { (calls.virSetErrorFunc)(null_mut(), Some(silent)) };
        // SAFETY: the name is NUL-terminated and outlives the call.
        let connection = unsafe { open(&calls)(uri.as_ptr()) };
        if connection.is_null() {
            return Err(calls.error());
        }
        Ok(Self { calls, connection })
    }

    /// `virConnectGetLibVersion`, as `9.0.0`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn libvirt_version(&self) -> io::Result<String> {
        self.version(self.calls.virConnectGetLibVersion)
    }

    /// `virConnectGetVersion`: that of the hypervisor, as `7.2.22`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn hypervisor_version(&self) -> io::Result<String> {
        self.version(self.calls.virConnectGetVersion)
    }

    fn version(
        &self,
        call: unsafe extern "C" fn(Ptr, *mut c_ulong) -> c_int,
    ) -> io::Result<String> {
        let mut version: c_ulong = 0;
        // SAFETY: the connection is open; the call writes one number.
        if unsafe { call(self.connection, &raw mut version) } < 0 {
            return Err(self.calls.error());
        }
        // libvirt-host.h: major * 1,000,000 + minor * 1,000 + release
        Ok(format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000))
    }

    /// `virConnectGetCapabilities`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn capabilities(&self) -> io::Result<String> {
        // SAFETY: the connection is open; what comes back is ours to free.
        self.calls.take(unsafe { (self.calls.virConnectGetCapabilities)(self.connection) })
    }

    /// `virConnectListAllDomains`, with the XML of each; a domain that goes away meanwhile is left out.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn domains(&self) -> io::Result<Vec<Domain>> {
        let mut list: *mut Ptr = null_mut();
        // SAFETY: the connection is open; the call allocates the list that the pointer then leads to.
        let count =
            unsafe { (self.calls.virConnectListAllDomains)(self.connection, &raw mut list, 0) };
        let count = usize::try_from(count).map_err(|_| self.calls.error())?;
        let mut domains = Vec::new();
        for index in 0..count {
            // SAFETY: libvirt returned `count` domains in the list.
            let domain = unsafe { *list.add(index) };
            domains.extend(self.domain(domain).ok());
            // SAFETY: the domain is ours, and is not used again.
            unsafe { (self.calls.virDomainFree)(domain) };
        }
        // SAFETY: the list was allocated with malloc for the caller to free.
        unsafe { libc::free(list.cast()) };
        domains.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(domains)
    }

    fn domain(&self, domain: Ptr) -> io::Result<Domain> {
        let calls = &self.calls;
        // SAFETY: the domain is live during this function, in this and the calls below; names belong to it, XML to us.
        let name = unsafe { CStr::from_ptr((calls.virDomainGetName)(domain)) };
        let name = name.to_string_lossy().into_owned();
        // SAFETY: as above.
        let running = unsafe { (calls.virDomainIsActive)(domain) } == 1;
        // SAFETY: as above.
        let persistent = unsafe { (calls.virDomainIsPersistent)(domain) } == 1;
        let mut state = (0, 0);
        // SAFETY: as above; the call writes two numbers.
        unsafe { (calls.virDomainGetState)(domain, &raw mut state.0, &raw mut state.1, 0) };
        // SAFETY: as above.
        let saved = unsafe { (calls.virDomainHasManagedSaveImage)(domain, 0) } == 1;
        // SAFETY: as above.
        let snapshotted = unsafe { (calls.virDomainSnapshotNum)(domain, SNAPSHOTS_ACTIVE) } > 0;
        let mut autostart: c_int = 0;
        // SAFETY: as above; the call writes one number.
        unsafe { (calls.virDomainGetAutostart)(domain, &raw mut autostart) };
        // SAFETY: as above.
        let xml = calls.take(unsafe { (calls.virDomainGetXMLDesc)(domain, 0) })?;
        let definition = if running && persistent {
            // SAFETY: as above.
            calls.take(unsafe { (calls.virDomainGetXMLDesc)(domain, XML_INACTIVE) }).ok()
        } else {
            None
        };
        Ok(Domain {
            name,
            running,
            autostart: autostart != 0,
            paused: state == PAUSED_BY_USER,
            saved,
            snapshotted,
            xml,
            definition,
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: the connection is open, and is not used again.
        unsafe { (self.calls.virConnectClose)(self.connection) };
    }
}

/// A domain's guest agent, asked through libvirt, whose own connection to it stays open.
pub struct Agent {
    connection: Connection,
    domain: Ptr,
    command: AgentCommand,
    _library: Library,
}

impl Agent {
    /// `virConnectOpen` and `virDomainLookupByName`: asking an agent is no read-only matter to libvirt.
    ///
    /// # Errors
    /// When there is no libvirt on this machine, or in libvirt's words.
    pub fn open(uri: &str, domain: &str) -> io::Result<Self> {
        // SAFETY: as that of libvirt.so.0, which it belongs to.
        let library = unsafe { Library::new("libvirt-qemu.so.0") }.map_err(io::Error::other)?;
        // SAFETY: the type is the one of libvirt-qemu.h.
        let command = unsafe {
            *library
                .get::<AgentCommand>(b"virDomainQemuAgentCommand\0")
                .map_err(io::Error::other)?
        };
        let connection = Connection::by(uri, |calls| calls.virConnectOpen)?;
        let name = CString::new(domain).map_err(io::Error::other)?;
        let calls = &connection.calls;
        // SAFETY: the connection is open, and the name outlives the call.
        let domain = unsafe { (calls.virDomainLookupByName)(connection.connection, name.as_ptr()) };
        if domain.is_null() {
            return Err(calls.error());
        }
        Ok(Self { connection, domain, command, _library: library })
    }

    /// `virDomainQemuAgentCommand`: the whole answer, as JSON.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn ask(&self, command: &str, seconds: i32) -> io::Result<String> {
        let command = CString::new(command).map_err(io::Error::other)?;
        // SAFETY: the domain is ours and its connection open; what comes back is ours to free.
        let answer = unsafe { (self.command)(self.domain, command.as_ptr(), seconds, 0) };
        self.connection.calls.take(answer)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // SAFETY: the domain is ours, and is not used again; its connection is closed after it.
        unsafe { (self.connection.calls.virDomainFree)(self.domain) };
    }
}

impl Calls {
    fn error(&self) -> io::Error {
        // SAFETY: libvirt returns a static text or one that lives as long as this thread's last error.
        let text = unsafe { (self.virGetLastErrorMessage)() };
        if text.is_null() {
            return io::Error::other("libvirt does not say why");
        }
        // SAFETY: not null, so it is a NUL-terminated text.
        io::Error::other(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }

    /// Copies a text that libvirt allocated, and frees it.
    fn take(&self, text: *mut c_char) -> io::Result<String> {
        if text.is_null() {
            return Err(self.error());
        }
        // SAFETY: libvirt's texts end with NUL.
        let copy = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
        // SAFETY: libvirt allocated it with malloc for the caller to free.
        unsafe { libc::free(text.cast()) };
        Ok(copy)
    }
}
