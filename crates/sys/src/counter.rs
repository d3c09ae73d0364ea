//! The processor's counter: the TSC on x86-64, the virtual count on aarch64; elsewhere `CLOCK_MONOTONIC_RAW` stands in.

/// What the counter is called where there is one.
pub const NAME: Option<&str> = if cfg!(target_arch = "x86_64") {
    Some("tsc")
} else if cfg!(target_arch = "aarch64") {
    Some("cntvct_el0")
} else {
    None
};

/// The count, not ordered with what stands before and after it.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn plain() -> u64 {
    // SAFETY: every x86-64 processor has RDTSC; it touches no memory. Linux lets programs use it unless PR_SET_TSC forbids it.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// The count after everything before it is done (Intel SDM volume 2, RDTSC; AMD has LFENCE serialise too, Linux sets it so).
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn after() -> u64 {
    // SAFETY: SSE2 is part of x86-64; the fence touches no memory.
    unsafe { std::arch::x86_64::_mm_lfence() };
    plain()
}

/// The count between everything before it and everything after it.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn stamp() -> u64 {
    let count = after();
    // SAFETY: as in `after`.
    unsafe { std::arch::x86_64::_mm_lfence() };
    count
}

/// Whether the processor has RDTSCP (AMD APM volume 3, CPUID Fn8000_0001 EDX bit 27).
#[cfg(target_arch = "x86_64")]
pub fn has_rdtscp() -> bool {
    use std::arch::x86_64::__cpuid;
    __cpuid(0x8000_0000).eax >= 0x8000_0001 && __cpuid(0x8000_0001).edx & (1 << 27) != 0
}

/// The count by RDTSCP; to be called where [`has_rdtscp`] says so, else the plain count.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn rdtscp() -> u64 {
    let mut cpu = 0;
    // SAFETY: callers have asked CPUID; a processor without it raises SIGILL and harms no memory. `cpu` is live.
    unsafe { std::arch::x86_64::__rdtscp(&raw mut cpu) }
}

/// The count, not ordered with what stands before and after it.
#[cfg(target_arch = "aarch64")]
#[inline]
pub fn plain() -> u64 {
    let count: u64;
    // SAFETY: Linux lets programs read the virtual count, and emulates it where the processor's is faulty.
    unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) count, options(nomem, nostack)) };
    count
}

/// The count after everything before it is done (Arm ARM D12.2, reads of the counter may be speculated without ISB).
#[cfg(target_arch = "aarch64")]
#[inline]
pub fn after() -> u64 {
    // SAFETY: a barrier touches no memory.
    unsafe { std::arch::asm!("isb", options(nostack)) };
    plain()
}

/// The count between everything before it and everything after it.
#[cfg(target_arch = "aarch64")]
#[inline]
pub fn stamp() -> u64 {
    let count = after();
    // SAFETY: as in `after`.
    unsafe { std::arch::asm!("isb", options(nostack)) };
    count
}

/// Nanoseconds of `CLOCK_MONOTONIC_RAW`.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline]
pub fn stamp() -> u64 {
    let raw = crate::clock_read::now(libc::CLOCK_MONOTONIC_RAW);
    raw.ok().and_then(|ns| u64::try_from(ns).ok()).unwrap_or_default()
}

/// The stand-in has no order of its own.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline]
pub fn after() -> u64 {
    stamp()
}

/// The stand-in has no order of its own.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline]
pub fn plain() -> u64 {
    stamp()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_count_goes_up() {
        let before = super::stamp();
        assert!(super::stamp() >= before);
    }
}
