//! What Windows' own programs print. Their labels are in the language of the machine; what stands here is found by its
//! place, by numbers and by names that are never translated.

pub mod bcdedit;
pub mod boot_ini;
pub mod properties;
pub mod reg;
pub mod sc;
pub mod w32tm;
