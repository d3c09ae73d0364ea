//! The kernel's and libvirt's calls: one safe function per call. All `unsafe` of kvmtime lives here.
#![expect(unsafe_code, reason = "this crate is the address of unsafe code")]
#![deny(unsafe_op_in_unsafe_fn)]

pub mod affinity;
pub mod clock_read;
pub mod counter;
pub mod cpuid;
pub mod klog;
pub mod kvm;
#[cfg(feature = "libvirt")]
pub mod libvirt;
pub mod local_time;
pub mod memfd;
pub mod memory;
pub mod page;
pub mod process;
pub mod ptp;
pub mod sampling;
pub mod seccomp;
pub mod signals;
pub mod slice;
pub mod timer;
pub mod timex;
pub mod trace;
pub mod tty;
pub mod uname;
pub mod unix;
pub mod vsock;
pub mod wait;
pub mod xattr;
