//! What is taken from the libraries, declared as libvirt's public headers do.
#![expect(non_snake_case, reason = "the calls are spelled as libvirt spells them")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulong, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

use libloading::Library;

use super::error::{Error, code};

/// A connection, a domain or another object of libvirt's.
pub(super) type Ptr = *mut c_void;

/// What libvirt calls for an event, whose real type is that of the event.
pub(super) type Callback = unsafe extern "C" fn(Ptr, Ptr, *mut c_void);
/// What libvirt calls when a connection broke.
type OnClose = unsafe extern "C" fn(Ptr, c_int, *mut c_void);
type OnTimeout = unsafe extern "C" fn(c_int, *mut c_void);
type Free = unsafe extern "C" fn(*mut c_void);

macro_rules! library {
    ($calls:ident of $file:literal: $($name:ident: fn($($arg:ty),*) -> $ret:ty;)+) => {
        pub(super) struct $calls { $(pub(super) $name: unsafe extern "C" fn($($arg),*) -> $ret,)+ }

        impl $calls {
            /// Loads the library, which then stays: threads of its own may be in it.
            pub(super) fn get() -> Result<&'static Self, Error> {
                static CALLS: OnceLock<Result<$calls, String>> = OnceLock::new();
                let missing = |message: &String| Error::own(code::NO_LIBRARY, message);
                CALLS.get_or_init(|| Self::load().map_err(|error| error.to_string())).as_ref().map_err(missing)
            }

            fn load() -> Result<Self, libloading::Error> {
                // SAFETY: libvirt's initialisers have no requirements on the caller.
                let library = unsafe { Library::new($file) }?;
                let calls = Self { $(
                    // SAFETY: the type is the one that libvirt's public headers declare, and it never changes: the library keeps its ABI.
                    $name: unsafe {
                        *library.get::<unsafe extern "C" fn($($arg),*) -> $ret>(concat!(stringify!($name), "\0").as_bytes())?
                    },
                )+ };
                std::mem::forget(library);
                Ok(calls)
            }
        }
    };
}

library! { Calls of "libvirt.so.0":
    virSetErrorFunc: fn(*mut c_void, Option<unsafe extern "C" fn(*mut c_void, Ptr)>) -> ();
    virGetLastErrorCode: fn() -> c_int;
    virGetLastErrorDomain: fn() -> c_int;
    virGetLastErrorMessage: fn() -> *const c_char;
    virConnectOpen: fn(*const c_char) -> Ptr;
    virConnectOpenReadOnly: fn(*const c_char) -> Ptr;
    virConnectClose: fn(Ptr) -> c_int;
    virConnectIsAlive: fn(Ptr) -> c_int;
    virConnectGetLibVersion: fn(Ptr, *mut c_ulong) -> c_int;
    virConnectGetVersion: fn(Ptr, *mut c_ulong) -> c_int;
    virConnectGetCapabilities: fn(Ptr) -> *mut c_char;
    virConnectListAllDomains: fn(Ptr, *mut *mut Ptr, c_uint) -> c_int;
    virDomainLookupByName: fn(Ptr, *const c_char) -> Ptr;
    virDomainLookupByUUIDString: fn(Ptr, *const c_char) -> Ptr;
    virDomainGetName: fn(Ptr) -> *const c_char;
    virDomainGetUUIDString: fn(Ptr, *mut c_char) -> c_int;
    virDomainGetXMLDesc: fn(Ptr, c_uint) -> *mut c_char;
    virDomainIsActive: fn(Ptr) -> c_int;
    virDomainIsPersistent: fn(Ptr) -> c_int;
    virDomainGetState: fn(Ptr, *mut c_int, *mut c_int, c_uint) -> c_int;
    virDomainSuspend: fn(Ptr) -> c_int;
    virDomainResume: fn(Ptr) -> c_int;
    virDomainHasManagedSaveImage: fn(Ptr, c_uint) -> c_int;
    virDomainSnapshotNum: fn(Ptr, c_uint) -> c_int;
    virDomainGetAutostart: fn(Ptr, *mut c_int) -> c_int;
    virDomainFree: fn(Ptr) -> c_int;
    virConnectSetKeepAlive: fn(Ptr, c_int, c_uint) -> c_int;
    virConnectRegisterCloseCallback: fn(Ptr, OnClose, *mut c_void, Option<Free>) -> c_int;
    virConnectUnregisterCloseCallback: fn(Ptr, OnClose) -> c_int;
    virConnectDomainEventRegisterAny: fn(Ptr, Ptr, c_int, Callback, *mut c_void, Option<Free>) -> c_int;
    virConnectDomainEventDeregisterAny: fn(Ptr, c_int) -> c_int;
    virEventRegisterDefaultImpl: fn() -> c_int;
    virEventRunDefaultImpl: fn() -> c_int;
    virEventAddTimeout: fn(c_int, Option<OnTimeout>, *mut c_void, Option<Free>) -> c_int;
    virEventUpdateTimeout: fn(c_int, c_int) -> ();
    virEventRemoveTimeout: fn(c_int) -> c_int;
}

library! { QemuCalls of "libvirt-qemu.so.0":
    virDomainQemuAgentCommand: fn(Ptr, *const c_char, c_int, c_uint) -> *mut c_char;
    virDomainQemuMonitorCommand: fn(Ptr, *const c_char, *mut *mut c_char, c_uint) -> c_int;
}

impl Calls {
    /// The calls, with errors said only to who asked.
    pub(super) fn silent() -> Result<&'static Self, Error> {
        unsafe extern "C" fn silent(_: *mut c_void, _: Ptr) {}
        let calls = Self::get()?;
        // SAFETY: without a handler of ours libvirt prints every error to standard error; this one does nothing.
        unsafe { (calls.virSetErrorFunc)(null_mut(), Some(silent)) };
        Ok(calls)
    }

    /// What libvirt says of this thread's last call.
    pub(super) fn error(&self) -> Error {
        // SAFETY: the three only read what this thread's last call left.
        let (code, from) =
            unsafe { ((self.virGetLastErrorCode)(), (self.virGetLastErrorDomain)()) };
        // SAFETY: as above; libvirt returns a static text or one that lives as long as this thread's last error.
        let text = unsafe { (self.virGetLastErrorMessage)() };
        let message = match text.is_null() {
            true => "libvirt does not say why".to_owned(),
            // SAFETY: not null, so it is a NUL-terminated text.
            false => unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned(),
        };
        Error { code, from, message }
    }

    /// Copies a text that libvirt allocated, and frees it.
    pub(super) fn take(&self, text: *mut c_char) -> Result<String, Error> {
        if text.is_null() {
            return Err(self.error());
        }
        // SAFETY: libvirt's texts end with NUL.
        let copy = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
        // SAFETY: libvirt allocated it with malloc for the caller to free.
        unsafe { libc::free(text.cast()) };
        Ok(copy)
    }

    /// What a call that returns −1 for a failure returned.
    pub(super) fn number(&self, returned: c_int) -> Result<c_int, Error> {
        if returned < 0 { Err(self.error()) } else { Ok(returned) }
    }
}

/// A text as libvirt takes it.
pub(super) fn text(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|error| Error::own(code::INVALID_ARG, &error.to_string()))
}
