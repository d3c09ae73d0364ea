//! Lines of JSON that QEMU and its guest agent exchange: QMP and QGA
//! (<https://www.qemu.org/docs/master/interop/qmp-spec.html>, <https://www.qemu.org/docs/master/interop/qemu-ga-ref.html>).

use serde_json::{Value, json};

/// What separates what an earlier client left unread from an answer to `guest-sync-delimited`.
pub const DELIMITER: u8 = 0xff;

/// A line received.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// The answer to a command.
    Return(Value),
    /// The command failed, in QEMU's words.
    Error(String),
    /// A greeting, an event, or something else that is no answer.
    Other,
}

/// A command.
pub fn command(name: &str, arguments: &Value) -> String {
    let mut command = json!({ "execute": name });
    if !arguments.is_null() {
        command["arguments"] = arguments.clone();
    }
    format!("{command}\n")
}

/// Asks the agent to say this number behind a [`DELIMITER`]. The first byte ends whatever it was in the middle of.
pub fn sync(id: u32) -> Vec<u8> {
    let mut bytes = vec![DELIMITER];
    bytes.extend(command("guest-sync-delimited", &json!({ "id": id })).bytes());
    bytes
}

/// Reads a line.
pub fn line(line: &[u8]) -> Line {
    let line: &[u8] = match line.iter().rposition(|byte| *byte == DELIMITER) {
        Some(at) => &line[at + 1..],
        None => line,
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(line) else { return Line::Other };
    if let Some(error) = value.get("error") {
        let words = error.get("desc").and_then(Value::as_str).unwrap_or("it does not say why");
        return Line::Error(words.to_owned());
    }
    match value.get_mut("return") {
        Some(value) => Line::Return(value.take()),
        None => Line::Other,
    }
}

/// QEMU's RTC as `qom-get /machine rtc-time` tells it (a `struct tm`), seconds since 1970 as if it were UTC.
pub fn rtc_time(value: &Value) -> Option<i64> {
    let field = |name: &str| value.get(name)?.as_i64().filter(|n| (-10_000..10_000).contains(n));
    let year = field("tm_year")? + 1900;
    let month = field("tm_mon")?;
    if !(0..12).contains(&month) {
        return None;
    }
    let days = days_before(year, month + 1) + field("tm_mday")? - 1;
    Some(((days * 24 + field("tm_hour")?) * 60 + field("tm_min")?) * 60 + field("tm_sec")?)
}

/// Days from 1970 to the first of a month (H. Hinnant, `days_from_civil`).
fn days_before(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_everything_else() {
        assert_eq!(line(b"\xff{\"return\": 5}\n"), Line::Return(json!(5)));
        assert_eq!(line(b"rubbish\xff{\"return\": {}}"), Line::Return(json!({})));
        let refused = br#"{"error": {"class": "CommandNotFound", "desc": "disabled"}}"#;
        assert_eq!(line(refused), Line::Error("disabled".to_owned()));
        assert_eq!(line(br#"{"QMP": {"version": {}}}"#), Line::Other);
        assert_eq!(line(b"{\"return"), Line::Other);
        assert_eq!(command("stop", &Value::Null), "{\"execute\":\"stop\"}\n");
    }

    #[test]
    fn a_broken_down_time_is_one_number() {
        let tm = json!({
            "tm_year": 126, "tm_mon": 10, "tm_mday": 27, "tm_hour": 5, "tm_min": 0, "tm_sec": 1
        });
        // date -u -d '2026-11-27 05:00:01' +%s
        assert_eq!(rtc_time(&tm), Some(1_795_755_601));
        let leap = json!({
            "tm_year": 112, "tm_mon": 1, "tm_mday": 29, "tm_hour": 0, "tm_min": 0, "tm_sec": 0
        });
        assert_eq!(rtc_time(&leap), Some(1_330_473_600));
        assert_eq!(rtc_time(&json!({ "tm_year": 1 })), None);
    }
}
