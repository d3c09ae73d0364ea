//! Bytes ⇄ values: the formats that speak of time on KVM hosts and guests.
//!
//! No file, socket or clock is touched here, and no input makes a parser panic: each has a fuzz target.
#![forbid(unsafe_code)]

pub mod adjtime;
pub mod assignments;
mod bytes;
pub mod capabilities;
pub mod chrony;
pub mod cmdline;
pub mod cpuinfo;
pub mod directives;
pub mod domain;
pub mod duration;
pub mod echo;
pub mod klog;
pub mod modprobe;
pub mod monitor;
pub mod monitor_event;
pub mod ntp;
pub mod openntpd;
pub mod pressure;
pub mod ps;
pub mod qemu;
mod report;
pub mod snapshot;
pub mod stat;
pub mod sysbench;
pub mod sysctl;
pub mod text;
pub mod timesync;
pub mod unit;
pub mod vdso;
pub mod virsh;
pub mod vmclock;
pub mod windows;
mod xml;
