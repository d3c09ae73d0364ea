//! Memory that a process holds and does not need: what the C library keeps of what was given back (mallopt(3), malloc_trim(3); musl
//! keeps nothing to speak of), and code that ran once.

use std::ffi::{c_int, c_void};

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

/// Lets go of the pages of all code; what runs comes back by itself, from its file.
pub fn let_go_of_code() {
    // SAFETY: the function has the type that dl_iterate_phdr(3) asks for, and nothing is handed to it.
    unsafe { libc::dl_iterate_phdr(Some(let_go_of), std::ptr::null_mut()) };
}

unsafe extern "C" fn let_go_of(object: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
    // SAFETY: the loader lends a live value for as long as this function runs.
    let object = unsafe { &*object };
    // SAFETY: and its table, of so many entries.
    let headers =
        unsafe { std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)) };
    for header in headers {
        // What may be written is not as it is in the file, also where it is only read after the start.
        let is_code = header.p_flags & (libc::PF_X | libc::PF_W) == libc::PF_X;
        if header.p_type == libc::PT_LOAD && is_code {
            let begin = (object.dlpi_addr + header.p_vaddr).next_multiple_of(PAGE);
            let end = (object.dlpi_addr + header.p_vaddr + header.p_memsz) / PAGE * PAGE;
            let length = usize::try_from(end.saturating_sub(begin)).unwrap_or(0);
            let begin = std::ptr::without_provenance_mut(usize::try_from(begin).unwrap_or(0));
            // SAFETY: whole pages of a loaded object's code, which nobody writes: after this they are read from the file again
            // (MADV_DONTNEED, madvise(2)). That the kernel does not do it changes nothing.
            unsafe { libc::madvise(begin, length, libc::MADV_DONTNEED) };
        }
    }
    0
}

/// A page, or more of them.
const PAGE: u64 = 1 << 16;

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test reads what the kernel counts")]
mod tests {
    use super::*;

    fn resident() -> u64 {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        statm.split(' ').nth(2).and_then(|pages| pages.parse().ok()).unwrap_or(0)
    }

    #[test]
    fn code_that_was_let_go_of_runs_again() {
        let before = resident();
        let_go_of_code();
        let after = resident();
        assert!(after < before, "{before} {after}");
        assert_eq!("1 2 3".split(' ').filter_map(|n| n.parse::<i32>().ok()).sum::<i32>(), 6);
    }
}
