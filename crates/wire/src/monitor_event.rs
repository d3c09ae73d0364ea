//! What QEMU's monitor tells by itself (<https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html>), as far as it concerns time.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened to a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Its CPUs stopped.
    Stop,
    /// They go on.
    Resume,
    /// It begins anew from its firmware.
    Reset,
    /// It went to sleep, by itself.
    Suspend,
    /// It woke up.
    Wakeup,
    /// It set its RTC; the RTC − the host's UTC, in seconds.
    RtcChange(i64),
    /// It ends.
    Shutdown,
    /// A migration to or from somewhere else took a turn, of this name.
    Migration(String),
    /// A port of its serial bus was opened or closed from inside.
    Port {
        /// QEMU's id of the port.
        id: String,
        /// Whether it is open.
        open: bool,
    },
}

/// The event in a line, if it is one that concerns time.
pub fn event(line: &[u8]) -> Option<Event> {
    let told: Value = serde_json::from_slice(line).ok()?;
    let data = |name: &str| told.get("data")?.get(name);
    Some(match told.get("event")?.as_str()? {
        "STOP" => Event::Stop,
        "RESUME" => Event::Resume,
        "RESET" => Event::Reset,
        "SUSPEND" | "SUSPEND_DISK" => Event::Suspend,
        "WAKEUP" => Event::Wakeup,
        "RTC_CHANGE" => Event::RtcChange(data("offset")?.as_i64()?),
        "SHUTDOWN" => Event::Shutdown,
        "MIGRATION" => Event::Migration(data("status")?.as_str()?.to_owned()),
        "VSERPORT_CHANGE" => {
            Event::Port { id: data("id")?.as_str()?.to_owned(), open: data("open")?.as_bool()? }
        }
        _ => return None,
    })
}

/// What `query-status` says a machine does: `running`, `paused`, `inmigrate` … (`RunState`, qapi/run-state.json).
pub fn run_state(answer: &Value) -> Option<&str> {
    answer.get("status")?.as_str()
}

/// What `query-name` says a machine is called, if it has a name.
pub fn name(answer: &Value) -> Option<&str> {
    answer.get("name")?.as_str().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Said by QEMU 7.2.
    #[test]
    fn events_that_concern_time_are_told_from_others() {
        let of = |text: &str| event(text.as_bytes());
        let stamp = r#""timestamp": {"seconds": 1795755601, "microseconds": 20}"#;
        assert_eq!(of(&format!(r#"{{{stamp}, "event": "STOP"}}"#)), Some(Event::Stop));
        let reset = r#""event": "RESET", "data": {"guest": true, "reason": "guest-reset"}"#;
        assert_eq!(of(&format!("{{{stamp}, {reset}}}\r")), Some(Event::Reset));
        let set = r#""event": "RTC_CHANGE", "data": {"offset": -1, "qom-path": "/machine/x"}"#;
        assert_eq!(of(&format!("{{{stamp}, {set}}}")), Some(Event::RtcChange(-1)));
        let moved = r#""event": "MIGRATION", "data": {"status": "completed"}"#;
        let completed = Event::Migration("completed".to_owned());
        assert_eq!(of(&format!("{{{stamp}, {moved}}}")), Some(completed));
        let port = r#""event": "VSERPORT_CHANGE", "data": {"open": true, "id": "channel0"}"#;
        let open = Event::Port { id: "channel0".to_owned(), open: true };
        assert_eq!(of(&format!("{{{stamp}, {port}}}")), Some(open));
        assert_eq!(of(r#"{"event": "BALLOON_CHANGE", "data": {"actual": 1}}"#), None);
        assert_eq!(of(r#"{"event": "RTC_CHANGE", "data": {"offset": 1e99}}"#), None);
        assert_eq!(of(r#"{"return": {"status": "running"}}"#), None);
    }
}
