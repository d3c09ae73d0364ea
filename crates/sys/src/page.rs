//! A page that a hypervisor writes to while it is read: a sequence lock.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering, fence};

/// Every page that is shared this way is as long.
const LENGTH: usize = 4096;
/// What is only written for an instant is whole after so many tries, of some microseconds each.
const TRIES: u32 = 10_000;

/// A page, mapped for reading.
pub struct Page(*const u32);

impl Page {
    /// Maps the first page of a device or file.
    ///
    /// # Errors
    /// What the kernel says; a file must be at least a page long.
    pub fn map(file: BorrowedFd<'_>) -> io::Result<Self> {
        // SAFETY: all-zero is a valid `stat`.
        let mut stat: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: the kernel writes into the struct that the pointer leads to.
        if unsafe { libc::fstat(file.as_raw_fd(), &raw mut stat) } < 0 {
            return Err(io::Error::last_os_error());
        }
        let regular = stat.st_mode & libc::S_IFMT == libc::S_IFREG;
        // Reading a mapped page behind a file's end ends the program.
        if regular && stat.st_size < LENGTH as libc::off_t {
            return Err(io::Error::other("it is shorter than a page"));
        }
        // SAFETY: a new mapping at an address that the kernel chooses; nothing of ours is replaced.
        let page = unsafe {
            libc::mmap(null_mut(), LENGTH, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        if page == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(page.cast()))
    }

    /// A copy of the page that was not written to meanwhile. `sequence` is where its counter stands, in bytes and a multiple of
    /// four: odd while it is written, another number afterwards.
    ///
    /// # Errors
    /// When it is being written to all the time.
    pub fn read(&self, sequence: usize) -> io::Result<Vec<u8>> {
        let at = sequence.min(LENGTH - 4) / 4;
        for _ in 0..TRIES {
            let before = self.word(at, Ordering::Acquire);
            if u32::from_le(before).is_multiple_of(2) {
                let words = (0..LENGTH / 4).map(|index| self.word(index, Ordering::Relaxed));
                let copy: Vec<u8> = words.flat_map(u32::to_ne_bytes).collect();
                // What was copied is read before the counter is looked at again.
                fence(Ordering::Acquire);
                if self.word(at, Ordering::Relaxed) == before {
                    return Ok(copy);
                }
            }
            std::hint::spin_loop();
        }
        Err(io::Error::other("it is being written to all the time"))
    }

    fn word(&self, index: usize, order: Ordering) -> u32 {
        debug_assert!(index < LENGTH / 4);
        // SAFETY: inside the mapping, which is aligned and lives as long as self; the hypervisor writes to it, so it is only ever
        // read as atomics.
        unsafe { AtomicU32::from_ptr(self.0.add(index).cast_mut()) }.load(order)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and is not used again.
        unsafe { libc::munmap(self.0.cast_mut().cast(), LENGTH) };
    }
}
