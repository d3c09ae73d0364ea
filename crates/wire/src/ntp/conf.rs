//! ntp.conf(5), directive by directive.

pub use crate::chrony::conf::Directive;

use serde::{Deserialize, Serialize};

/// The directives of a configuration, included files in their place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NtpConf(pub Vec<Directive>);
