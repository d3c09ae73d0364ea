//! `virsh version`.

/// The library in use and the running hypervisor, as `9.0.0` and `7.2.22`. Source: libvirt `tools/virsh-host.c:cmdVersion`.
pub fn versions(text: &str) -> (Option<String>, Option<String>) {
    let last_word = |start: &str| {
        let line = text.lines().find(|line| line.starts_with(start))?;
        let word = line.split_whitespace().next_back()?;
        word.starts_with(|c: char| c.is_ascii_digit()).then(|| word.to_owned())
    };
    (last_word("Using library: "), last_word("Running hypervisor: "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_library_in_use_and_the_running_qemu_count() {
        let text = "Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.1\nUsing API: QEMU 9.0.1\nRunning hypervisor: QEMU 7.2.22\n";
        assert_eq!(super::versions(text), (Some("9.0.1".into()), Some("7.2.22".into())));
        assert_eq!(super::versions("error: failed to connect"), (None, None));
    }
}
