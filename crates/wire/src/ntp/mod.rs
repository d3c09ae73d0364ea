//! ntpd and ntpsec: what `ntpq` reports, and ntp.conf(5).

pub mod conf;
pub mod packet;
pub mod peers;
pub mod variables;
