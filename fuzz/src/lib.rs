//! How a parser is fed: with text as the program reads it, invalid UTF-8 replaced.

pub use libfuzzer_sys;

/// Defines the fuzz target of one parser.
#[macro_export]
macro_rules! parser {
    ($parse:expr) => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            let parse = $parse;
            let _ = parse(&String::from_utf8_lossy(bytes));
        });
    };
}
