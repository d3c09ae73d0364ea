//! JUnit XML: a test suite for each subject, and in it a test case for each rule that it was judged by.

use std::collections::HashMap;
use std::io::{self, Write};

use kvmtime_core::check::{Report, Subject};
use kvmtime_core::finding::{Finding, Severity};
use kvmtime_core::rule::Rule;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::{ElementWriter, Writer};

use super::{Limit, Whole, report};

/// What became of a rule on a subject.
#[derive(Default)]
struct Case<'a> {
    found: Vec<&'a Finding>,
    skipped: Option<&'a str>,
    /// The reason for which what was found is accepted.
    allowed: Option<&'a str>,
}

/// Cases about which there is something to say, by subject and rule.
type Cases<'a> = HashMap<(&'a str, &'a str), Case<'a>>;

/// How a case counts.
enum Outcome<'a> {
    Passed(&'a [&'a Finding]),
    Failed(&'a [&'a Finding], Severity),
    Skipped(String),
}

impl Case<'_> {
    fn outcome(&self, limit: Limit) -> Outcome<'_> {
        let worst = self.found.iter().map(|finding| finding.severity).max();
        match (worst, self.skipped, self.allowed) {
            (Some(worst), ..) if limit.reached(worst) => Outcome::Failed(&self.found, worst),
            (Some(_), ..) => Outcome::Passed(&self.found),
            (None, Some(why), _) => Outcome::Skipped(why.to_owned()),
            (None, None, Some(reason)) => Outcome::Skipped(format!("allowed: {reason}")),
            (None, None, None) => Outcome::Passed(&[]),
        }
    }
}

/// How many of each, as suites carry them.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome<'_>) {
        self.tests += 1;
        match outcome {
            Outcome::Passed(_) => {}
            Outcome::Failed(_, Severity::Error) => self.errors += 1,
            Outcome::Failed(..) => self.failures += 1,
            Outcome::Skipped(_) => self.skipped += 1,
        }
    }

    fn attributes(&self) -> [(&'static str, String); 4] {
        [
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
            ("skipped", self.skipped.to_string()),
        ]
    }
}

type Xml<'a> = Writer<&'a mut dyn Write>;

pub(super) fn report(out: &mut dyn Write, whole: &Whole<'_>) -> io::Result<()> {
    let cases = cases(whole.report);
    let mut total = Counts::default();
    for subject in &whole.report.subjects {
        each(whole, subject, &cases, |_, outcome| {
            total.add(&outcome);
            Ok(())
        })?;
    }
    let unread = usize::from(!whole.failures.is_empty());
    total.tests += unread;
    total.errors += unread;
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    element(&mut xml, "testsuites", &[("name", "kvmtime")], &total.attributes(), |xml| {
        whole.report.subjects.iter().try_for_each(|subject| suite(xml, whole, subject, &cases))?;
        if whole.failures.is_empty() { Ok(()) } else { unreadable(xml, whole.failures) }
    })?;
    writeln!(xml.into_inner())
}

fn cases(report: &Report) -> Cases<'_> {
    let mut cases = Cases::new();
    for finding in &report.findings {
        cases.entry((&finding.subject, &finding.rule)).or_default().found.push(finding);
    }
    for allowed in &report.allowed {
        let finding = &allowed.finding;
        cases.entry((&finding.subject, &finding.rule)).or_default().allowed = Some(&allowed.reason);
    }
    for skipped in &report.skipped {
        cases.entry((&skipped.subject, &skipped.rule)).or_default().skipped = Some(&skipped.why);
    }
    cases
}

/// Every rule that a subject was judged by, with what became of it.
fn each(
    whole: &Whole<'_>,
    subject: &Subject,
    cases: &Cases<'_>,
    mut take: impl FnMut(&Rule, Outcome<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let nothing = Case::default();
    let rules = whole.terms.rules.iter().filter(|rule| subject.is_judged_by(&rule.check));
    for rule in rules {
        let case = cases.get(&(subject.id.as_str(), rule.id)).unwrap_or(&nothing);
        take(rule, case.outcome(whole.terms.limit))?;
    }
    Ok(())
}

fn suite(
    xml: &mut Xml<'_>,
    whole: &Whole<'_>,
    subject: &Subject,
    cases: &Cases<'_>,
) -> io::Result<()> {
    let mut counts = Counts::default();
    each(whole, subject, cases, |_, outcome| {
        counts.add(&outcome);
        Ok(())
    })?;
    element(xml, "testsuite", &[("name", &subject.id)], &counts.attributes(), |xml| {
        each(whole, subject, cases, |rule, outcome| {
            let names = [("classname", subject.id.as_str()), ("name", rule.id)];
            match outcome {
                Outcome::Passed([]) => empty(xml, "testcase", &names),
                _ => element(xml, "testcase", &names, &[], |xml| say(xml, rule, &outcome)),
            }
        })
    })
}

fn say(xml: &mut Xml<'_>, rule: &Rule, outcome: &Outcome<'_>) -> io::Result<()> {
    match outcome {
        Outcome::Passed(found) => {
            element(xml, "system-out", &[], &[], |xml| text(xml, &details(found)))
        }
        Outcome::Failed(found, worst) => {
            let name = if *worst == Severity::Error { "error" } else { "failure" };
            let message = found.first().map_or(rule.summary, |finding| &finding.message);
            let attributes = [("message", message), ("type", worst.word())];
            element(xml, name, &attributes, &[], |xml| text(xml, &details(found)))
        }
        Outcome::Skipped(why) => empty(xml, "skipped", &[("message", why)]),
    }
}

/// What could not be read is a test case of its own: the cases that are missing cannot fail.
fn unreadable(xml: &mut Xml<'_>, failures: &[String]) -> io::Result<()> {
    let counts = Counts { tests: 1, errors: 1, ..Counts::default() };
    element(xml, "testsuite", &[("name", "kvmtime")], &counts.attributes(), |xml| {
        let names = [("classname", "kvmtime"), ("name", "every target can be read")];
        element(xml, "testcase", &names, &[], |xml| {
            let attributes = [("message", failures[0].as_str()), ("type", "unreadable")];
            element(xml, "error", &attributes, &[], |xml| text(xml, &failures.join("\n")))
        })
    })
}

fn details(found: &[&Finding]) -> String {
    let mut all = String::new();
    for finding in found {
        all.push_str(&format!("{}: {}\n", finding.severity.word(), finding.message));
        for evidence in &finding.evidence {
            all.push_str(&format!("{}: {} ({})\n", evidence.what, evidence.value, evidence.from));
        }
        all.push_str(&format!("cure: {}\n", report::cure(&finding.cure)));
    }
    all
}

fn element<'a>(
    xml: &mut Xml<'a>,
    name: &str,
    attributes: &[(&str, &str)],
    counts: &[(&str, String)],
    content: impl FnOnce(&mut Xml<'a>) -> io::Result<()>,
) -> io::Result<()> {
    let counts = counts.iter().map(|(key, value)| (*key, value.as_str()));
    let attributes = attributes.iter().copied().chain(counts);
    start(xml, name, attributes).write_inner_content(content).map(|_| ())
}

fn empty(xml: &mut Xml<'_>, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    start(xml, name, attributes.iter().copied()).write_empty().map(|_| ())
}

fn start<'x, 'a, 'b>(
    xml: &'x mut Xml<'a>,
    name: &'x str,
    attributes: impl Iterator<Item = (&'b str, &'b str)>,
) -> ElementWriter<'x, &'a mut dyn Write> {
    attributes.fold(xml.create_element(name), |element, (key, value)| {
        element.with_attribute((key, legal(value).as_str()))
    })
}

fn text(xml: &mut Xml<'_>, text: &str) -> io::Result<()> {
    xml.write_event(Event::Text(BytesText::new(&legal(text))))
}

/// Characters that XML 1.0 cannot hold in any spelling, replaced: production 2, `Char`.
fn legal(text: &str) -> String {
    let legal = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if legal(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            legal("a\u{0}\u{1b}\u{ffff}é\n\u{1f600}"),
            "a\u{fffd}\u{fffd}\u{fffd}é\n\u{1f600}"
        );
    }
}
