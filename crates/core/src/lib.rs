//! Reasoning about the time of KVM hosts and guests: facts in, findings and plans out.
//!
//! Nothing here touches the world: facts are handed in, conclusions are handed back.
#![forbid(unsafe_code)]

pub mod allow;
pub mod bench;
pub mod budget;
pub mod check;
pub mod estimate;
pub mod events;
pub mod fact;
pub mod facts;
pub mod finding;
pub mod guard;
pub mod lifecycle;
pub mod messages;
pub mod plan;
pub mod profile;
pub mod reading;
pub mod rule;
pub mod rules;
pub mod symptoms;
pub mod sync;
pub mod translate;
pub mod units;
