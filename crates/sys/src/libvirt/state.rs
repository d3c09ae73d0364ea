//! What libvirt counts, by the names that its headers give (libvirt-domain.h).

use std::ffi::c_int;
use std::fmt;

/// Numbers and their names: behind each first number the second ones from 0 on.
macro_rules! spelled {
    ($(#[$doc:meta])+ $name:ident: $($first:literal [$($word:ident)+])+) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(
            missing_docs,
            non_camel_case_types,
            clippy::upper_case_acronyms,
            reason = "the names are libvirt's"
        )]
        pub enum $name {
            $($($word,)+)+
            /// One that this libvirt has and kvmtime does not know.
            OTHER,
        }

        impl $name {
            pub(super) fn of(first: c_int, second: c_int) -> Self {
                let all: &[Self] = match first {
                    $($first => &[$(Self::$word),+],)+
                    _ => &[],
                };
                usize::try_from(second).ok().and_then(|at| all.get(at).copied()).unwrap_or(Self::OTHER)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, out)
            }
        }
    };
}
spelled! {
    /// `virDomainState`.
    State:
    0 [NOSTATE RUNNING BLOCKED PAUSED SHUTDOWN SHUTOFF CRASHED PMSUSPENDED]
}

spelled! {
    /// Why a domain is in its state: `virDomainRunningReason` and those of the other states.
    Reason:
    0 [NOSTATE_UNKNOWN]
    1 [RUNNING_UNKNOWN RUNNING_BOOTED RUNNING_MIGRATED RUNNING_RESTORED RUNNING_FROM_SNAPSHOT RUNNING_UNPAUSED
       RUNNING_MIGRATION_CANCELED RUNNING_SAVE_CANCELED RUNNING_WAKEUP RUNNING_CRASHED RUNNING_POSTCOPY
       RUNNING_POSTCOPY_FAILED]
    2 [BLOCKED_UNKNOWN]
    3 [PAUSED_UNKNOWN PAUSED_USER PAUSED_MIGRATION PAUSED_SAVE PAUSED_DUMP PAUSED_IOERROR PAUSED_WATCHDOG
       PAUSED_FROM_SNAPSHOT PAUSED_SHUTTING_DOWN PAUSED_SNAPSHOT PAUSED_CRASHED PAUSED_STARTING_UP PAUSED_POSTCOPY
       PAUSED_POSTCOPY_FAILED]
    4 [SHUTDOWN_UNKNOWN SHUTDOWN_USER]
    5 [SHUTOFF_UNKNOWN SHUTOFF_SHUTDOWN SHUTOFF_DESTROYED SHUTOFF_CRASHED SHUTOFF_MIGRATED SHUTOFF_SAVED SHUTOFF_FAILED
       SHUTOFF_FROM_SNAPSHOT SHUTOFF_DAEMON]
    6 [CRASHED_UNKNOWN CRASHED_PANICKED]
    7 [PMSUSPENDED_UNKNOWN]
}

spelled! {
    /// What happened to a domain: `virDomainEventType`.
    What:
    0 [DEFINED UNDEFINED STARTED SUSPENDED RESUMED STOPPED SHUTDOWN PMSUSPENDED CRASHED]
}

spelled! {
    /// How it happened: `virDomainEventDefinedDetailType` and those of the others.
    Detail:
    0 [DEFINED_ADDED DEFINED_UPDATED DEFINED_RENAMED DEFINED_FROM_SNAPSHOT]
    1 [UNDEFINED_REMOVED UNDEFINED_RENAMED]
    2 [STARTED_BOOTED STARTED_MIGRATED STARTED_RESTORED STARTED_FROM_SNAPSHOT STARTED_WAKEUP]
    3 [SUSPENDED_PAUSED SUSPENDED_MIGRATED SUSPENDED_IOERROR SUSPENDED_WATCHDOG SUSPENDED_RESTORED SUSPENDED_FROM_SNAPSHOT
       SUSPENDED_API_ERROR SUSPENDED_POSTCOPY SUSPENDED_POSTCOPY_FAILED]
    4 [RESUMED_UNPAUSED RESUMED_MIGRATED RESUMED_FROM_SNAPSHOT RESUMED_POSTCOPY RESUMED_POSTCOPY_FAILED]
    5 [STOPPED_SHUTDOWN STOPPED_DESTROYED STOPPED_CRASHED STOPPED_MIGRATED STOPPED_SAVED STOPPED_FAILED
       STOPPED_FROM_SNAPSHOT]
    6 [SHUTDOWN_FINISHED SHUTDOWN_GUEST SHUTDOWN_HOST]
    7 [PMSUSPENDED_MEMORY PMSUSPENDED_DISK]
    8 [CRASHED_PANICKED CRASHED_CRASHLOADED]
}
