//! JSON, `kvmtime.check/1` and its kin.

use std::io::{self, Write};

use kvmtime_core::check::Report;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    #[serde(flatten)]
    report: &'a Report,
}

#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// This program.
pub(super) const TOOL: Tool = Tool { name: "kvmtime", version: env!("CARGO_PKG_VERSION") };

pub(super) fn report(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    value(out, &Document { schema: "kvmtime.check/1", tool: TOOL, report })
}

pub(super) fn value(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
