//! What dmesg(1), syslog and the journal put in front of a message.

/// The message alone, and the seconds since boot that the kernel stamped on it.
pub(super) fn strip(line: &str) -> (Option<f64>, &str) {
    let mut uptime = None;
    let mut rest = line.trim();
    while let Some(shorter) = priority(rest)
        .or_else(|| bracket(rest, &mut uptime))
        .or_else(|| date(rest))
        .or_else(|| tag(rest))
    {
        rest = shorter.trim_start();
    }
    (uptime, rest)
}

/// `<6>`, as syslog(2) returns it.
fn priority(text: &str) -> Option<&str> {
    let (digits, rest) = text.strip_prefix('<')?.split_once('>')?;
    is_number(digits).then_some(rest)
}

/// `[   12.345678]`, `[   12.345678 <    0.000002>]`, `[Thu Nov 20 07:00:00 2025]`, `[T123]`, `[    C0]`.
/// Source: Linux `kernel/printk/printk.c:print_time`, `print_caller`; dmesg(1).
fn bracket<'a>(text: &'a str, uptime: &mut Option<f64>) -> Option<&'a str> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let first = inside.split_whitespace().next()?;
    if let Some(seconds) = seconds(first) {
        uptime.get_or_insert(seconds);
        return Some(rest);
    }
    let caller = first.strip_prefix(['T', 'C']).is_some_and(is_number);
    let date = inside.bytes().filter(|byte| *byte == b':').count() == 2;
    (caller || date).then_some(rest)
}

/// Digits and a point, so that no `[nan]` or `[1e9]` passes.
fn seconds(text: &str) -> Option<f64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if digits { crate::text::number(text) } else { None }
}

/// `2025-11-20T07:00:00.123Z`, `2025-11-20`, `07:00:00.123+0000:`, one word at a time.
fn date(text: &str) -> Option<&str> {
    let (word, rest) = text.split_once(' ')?;
    let shape = |pattern: &[u8]| {
        let matches = |(byte, form): (u8, &u8)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == *form,
        };
        word.len() >= pattern.len() && word.bytes().zip(pattern).all(matches)
    };
    (shape(b"0000-00-00") || shape(b"00:00:00")).then_some(rest)
}

/// `Nov 20 07:00:00 host kernel: ` or `host chronyd[812]: `, whatever the date looks like.
fn tag(text: &str) -> Option<&str> {
    let (head, rest) = text.split_once(": ")?;
    let name = head.rsplit(' ').next()?;
    let known = matches!(name, "kernel" | "chronyd" | "ntpd" | "libvirtd" | "virtqemud");
    (known || is_process(name)).then_some(rest)
}

/// `chronyd[812]`.
fn is_process(name: &str) -> bool {
    let inside = name.strip_suffix(']').and_then(|name| name.split_once('['));
    inside.is_some_and(|(program, id)| !program.is_empty() && is_number(id))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn every_prefix_leaves_the_message() {
        for (line, uptime) in [
            ("message: x", None),
            ("<6>[    1.250000] message: x", Some(1.25)),
            ("[    1.250000][   T32] message: x\r", Some(1.25)),
            ("[    1.250000] [      C0] message: x", Some(1.25)),
            ("[    1.250000 <    0.000002>] message: x", Some(1.25)),
            ("[    1.250000] host kernel: message: x", Some(1.25)),
            ("[Thu Nov 20 07:00:00 2025] message: x", None),
            ("Nov 20 07:00:00 host kernel: [    1.250000] message: x", Some(1.25)),
            ("Nov 20 07:00:00 kernel: [    1.250000] message: x", Some(1.25)),
            ("2025-11-20T07:00:00.181538-04:00 host kernel: message: x", None),
            ("2025-11-20T07:00:00,181538+00:00 message: x", None),
            ("2025-11-20 07:00:00.412+0000: message: x", None),
            ("9 月 16 日 19:31:41 host chronyd[812]: message: x", None),
            ("Jan  1 00:00:00 host daemon.warn chronyd[1]: 2025-11-20T07:00:00Z message: x", None),
        ] {
            assert_eq!(strip(line), (uptime, "message: x"), "{line}");
        }
    }

    #[test]
    fn brackets_of_a_message_stay() {
        assert_eq!(strip("[Firmware Bug]: TSC"), (None, "[Firmware Bug]: TSC"));
        assert_eq!(strip("[1.5] [drm] [nan] x"), (Some(1.5), "[drm] [nan] x"));
    }
}
