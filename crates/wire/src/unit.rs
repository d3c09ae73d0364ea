//! systemd unit files and their drop-ins.

/// Every value given to a key of a section, split at blanks, in order; an empty assignment clears what came before.
/// Source: systemd.syntax(7).
pub fn words(text: &str, section: &str, key: &str) -> Vec<String> {
    let mut current = "";
    let mut words = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            current = name;
        } else if let Some((name, value)) = line.split_once('=')
            && current == section
            && name.trim_end() == key
        {
            if value.trim().is_empty() {
                words.clear();
            }
            words.extend(value.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    #[test]
    fn assignments_add_up_and_an_empty_one_clears() {
        let text = "[Unit]\nAfter=a.target b.service\nAfter=\nAfter=time-sync.target\n[Service]\nAfter=c\n";
        assert_eq!(super::words(text, "Unit", "After"), ["time-sync.target"]);
    }
}
