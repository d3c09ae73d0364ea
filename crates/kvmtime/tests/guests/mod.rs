//! Real Linux guests under QEMU, made at test time of Debian's packages.
//!
//! [`Image`] is a kernel with an initramfs, [`Guest`] a machine that runs it; whatever a guest left behind is gone with it.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

mod archive;
mod guest;
mod image;
mod kernel;
mod package;
mod qmp;
mod root;

pub(crate) use guest::{Guest, READY, RESULTS, lines};
pub(crate) use image::{E1000E, IGB, Image};
pub(crate) use kernel::Kernel;
pub(crate) use package::Unpacked;
pub(crate) use qmp::Monitor;
pub(crate) use root::Root;
