//! The daemon that keeps guests' clocks right.
//!
//! It has threads and no asynchronous runtime: libvirt's calls block, so that each look at a guest needs a thread of its own anyway.

mod events;
