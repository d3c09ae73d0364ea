//! libvirtd, which tells what happens to its domains: again after each of its restarts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kvmtime_core::guard::{Backoff, Guest, Kind, Notice};
use kvmtime_core::units::Nanos;
use kvmtime_sys::libvirt::{Detail, Error, Event, Loop, Named, What};

use super::{LOST, Tell, now, trigger};
use crate::world::{End, lifeline};

/// Watches until the end.
pub(in crate::guard) fn watch(libvirt: &Loop, uri: &str, tell: impl Tell, end: &End) {
    let tell: Arc<dyn Tell> = Arc::new(tell);
    let mut backoff = Backoff::new(LOST[0], LOST[1], now().0.cast_unsigned());
    let mut failed = 0;
    loop {
        let lost = |why| tell(Notice::Lost { source: uri.to_owned(), why });
        match once(libvirt, uri, &tell, end) {
            Ok(true) => return,
            Ok(false) => {
                lost("libvirtd ended, or hangs".to_owned());
                failed = 0;
            }
            Err(error) => {
                // It is said once.
                if failed == 0 {
                    lost(error.to_string());
                }
                failed += 1;
            }
        }
        if end.came_within(backoff.after(failed)) {
            return;
        }
    }
}

/// Watches until the end, or until the connection breaks; whether it was the end.
fn once(libvirt: &Loop, uri: &str, tell: &Arc<dyn Tell>, end: &End) -> Result<bool, Error> {
    let pipe = |error: std::io::Error| Error { code: 0, from: 0, message: error.to_string() };
    let (open, closed) = lifeline().map_err(pipe)?;
    let open = Mutex::new(Some(open));
    let lives = Mutex::new(Lives::default());
    let told = Arc::clone(tell);
    let watch = libvirt.watch(uri, move |event| match event {
        Event::Closed => drop(open.lock().unwrap_or_else(PoisonError::into_inner).take()),
        event => {
            let mut lives = lives.lock().unwrap_or_else(PoisonError::into_inner);
            lives.notices(event, now()).into_iter().for_each(&*told);
        }
    })?;
    // What happens from now on is told, and what happened before is in the list.
    let guests = watch.connection().running()?.into_iter().map(guest).collect();
    tell(Notice::Listed { source: uri.to_owned(), guests, at: now() });
    Ok(end.came_before(&closed))
}

fn guest(named: Named) -> Guest {
    Guest { key: named.uuid, name: named.name }
}

/// What domains were started from, until they run.
#[derive(Default)]
struct Lives(BTreeMap<String, Kind>);

impl Lives {
    fn notices(&mut self, event: Event, at: Nanos) -> Vec<Notice> {
        match event {
            Event::Lifecycle { domain, what, detail } => {
                self.lifecycle(guest(domain), what, detail, at)
            }
            Event::Agent { domain, connected } => vec![Notice::Agent(guest(domain), connected)],
            Event::Reboot { domain } => vec![trigger(guest(domain), Kind::Booted, at, "REBOOT")],
            Event::RtcChange { domain, offset } => {
                let detail = format!("RTC_CHANGE {offset}");
                vec![trigger(guest(domain), Kind::RtcChanged, at, detail)]
            }
            Event::Closed => vec![],
        }
    }

    fn lifecycle(&mut self, guest: Guest, what: What, detail: Detail, at: Nanos) -> Vec<Notice> {
        let mut from = |kind| {
            self.0.insert(guest.key.clone(), kind);
            vec![]
        };
        match (what, detail) {
            // It is told that their CPUs go on when they do, which may be later.
            (_, Detail::STARTED_RESTORED) => from(Kind::Restored),
            (_, Detail::STARTED_MIGRATED) => from(Kind::Migrated),
            (_, Detail::STARTED_FROM_SNAPSHOT) => from(Kind::Reverted),
            (_, Detail::STARTED_WAKEUP) => {
                vec![trigger(guest, Kind::Woken, at, detail.to_string())]
            }
            (What::STARTED, _) => vec![trigger(guest, Kind::Booted, at, detail.to_string())],
            (What::RESUMED, _) => {
                let by = match detail {
                    Detail::RESUMED_MIGRATED | Detail::RESUMED_POSTCOPY => Kind::Migrated,
                    Detail::RESUMED_FROM_SNAPSHOT => Kind::Reverted,
                    _ => Kind::Resumed,
                };
                let kind = self.0.remove(&guest.key).unwrap_or(by);
                vec![trigger(guest, kind, at, detail.to_string())]
            }
            (What::SUSPENDED | What::PMSUSPENDED | What::CRASHED, _) => {
                vec![Notice::Stopped(guest, at)]
            }
            (_, Detail::STOPPED_SAVED) => {
                vec![Notice::Stopped(guest.clone(), at), Notice::Gone(guest)]
            }
            (What::STOPPED, _) => {
                self.0.remove(&guest.key);
                vec![Notice::Gone(guest)]
            }
            (What::DEFINED | What::UNDEFINED | What::SHUTDOWN | What::OTHER, _) => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of events in the order in which libvirt 9.0 told them.
    fn said(events: &[(What, Detail)]) -> Vec<String> {
        let domain = Named { name: "web".to_owned(), uuid: "1".to_owned() };
        let mut lives = Lives::default();
        let events = events.iter().flat_map(|(what, detail)| {
            let event = Event::Lifecycle { domain: domain.clone(), what: *what, detail: *detail };
            lives.notices(event, Nanos(0))
        });
        let words = |notice| match notice {
            Notice::Trigger(trigger) => format!("{:?}", trigger.kind),
            Notice::Stopped(..) => "Stopped".to_owned(),
            Notice::Gone(..) => "Gone".to_owned(),
            other => format!("{other:?}"),
        };
        events.map(words).collect()
    }

    #[test]
    fn a_restored_domain_is_not_taken_for_one_that_was_paused() {
        let pause = [
            (What::SUSPENDED, Detail::SUSPENDED_PAUSED),
            (What::RESUMED, Detail::RESUMED_UNPAUSED),
        ];
        assert_eq!(said(&pause), ["Stopped", "Resumed"]);
        let save = [
            (What::SUSPENDED, Detail::SUSPENDED_PAUSED),
            (What::STOPPED, Detail::STOPPED_SAVED),
            (What::STARTED, Detail::STARTED_RESTORED),
            (What::RESUMED, Detail::RESUMED_FROM_SNAPSHOT),
        ];
        assert_eq!(said(&save), ["Stopped", "Stopped", "Gone", "Restored"]);
        // Restored as paused, and let go on later.
        let paused = [
            (What::STARTED, Detail::STARTED_RESTORED),
            (What::SUSPENDED, Detail::SUSPENDED_RESTORED),
            (What::RESUMED, Detail::RESUMED_UNPAUSED),
            (What::SUSPENDED, Detail::SUSPENDED_PAUSED),
            (What::RESUMED, Detail::RESUMED_UNPAUSED),
        ];
        assert_eq!(said(&paused), ["Stopped", "Restored", "Stopped", "Resumed"]);
        let moved = [
            (What::STARTED, Detail::STARTED_MIGRATED),
            (What::RESUMED, Detail::RESUMED_MIGRATED),
            (What::STOPPED, Detail::STOPPED_DESTROYED),
        ];
        assert_eq!(said(&moved), ["Migrated", "Gone"]);
    }
}
