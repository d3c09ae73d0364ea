//! Logs of the kernel, QEMU, libvirt and time daemons.
#![no_main]

use kvmtime_wire::klog;

kvmtime_fuzz::parser!(|text: &str| klog::parse_kernel(text));
