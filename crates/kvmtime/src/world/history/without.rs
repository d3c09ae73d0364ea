//! No history.

macro_rules! without {
    ($name:ident, $entry:ty) => {
        pub(crate) mod $name {
            use std::io;
            use std::path::Path;

            /// Adds nothing.
            ///
            /// # Errors
            /// Always.
            pub(crate) fn append(_: &Path, _: &[$entry]) -> io::Result<()> {
                Err(io::Error::other("this kvmtime is built without a history"))
            }

            /// Reads nothing.
            ///
            /// # Errors
            /// Always.
            pub(crate) fn read(_: &Path, _: Option<&str>) -> io::Result<Vec<$entry>> {
                Err(io::Error::other("this kvmtime is built without a history"))
            }
        }
    };
}

without!(measurements, kvmtime_core::reading::Earlier);
without!(corrections, kvmtime_core::sync::Correction);
