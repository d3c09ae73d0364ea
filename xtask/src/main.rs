//! Work on the repository itself: what is generated, and what is measured.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a tool for the repository, not the program"
)]
#![forbid(unsafe_code)]

mod bench;
mod fuzz;
mod r#gen;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

/// Work on the kvmtime repository
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    Gen(r#gen::Args),
    #[command(subcommand)]
    Bench(bench::Bench),
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Gen(args) => r#gen::run(&args),
        Task::Bench(which) => bench::run(&which),
        Task::Fuzz(args) => fuzz::run(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The repository's top folder.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}
