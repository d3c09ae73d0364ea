//! The book's table of contents, and the pages of the schemas.

use std::fs;
use std::path::Path;

use kvmtime_core::rules::CATALOGUE;

use super::Files;
use crate::root;

/// What a rule may judge, and the chapter's title.
const SUBJECTS: [(&str, &str); 6] = [
    ("host", "Hosts"),
    ("guest", "Guests"),
    ("domain", "libvirt domains"),
    ("qemu", "QEMU command lines"),
    ("host or guest", "Hosts and guests"),
    ("fleet", "Fleets"),
];

/// The pages of schemas: each its name, its schema, its title and who prints it.
const SCHEMAS: [[&str; 4]; 2] = [
    ["schema.md", "check.schema.json", "JSON of `check`", "`kvmtime check --format json` prints"],
    [
        "sync-schema.md",
        "sync.schema.json",
        "JSON of `sync` and `guard`",
        "`sync`, `pause`, `resume`, `guard status` and `history --corrections` print with `--format json`",
    ],
];

pub(super) fn add(files: &mut Files) -> std::io::Result<()> {
    for [name, file, title, who] in SCHEMAS {
        let schema = fs::read_to_string(root().join("docs/reference").join(file))?;
        let page = format!(
            "# {title}\n\nWhat {who}, as a schema ([the file]({file})).\n\n```json\n{schema}```\n"
        );
        files.insert(format!("docs/reference/{name}").into(), page.into());
    }
    files.insert("docs/SUMMARY.md".into(), contents()?.into());
    Ok(())
}

fn contents() -> std::io::Result<String> {
    let mut text = "# kvmtime\n\n[Where to begin](README.md)\n\n# Guide\n\n".to_owned();
    text.push_str(&chapters("guide")?);
    text.push_str("\n# Reference\n\n- [All rules](rules/README.md)\n");
    for (subject, title) in SUBJECTS {
        let rules = CATALOGUE.iter().filter(|rule| rule.check.subject() == subject);
        let rows: String =
            rules.map(|rule| format!("    - [{0}](rules/{0}.md)\n", rule.id)).collect();
        text.push_str(&format!("  - [{title}]()\n{rows}"));
    }
    text.push_str(&chapters("reference")?);
    for [name, _, title, _] in SCHEMAS {
        text.push_str(&format!("- [{title}](reference/{name})\n"));
    }
    text.push_str("\n# Design\n\n");
    text.push_str(&chapters("design")?);
    Ok(text)
}

/// The pages of a folder.
fn chapters(folder: &str) -> std::io::Result<String> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(root().join("docs").join(folder))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") && SCHEMAS.iter().all(|[schema, ..]| *schema != name) {
            pages.push(name);
        }
    }
    pages.sort();
    let row = |name: &String| {
        Some(format!(
            "- [{}]({folder}/{name})\n",
            title(&Path::new("docs").join(folder).join(name))?
        ))
    };
    Ok(pages.iter().filter_map(row).collect())
}

/// Its first heading.
fn title(page: &Path) -> Option<String> {
    let text = fs::read_to_string(root().join(page)).ok()?;
    text.lines().find_map(|line| line.strip_prefix("# ")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};
    use std::path::PathBuf;

    use super::*;

    /// Every Markdown file below a folder.
    fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pages(&path, found);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            }
        }
    }

    /// Links of a text outside of its code, as they are written.
    fn links(text: &str) -> Vec<String> {
        let prose: Vec<&str> = text.split("\n```").step_by(2).collect();
        let prose = prose.join("\n");
        let ends = prose.match_indices("](").map(|(at, _)| &prose[at + 2..]);
        ends.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
    }

    /// The name that a heading is linked by, as GitHub and mdBook make it.
    fn anchors(text: &str) -> HashSet<String> {
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let anchor = |line: &str| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        };
        headings.map(anchor).collect()
    }

    #[test]
    fn every_link_leads_somewhere_and_every_page_is_in_the_book() {
        let docs = root().join("docs");
        let mut all = Vec::new();
        pages(&docs, &mut all);
        let mut listed = BTreeSet::new();
        let outside = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
        for page in all.iter().cloned().chain(outside.map(|name| root().join(name))) {
            for link in links(&fs::read_to_string(&page).unwrap()) {
                if link.contains("://") || link.is_empty() {
                    continue;
                }
                let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
                let target = if path.is_empty() { page.clone() } else { page.with_file_name(path) };
                assert!(target.exists(), "{}: {link}", page.display());
                let known = anchor.is_empty()
                    || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor);
                assert!(known, "{}: {link} is no heading", page.display());
                if page.ends_with("SUMMARY.md") {
                    listed.insert(target);
                }
            }
        }
        let missing: Vec<_> = all
            .iter()
            .filter(|page| !page.ends_with("SUMMARY.md") && !listed.contains(*page))
            .collect();
        assert!(missing.is_empty(), "not in the book: {missing:?}");
    }
}
