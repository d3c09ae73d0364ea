//! The reference of the configuration.

/// One setting.
pub(super) struct Setting {
    /// Its name in a file.
    pub(super) key: &'static str,
    /// What it may be.
    values: &'static str,
    /// What it is when nobody sets it, as a file would say it.
    default: &'static str,
    /// The flag of `check`, and the variable.
    elsewhere: &'static str,
    /// What it does.
    meaning: &'static str,
    /// Lines of a file.
    pub(super) example: &'static str,
}

/// All of them, in the order of `kvmtime config`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "fail_on",
        values: "`\"info\"`, `\"warning\"`, `\"error\"`, `\"never\"`",
        default: "\"warning\"",
        elsewhere: "`--fail-on`, `KVMTIME_FAIL_ON`",
        meaning: "The least severity that makes the exit status of `check` 1.",
        example: "fail_on = \"error\"",
    },
    Setting {
        key: "format",
        values: "FORMATS",
        default: "\"text\"",
        elsewhere: "`--format`, `KVMTIME_FORMAT`",
        meaning: "How `check` prints what it found.",
        example: "format = \"json\"",
    },
    Setting {
        key: "only",
        values: "a list of rules",
        default: "[]",
        elsewhere: "`--only`, `KVMTIME_ONLY`",
        meaning: "Judge by these rules alone; by all when the list is empty. What is left out counts nowhere, \
                  not even as skipped.",
        example: "only = [\"dom-rtc-track-guest\", \"dom-hpet-enabled\"]",
    },
    Setting {
        key: "skip",
        values: "a list of rules",
        default: "[]",
        elsewhere: "`--skip`, `KVMTIME_SKIP`",
        meaning: "Do not judge by these rules, even if `only` names them.",
        example: "skip = [\"dom-no-agent-channel\"]",
    },
    Setting {
        key: "colour",
        values: "`\"auto\"`, `\"always\"`, `\"never\"`",
        default: "\"auto\"",
        elsewhere: "`--colour`, `KVMTIME_COLOUR`",
        meaning: "Whether text is coloured; `auto` colours it on a terminal, unless `NO_COLOR` is set.",
        example: "colour = \"never\"",
    },
    Setting {
        key: "lifecycle",
        values: "a list of `\"paused\"`, `\"saved\"`, `\"migrated\"`, `\"snapshotted\"`, `\"host-sleeps\"`, \
                 or `[\"pinned\"]`",
        default: "[]",
        elsewhere: "`--lifecycle`, `KVMTIME_LIFECYCLE`",
        meaning: "What may happen to guests, and nothing else does; `pinned` is none of it. When the list is empty, \
                  logs, saved images, snapshots and the settings of libvirt-guests tell what does happen.",
        example: "lifecycle = [\"paused\", \"saved\"]",
    },
    Setting {
        key: "budget",
        values: "BUDGETS, or a length of time as `\"0.25\"` (seconds) or `\"50ms\"`",
        default: "\"\"",
        elsewhere: "`--budget`, `KVMTIME_BUDGET`",
        meaning: "How far off a machine's clock may be. `clock-error-exceeds-budget` judges by it, and its page says \
                  where the numbers come from.",
        example: "budget = \"ceph\"",
    },
    Setting {
        key: "guard",
        values: "a table, see below",
        default: "none",
        elsewhere: "`kvmtime guard --connect`",
        meaning: "What the daemon does.",
        example: "[guard]\n\
                  tolerance = \"5ms\"\n\
                  max_step = \"1h\"\n\
                  ignore = [\"build-*\"]\n\n\
                  [[guard.monitors]]\n\
                  qmp = \"/run/vm/micro1.qmp\"\n\
                  qga = \"/run/vm/micro1.qga\"",
    },
    Setting {
        key: "allow",
        values: "tables, see below",
        default: "none",
        elsewhere: "",
        meaning: "Faults that are known and accepted.",
        example: "[[allow]]\n\
                  rule = \"dom-rtc-track-guest\"\n\
                  subject = \"domain/legacy-*\"\n\
                  reason = \"the ERP guests are never paused, see INFRA-1234\"\n\
                  until = 2099-12-31",
    },
];

const HEAD: &str = "\
# Configuration

`/etc/kvmtime/config.toml`, then `/etc/kvmtime/config.d/*.toml` in the order of their names. None of them needs to exist.
`--config FILE` (or `KVMTIME_CONFIG`) reads that file instead, or that folder's `config.toml` and `config.d/*.toml`.

A flag wins over the environment, the environment over files, a later file over an earlier one, and any of them over the
default. A list replaces the list that it wins over; allowances of all files add up. A key that kvmtime does not know, a value
that it does not understand, and a rule that does not exist are refused with file and line: exit status 2.

`kvmtime config` prints what holds and where each value came from. The settings are those of `kvmtime check`.

";

const ALLOW: &str = "
## Allowances

A finding of `rule` on a subject that `subject` matches is accepted: it is not printed, makes no exit status, and is in no
count but the text output's `allowed`. SARIF keeps it as a suppressed result, JUnit as a skipped test case, each with the
reason.

| key | what it is |
|---|---|
| `rule` | the rule's id |
| `subject` | the subject's id, as `host`, `domain/web01` or `qemu/1234`; `*` stands for any characters, `?` for one; default `*` |
| `reason` | why it is accepted; it must not be empty |
| `until` | the last day on which it is, `YYYY-MM-DD`, by UTC; without it there is no end |

One that is over allows nothing any more: its findings count again, and `check` says so on standard error (in SARIF: as a
notification of the configuration) each time it runs. That alone does not change the exit status.
";

const GUARD: &str = "
## Guard

`kvmtime guard` reads this table when it starts and on SIGHUP. A later file's table replaces an earlier one's.

| key | what it is | default |
|---|---|---|
| `connect` | the libvirt whose domains are guarded; `\"\"` for none | `\"qemu:///system\"` |
| `tolerance` | how far off a guest's clock may be | `\"10ms\"` |
| `max_step` | a clock that is further off is left alone, for somebody to look at | none |
| `never_backwards` | never set a clock back; one that is ahead is a failure | `false` |
| `only_if_behind` | leave a clock that is ahead as it is | `false` |
| `only_if_synchronised` | set nothing while this host's own clock is not synchronised | `false` |
| `slew` | never step: have the guest's own daemon slew its clock | `false` |
| `timeout` | how long one look at a guest may take | `\"10s\"` |
| `sweep` | how often a guest is looked at to which nothing happened | `\"10min\"` |
| `at_once` | how many guests are looked at at once | `8` |
| `ignore` | names of guests that are left alone; `*` stands for any characters, `?` for one | `[]` |
| `monitors` | QEMUs that no libvirt runs: `qmp` is where the monitor listens, which is held open, `qga` where the agent does | `[]` |
";

/// The page `docs/reference/config.md`.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| key | value | default | elsewhere | what it does |\n|---|---|---|---|---|\n");
    for Setting { key, values, default, elsewhere, meaning, .. } in SETTINGS {
        let values = values.replace("FORMATS", &formats()).replace("BUDGETS", &budgets());
        page.push_str(&format!("| `{key}` | {values} | `{default}` | {elsewhere} | {meaning} |\n"));
    }
    page.push_str("\n## Example\n\n```toml\n");
    let examples: Vec<&'static str> = SETTINGS.iter().map(|setting| setting.example).collect();
    // Tables end what stands in none.
    let (tables, plain): (Vec<&str>, Vec<&str>) =
        examples.into_iter().partition(|text| text.starts_with('['));
    let (tables, plain) = (tables.join("\n\n"), plain.join("\n"));
    page.push_str(&format!("{plain}\n\n{tables}\n```\n{GUARD}{ALLOW}"));
    page
}

fn budgets() -> String {
    kvmtime_core::budget::names()
        .split(", ")
        .map(|name| format!("`\"{name}\"`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn formats() -> String {
    use clap::ValueEnum;
    let all = crate::output::Format::value_variants().iter();
    let words = all.filter_map(ValueEnum::to_possible_value);
    words.map(|word| format!("`\"{}\"`", word.get_name())).collect::<Vec<_>>().join(", ")
}
