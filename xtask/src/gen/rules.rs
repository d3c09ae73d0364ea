//! A page for each rule, and the table that leads to them.

use kvmtime_core::rule::Rule;
use kvmtime_core::rules::CATALOGUE;

use super::Files;

pub(super) fn add(files: &mut Files) {
    for rule in CATALOGUE {
        let page = kvmtime::rule_page(rule);
        files.insert(format!("docs/rules/{}.md", rule.id).into(), page.into());
    }
    files.insert("docs/rules/README.md".into(), index().into());
}

fn index() -> String {
    let rows: String = CATALOGUE.iter().map(|rule| row(rule)).collect();
    format!(
        "# Rules\n\n\
        {} rules. `kvmtime explain RULE` prints the same pages. Severities:\n\n\
        - *error*: time is or will be wrong, or the VM cannot start or migrate\n\
        - *warning*: wrong or slow after some event, such as load, pause, migration or boot\n\
        - *info*: no effect, stale advice or a cheap improvement\n\n\
        | rule | judges | severity | fault |\n|---|---|---|---|\n{rows}",
        CATALOGUE.len(),
    )
}

fn row(rule: &Rule) -> String {
    let (id, judges, severity) = (rule.id, rule.check.subject(), rule.severity.word());
    // A bar would end the cell.
    let fault = rule.summary.replace('|', "\\|");
    format!("| [{id}]({id}.md) | {judges} | {severity} | {fault} |\n")
}
