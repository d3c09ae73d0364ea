//! `sc.exe query SERVICE`.

use crate::text::ParseError;

/// The names of states, which are not translated (winsvc.h, `SERVICE_STATUS`).
const STATES: [&str; 7] = [
    "STOPPED",
    "START_PENDING",
    "STOP_PENDING",
    "RUNNING",
    "CONTINUE_PENDING",
    "PAUSE_PENDING",
    "PAUSED",
];

/// Whether the service runs.
///
/// # Errors
/// When no state is named; what sc says instead is quoted.
pub fn runs(text: &str) -> Result<bool, ParseError> {
    let words = text.lines().filter_map(|line| line.split_once(':')?.1.split_whitespace().nth(1));
    let state = words.into_iter().find(|word| STATES.contains(word));
    state
        .map(|state| state == "RUNNING")
        .ok_or_else(|| ParseError::instead_of("the state of a service", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_has_its_name_in_any_language() {
        let text = include_str!("../../tests/transcripts/sc/spanish.txt");
        assert_eq!(runs(text), Ok(true));
        assert_eq!(runs(&text.replace("4  RUNNING", "1  STOPPED")), Ok(false));
        assert!(runs("[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n").is_err());
    }
}
