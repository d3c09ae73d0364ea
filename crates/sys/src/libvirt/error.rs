//! What libvirt says when something fails.

use std::{fmt, io};

/// `virErrorNumber` (libvirt/virterror.h), as far as callers tell them apart.
pub mod code {
    /// There is no libvirt on this machine; the only number that is not libvirt's own.
    pub const NO_LIBRARY: i32 = -1;
    /// Something of libvirt's own, also that a connection is closed.
    pub const INTERNAL_ERROR: i32 = 1;
    /// This hypervisor cannot do it.
    pub const NO_SUPPORT: i32 = 3;
    /// The hypervisor or libvirtd does not answer.
    pub const NO_CONNECT: i32 = 5;
    /// The connection is gone.
    pub const INVALID_CONN: i32 = 6;
    /// The call has no sense.
    pub const INVALID_ARG: i32 = 8;
    /// The hypervisor refused or failed.
    pub const OPERATION_FAILED: i32 = 9;
    /// Not over a read-only connection.
    pub const OPERATION_DENIED: i32 = 29;
    /// A call of the kernel's failed.
    pub const SYSTEM_ERROR: i32 = 38;
    /// libvirtd's protocol.
    pub const RPC: i32 = 39;
    /// There is no such domain.
    pub const NO_DOMAIN: i32 = 42;
    /// Who asks is not who he must be.
    pub const AUTH_FAILED: i32 = 45;
    /// Not in the state that the domain is in, such as not running.
    pub const OPERATION_INVALID: i32 = 55;
    /// Something took too long, such as waiting for another's job on the domain.
    pub const OPERATION_TIMEOUT: i32 = 68;
    /// The domain lacks what is needed, such as a channel for the agent.
    pub const ARGUMENT_UNSUPPORTED: i32 = 74;
    /// The hypervisor lacks it.
    pub const OPERATION_UNSUPPORTED: i32 = 84;
    /// The agent is not connected, or does not answer in time.
    pub const AGENT_UNRESPONSIVE: i32 = 86;
    /// Somebody else has it.
    pub const RESOURCE_BUSY: i32 = 87;
    /// An access driver such as polkit said no.
    pub const ACCESS_DENIED: i32 = 88;
    /// Nobody is there whom polkit could ask for a password.
    pub const AUTH_UNAVAILABLE: i32 = 94;
    /// The agent answered to something else.
    pub const AGENT_UNSYNCED: i32 = 97;
}

/// `VIR_FROM_RPC` and `VIR_FROM_REMOTE`: the way to libvirtd failed, not what was asked of it (libvirt/virterror.h).
const THE_WAY: [i32; 2] = [7, 13];

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// `virErrorNumber`: see [`code`].
    pub code: i32,
    /// `virErrorDomain`: which part of libvirt says so.
    pub from: i32,
    /// libvirt's words.
    pub message: String,
}

impl Error {
    pub(super) fn own(code: i32, message: &str) -> Self {
        Self { code, from: 0, message: message.to_owned() }
    }

    /// The one in an error that came from here.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// Whether who asks may not.
    pub fn is_denied(&self) -> bool {
        let denied = [
            code::OPERATION_DENIED,
            code::AUTH_FAILED,
            code::ACCESS_DENIED,
            code::AUTH_UNAVAILABLE,
        ];
        denied.contains(&self.code)
    }

    /// Whether the connection broke, or there was none: another one may do what this one did not.
    pub fn is_disconnected(&self) -> bool {
        let broke = [code::INTERNAL_ERROR, code::SYSTEM_ERROR, code::RPC, code::NO_CONNECT];
        self.code == code::INVALID_CONN
            || THE_WAY.contains(&self.from) && broke.contains(&self.code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
