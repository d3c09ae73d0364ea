//! QEMU command lines.

use kvmtime_core::facts::Qemu;
use kvmtime_wire::qemu;
use kvmtime_wire::text::ParseError;

/// The command line in a text that came from `path`.
pub(crate) fn of_text(text: &str, path: &str) -> Result<Qemu, ParseError> {
    Ok(Qemu::of_file(path, qemu::parse(text)?, text.into()))
}
