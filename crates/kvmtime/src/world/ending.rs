//! How threads that wait are told that there is nothing more to wait for.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use kvmtime_core::units::Nanos;
use kvmtime_sys::wait;

use super::clock;

/// As long as this lives there is something to do.
pub(crate) struct Lifeline(#[expect(dead_code, reason = "that it is open is all")] PipeWriter);

/// Can be read when the lifeline is gone.
#[derive(Clone)]
pub(crate) struct End(Arc<PipeReader>);

/// Both.
///
/// # Errors
/// What the kernel says.
pub(crate) fn lifeline() -> io::Result<(Lifeline, End)> {
    let (reader, writer) = io::pipe()?;
    Ok((Lifeline(writer), End(Arc::new(reader))))
}

impl End {
    /// Waits so long, and says whether the end came.
    pub(crate) fn came_within(&self, time: Nanos) -> bool {
        let deadline = clock::monotonic() + time;
        loop {
            let left = (deadline - clock::monotonic()).0.max(0);
            let left = i32::try_from(left / 1_000_000 + i64::from(left > 0)).unwrap_or(i32::MAX);
            match wait::readable(self.as_fd(), left) {
                // Who cannot wait cannot go on.
                Ok(true) | Err(_) => return true,
                Ok(false) if left == 0 => return false,
                Ok(false) => {}
            }
        }
    }

    /// Waits for this end or another, and says whether it was this.
    #[cfg_attr(not(feature = "libvirt"), expect(dead_code, reason = "libvirt's connections end"))]
    pub(crate) fn came_before(&self, other: &Self) -> bool {
        loop {
            match wait::first(&[self.as_fd(), other.as_fd()], -1) {
                Ok(None) => {}
                Ok(Some(which)) => return which == 0,
                Err(_) => return true,
            }
        }
    }
}

impl AsFd for End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
