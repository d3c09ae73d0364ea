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
struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(super) fn report(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let tool = Tool { name: "kvmtime", version: env!("CARGO_PKG_VERSION") };
    value(out, &Document { schema: "kvmtime.check/1", tool, report })
}

pub(super) fn value(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
