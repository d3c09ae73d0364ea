//! The kernel and libvirt.
