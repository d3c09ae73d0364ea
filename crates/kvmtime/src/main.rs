//! The program.

fn main() -> std::process::ExitCode {
    kvmtime::cli::main()
}
