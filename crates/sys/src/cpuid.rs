//! The CPUID leaves that speak of the hypervisor.

/// The signature of leaf 0x4000_0000, such as `KVMKVMKVM`; `None` without a hypervisor or off x86.
#[cfg(target_arch = "x86_64")]
pub fn hypervisor() -> Option<String> {
    use std::arch::x86_64::__cpuid;
    // Intel SDM volume 2, CPUID: leaf 1, ECX bit 31 is never set by hardware and kept for hypervisors.
    if __cpuid(1).ecx & (1 << 31) == 0 {
        return None;
    }
    // KVM's leaves move up by 0x100 when Hyper-V's take the base (Linux arch/x86/include/asm/cpuid: hypervisor_cpuid_base).
    let signature = |leaf| {
        let answer = __cpuid(leaf);
        let bytes: Vec<u8> =
            [answer.ebx, answer.ecx, answer.edx].into_iter().flat_map(u32::to_le_bytes).collect();
        String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()
    };
    let kvm = [0x4000_0000, 0x4000_0100].map(signature).into_iter().find(|s| s == "KVMKVMKVM");
    Some(kvm.unwrap_or_else(|| signature(0x4000_0000)))
}

/// The signature of leaf 0x4000_0000, such as `KVMKVMKVM`; `None` without a hypervisor or off x86.
#[cfg(not(target_arch = "x86_64"))]
pub fn hypervisor() -> Option<String> {
    None
}
