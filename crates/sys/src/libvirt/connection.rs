//! A connection.

use std::ffi::{c_char, c_int, c_uint, c_ulong};
use std::ptr::null_mut;
use std::sync::Arc;

use super::calls::{Calls, Ptr, text};
use super::domain::Domain;
use super::error::Error;

/// `VIR_CONNECT_LIST_DOMAINS_ACTIVE` and `_INACTIVE` (libvirt-domain.h).
const ACTIVE: c_uint = 1;
const INACTIVE: c_uint = 2;

/// A connection, shared by those who hold it and closed with the last of them. libvirt answers several threads at once.
#[derive(Clone)]
pub struct Connection(Arc<Open>);

struct Open {
    calls: &'static Calls,
    pointer: Ptr,
}

// SAFETY: libvirt's calls on a connection and its domains may come from any thread and several at once, and what they say of
// an error is kept by thread (<https://libvirt.org/api.html>).
unsafe impl Send for Open {}
// SAFETY: as above.
unsafe impl Sync for Open {}

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: the connection is open, and is not used again.
        unsafe { (self.calls.virConnectClose)(self.pointer) };
    }
}

/// What a domain is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// Its name, which may change.
    pub name: String,
    /// Its UUID, which does not.
    pub uuid: String,
}

impl Connection {
    /// `virConnectOpenReadOnly`.
    ///
    /// # Errors
    /// When there is no libvirt on this machine, or in libvirt's words.
    pub fn open_read_only(uri: &str) -> Result<Self, Error> {
        Self::by(uri, Calls::silent()?.virConnectOpenReadOnly)
    }

    /// `virConnectOpen`: asking an agent or a monitor is no read-only matter to libvirt.
    ///
    /// # Errors
    /// When there is no libvirt on this machine, or in libvirt's words.
    pub fn open(uri: &str) -> Result<Self, Error> {
        Self::by(uri, Calls::silent()?.virConnectOpen)
    }

    fn by(uri: &str, open: unsafe extern "C" fn(*const c_char) -> Ptr) -> Result<Self, Error> {
        let calls = Calls::get()?;
        let uri = text(uri)?;
        // SAFETY: the name is NUL-terminated and outlives the call.
        let pointer = unsafe { open(uri.as_ptr()) };
        if pointer.is_null() {
            return Err(calls.error());
        }
        Ok(Self(Arc::new(Open { calls, pointer })))
    }

    pub(super) fn calls(&self) -> &'static Calls {
        self.0.calls
    }

    /// Lives as long as this value.
    pub(super) fn pointer(&self) -> Ptr {
        self.0.pointer
    }

    /// `virConnectIsAlive`: whether libvirtd was there when it was last heard of, which needs no answer of it.
    pub fn is_alive(&self) -> bool {
        // SAFETY: the connection is open.
        unsafe { (self.calls().virConnectIsAlive)(self.pointer()) == 1 }
    }

    /// `virConnectGetLibVersion`, as `9.0.0`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn libvirt_version(&self) -> Result<String, Error> {
        self.version(self.calls().virConnectGetLibVersion)
    }

    /// `virConnectGetVersion`: that of the hypervisor, as `7.2.22`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn hypervisor_version(&self) -> Result<String, Error> {
        self.version(self.calls().virConnectGetVersion)
    }

    fn version(
        &self,
        call: unsafe extern "C" fn(Ptr, *mut c_ulong) -> c_int,
    ) -> Result<String, Error> {
        let mut version: c_ulong = 0;
        // SAFETY: the connection is open; the call writes one number.
        self.calls().number(unsafe { call(self.pointer(), &raw mut version) })?;
        // libvirt-host.h: major * 1,000,000 + minor * 1,000 + release
        Ok(format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000))
    }

    /// `virConnectGetCapabilities`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn capabilities(&self) -> Result<String, Error> {
        // SAFETY: the connection is open; what comes back is ours to free.
        self.calls().take(unsafe { (self.calls().virConnectGetCapabilities)(self.pointer()) })
    }

    /// `virDomainLookupByName`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn domain(&self, name: &str) -> Result<Domain, Error> {
        let name = text(name)?;
        // SAFETY: the connection is open, and the name outlives the call.
        let domain = unsafe { (self.calls().virDomainLookupByName)(self.pointer(), name.as_ptr()) };
        Domain::of(self, domain)
    }

    /// `virDomainLookupByUUIDString`.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn domain_of_uuid(&self, uuid: &str) -> Result<Domain, Error> {
        let uuid = text(uuid)?;
        // SAFETY: the connection is open, and the text outlives the call.
        let domain =
            unsafe { (self.calls().virDomainLookupByUUIDString)(self.pointer(), uuid.as_ptr()) };
        Domain::of(self, domain)
    }

    /// `virConnectListAllDomains` of those that run, also those that are paused: what they are called, which one answer tells.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn running(&self) -> Result<Vec<Named>, Error> {
        Ok(self.list(ACTIVE)?.iter().map(Domain::named).collect())
    }

    /// Some domain, one that does not run if there is one.
    pub fn any(&self) -> Option<Domain> {
        let mut all = self.list(INACTIVE).into_iter().chain(self.list(ACTIVE));
        all.find_map(|domains| domains.into_iter().next())
    }

    /// `virConnectListAllDomains`.
    pub(super) fn list(&self, flags: c_uint) -> Result<Vec<Domain>, Error> {
        let mut list: *mut Ptr = null_mut();
        // SAFETY: the connection is open; the call allocates the list that the pointer then leads to.
        let count = unsafe {
            (self.calls().virConnectListAllDomains)(self.pointer(), &raw mut list, flags)
        };
        let count = usize::try_from(count).map_err(|_| self.calls().error())?;
        // SAFETY: libvirt returned `count` domains in the list, which are now ours.
        let domains = (0..count).map(|index| Domain::of(self, unsafe { *list.add(index) }));
        let domains = domains.collect();
        // SAFETY: the list was allocated with malloc for the caller to free.
        unsafe { libc::free(list.cast()) };
        domains
    }
}
