//! What the C library keeps of memory that was given back: mallopt(3), malloc_trim(3). musl keeps nothing to speak of.

/// Threads share this many heaps. By default each has its own, and keeps what it once needed.
pub fn share_heaps(count: i32) {
    #[cfg(target_env = "gnu")]
    // SAFETY: it changes how memory is found from now on, not what was given.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, count);
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = count;
}

/// Gives unused memory back to the kernel.
pub fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it touches only what is not in use.
    unsafe {
        libc::malloc_trim(0);
    }
}
