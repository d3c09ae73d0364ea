//! Machine code that counts a call and goes on to the function that was meant.

/// So many clocks have ids of their own (`MAX_CLOCKS`, Linux include/uapi/linux/time.h).
pub(super) const CLOCKS: usize = 16;
/// The counters: one for each clock, then these.
pub(super) const GETTIMEOFDAY: usize = CLOCKS;
pub(super) const TIME: usize = CLOCKS + 1;
pub(super) const COUNTERS: usize = CLOCKS + 2;

/// `EM_X86_64`, elf.h.
pub(super) const MACHINE: u16 = 62;

/// For `clock_gettime`: the clock is the first argument. A clock without an id of its own is not counted. RAX, R11 and the flags
/// are for a function to use as it likes (System V ABI for x86-64, 3.2.1).
pub(super) fn by_clock(counters: u64, function: u64) -> Vec<u8> {
    let most = u8::try_from(CLOCKS).unwrap_or(u8::MAX);
    let count = [
        &[0x49, 0xbb][..], // mov r11, counters
        &counters.to_le_bytes(),
        &[0x89, 0xf8],                   // mov eax, edi
        &[0xf0, 0x49, 0xff, 0x04, 0xc3], // lock inc qword [r11 + rax * 8]
    ]
    .concat();
    let past = u8::try_from(count.len()).unwrap_or_default();
    let unless = [0x83, 0xff, most, 0x73, past]; // cmp edi, CLOCKS; jae past
    [&unless[..], &count, &jump(function)].concat()
}

/// For any other function.
pub(super) fn plain(counter: u64, function: u64) -> Vec<u8> {
    let count = [
        &[0x49, 0xbb][..], // mov r11, counter
        &counter.to_le_bytes(),
        &[0xf0, 0x49, 0xff, 0x03], // lock inc qword [r11]
    ]
    .concat();
    [count, jump(function)].concat()
}

fn jump(function: u64) -> Vec<u8> {
    [
        &[0x49, 0xbb][..], // mov r11, function
        &function.to_le_bytes(),
        &[0x41, 0xff, 0xe3], // jmp r11
    ]
    .concat()
}
