//! libvirt's calls, from the `libvirt.so.0` that is found at run time.
//!
//! The library is loaded on first use: linking it costs every start of the program more than all of `check host guest`
//! may take, and a program that is linked to it does not start where it is missing
//! (`docs/design/0001-libvirt-is-loaded-at-run-time.md`).

mod calls;
mod connection;
mod described;
mod domain;
mod error;
mod events;
mod state;

pub use connection::{Connection, Named};
pub use described::Described;
pub use domain::Domain;
pub use error::{Error, code};
pub use events::{Event, Loop, Watch};
pub use state::{Detail, Reason, State, What};
