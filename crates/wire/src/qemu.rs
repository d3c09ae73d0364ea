//! QEMU's command line: what concerns time, from a process or from a script.
//!
//! Source of the shapes: QEMU `qemu-options.hx`, `util/keyval.c`, `target/i386/cpu.c:x86_cpu_parse_featurestr`.

use serde::{Deserialize, Serialize};

use crate::text::{At, Lines, ParseError};

/// A QEMU command line, option by option.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandLine {
    /// The program, as it was called.
    pub program: String,
    /// Its options, in order.
    pub options: Vec<Opt>,
}

/// One option with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opt {
    /// The name without its dashes.
    pub name: String,
    /// The value, as written.
    pub value: Option<String>,
    /// Its place in a file; all zero when it comes from a process.
    pub at: At,
}

/// `key=value,key=value`, in order; a key without `=` has the value `on`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties(pub Vec<(String, String)>);

impl Properties {
    /// The value that QEMU would take: the last one given.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// Whether the property is switched on.
    pub fn on(&self, key: &str) -> bool {
        matches!(self.get(key), Some("on" | "yes" | "true"))
    }
}

/// Options that take a value even when it begins with a dash.
const VALUED: [&str; 17] = [
    "M",
    "accel",
    "append",
    "clock",
    "cpu",
    "device",
    "drive",
    "global",
    "icount",
    "initrd",
    "kernel",
    "machine",
    "name",
    "overcommit",
    "rtc",
    "smp",
    "startdate",
];

impl CommandLine {
    /// The options by that name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Opt> {
        self.options.iter().filter(move |option| option.name == name)
    }

    /// The last option by that name.
    pub fn last(&self, name: &str) -> Option<&Opt> {
        self.options.iter().rev().find(|option| option.name == name)
    }

    /// The properties of `-rtc`.
    pub fn rtc(&self) -> Properties {
        self.merged(&["rtc"], "base")
    }

    /// The properties of `-machine` and `-M`; the machine type is `type`.
    pub fn machine(&self) -> Properties {
        self.merged(&["machine", "M"], "type")
    }

    /// The properties of `-cpu` with dashes for underscores and `+flag`, `-flag` as `on`, `off`; the model is `model`.
    pub fn cpu(&self) -> Properties {
        let mut properties = self.last("cpu").map_or_else(Properties::default, |cpu| {
            properties(cpu.value.as_deref().unwrap_or_default(), "model")
        });
        for (key, value) in &mut properties.0 {
            if let Some(flag) = key.strip_prefix('+') {
                (*key, *value) = (flag.to_owned(), "on".to_owned());
            } else if let Some(flag) = key.strip_prefix('-') {
                (*key, *value) = (flag.to_owned(), "off".to_owned());
            }
            *key = key.replace('_', "-");
        }
        properties
    }

    /// The value that `-global` gives to a device's property.
    pub fn global(&self, driver: &str, property: &str) -> Option<(&Opt, String)> {
        self.all("global").rev().find_map(|option| {
            let value = option.value.as_deref()?;
            let short = value.strip_prefix(driver).and_then(|rest| rest.strip_prefix('.'));
            if let Some((name, value)) = short.and_then(|rest| rest.split_once('=')) {
                return (name == property).then(|| (option, value.to_owned()));
            }
            let long = properties(value, "driver");
            (long.get("driver") == Some(driver) && long.get("property") == Some(property))
                .then(|| Some((option, long.get("value")?.to_owned())))?
        })
    }

    /// The accelerator: `kvm`, `tcg` …; without a word about it `kvm` for a program whose name ends so, else `tcg`.
    /// QEMU tries every `-accel` in order, and takes the last of `-machine accel=` and `-enable-kvm`.
    /// Source: QEMU `system/vl.c:configure_accelerators`.
    pub fn accelerator(&self) -> &str {
        self.accelerator_asked_for()
            .unwrap_or_else(|| if self.program.ends_with("kvm") { "kvm" } else { "tcg" })
    }

    /// The accelerator that an option names.
    pub fn accelerator_asked_for(&self) -> Option<&str> {
        if let Some(first) = self.all("accel").next() {
            let value = first.value.as_deref().unwrap_or_default();
            let value = value.strip_prefix("accel=").unwrap_or(value);
            return Some(value.split(',').next().unwrap_or_default());
        }
        self.options.iter().rev().find_map(|option| match option.name.as_str() {
            "enable-kvm" => Some("kvm"),
            "machine" | "M" => {
                let value = option.value.as_deref().unwrap_or_default();
                let given = value.split(',').find_map(|item| item.strip_prefix("accel="));
                given.and_then(|list| list.split(':').next())
            }
            _ => None,
        })
    }

    /// The guest's name, as `-name` gives it.
    pub fn name(&self) -> Option<String> {
        let value = self.last("name")?.value.as_deref()?;
        properties(value, "guest").get("guest").map(str::to_owned)
    }

    /// Whether the machine is an x86 one, as the program's name tells.
    pub fn is_x86(&self) -> bool {
        let program = self.program.rsplit('/').next().unwrap_or_default();
        !program.starts_with("qemu-system-")
            || program.ends_with("x86_64")
            || program.ends_with("i386")
    }

    fn merged(&self, names: &[&str], implied: &str) -> Properties {
        let options = self.options.iter().filter(|option| names.contains(&option.name.as_str()));
        let lists = options.map(|o| properties(o.value.as_deref().unwrap_or_default(), implied));
        Properties(lists.flat_map(|list| list.0).collect())
    }
}

/// Splits `key=value,flag,…`; `,,` is a comma; the first item without `=` is the value of the implied key.
pub fn properties(text: &str, implied: &str) -> Properties {
    const COMMA: &str = "\u{0}";
    let text = text.replace(",,", COMMA);
    let items = text.split(',').filter(|item| !item.is_empty()).enumerate();
    Properties(
        items
            .map(|(index, item)| {
                let item = item.replace(COMMA, ",");
                match item.split_once('=') {
                    Some((key, value)) => (key.to_owned(), value.to_owned()),
                    None if index == 0 => (implied.to_owned(), item),
                    None => (item, "on".to_owned()),
                }
            })
            .collect(),
    )
}

/// Reads the arguments of a process, separated by NUL as in `/proc/PID/cmdline`.
pub fn from_argv(argv: &str) -> CommandLine {
    let words = argv.split('\0').map(|word| (word.to_owned(), At::default()));
    options(words.filter(|(word, _)| !word.is_empty()).collect())
}

/// Reads a shell command or a script that holds one: quotes, comments and `\` at the end of a line are understood.
///
/// # Errors
/// Where a quote is not closed, or when there is no QEMU in it.
pub fn parse(text: &str) -> Result<CommandLine, ParseError> {
    let words = words(text)?;
    let is_program = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.starts_with("qemu-system-") || matches!(name, "qemu-kvm" | "kvm" | "qemu")
    };
    let start = words
        .iter()
        .position(|(word, _)| is_program(word))
        .or_else(|| words.first().filter(|(word, _)| word.starts_with('-')).map(|_| 0))
        .ok_or_else(|| {
            ParseError::new(1, "no QEMU command line: no word is qemu-system-… or kvm")
        })?;
    Ok(options(words.into_iter().skip(start).collect()))
}

fn options(words: Vec<(String, At)>) -> CommandLine {
    let mut line = CommandLine::default();
    let mut words = words.into_iter().peekable();
    if let Some((program, _)) = words.next_if(|(word, _)| !word.starts_with('-')) {
        line.program = program;
    }
    while let Some((word, mut at)) = words.next() {
        let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            continue;
        };
        let takes = |next: &str| VALUED.contains(&name) || !next.starts_with('-');
        let value = words.next_if(|(next, _)| takes(next));
        if let Some((_, end)) = &value {
            (at.end_line, at.end_column) = (end.end_line, end.end_column);
        }
        line.options.push(Opt { name: name.to_owned(), value: value.map(|(value, _)| value), at });
    }
    line
}

/// Splits like a POSIX shell, without expanding anything; a word ends a command at `;`, `|` and `&` only as a word of its own.
fn words(text: &str) -> Result<Vec<(String, At)>, ParseError> {
    let lines = Lines::new(text);
    let mut words = Vec::new();
    let mut word = String::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = text.char_indices().peekable();
    while let Some((offset, c)) = characters.next() {
        match (quote, c) {
            (None, '\\') if characters.peek().is_some_and(|(_, next)| *next == '\n') => {
                characters.next();
            }
            (None | Some((_, '"')), '\\') => {
                start.get_or_insert(offset);
                word.extend(characters.next().map(|(_, escaped)| escaped));
            }
            (Some((_, open)), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => {
                start.get_or_insert(offset);
                quote = Some((offset, c));
            }
            (None, '#') if start.is_none() => {
                while characters.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            (None, c) if c.is_whitespace() => {
                if let Some(start) = start.take() {
                    words.push((std::mem::take(&mut word), lines.at(start..offset)));
                }
            }
            (None, c) => {
                start.get_or_insert(offset);
                word.push(c);
            }
        }
    }
    if let Some((offset, _)) = quote {
        return Err(ParseError::new(
            lines.at(offset..offset).line as usize,
            "a quote is not closed",
        ));
    }
    if let Some(start) = start {
        words.push((word, lines.at(start..text.len())));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "#!/bin/sh\n# the old way\nexec qemu-system-x86_64 -enable-kvm \\\n  -name 'my guest' -cpu host,+invtsc,hv_time,-kvmclock \\\n  -rtc base=localtime,clock=vm -global kvm-pit.lost_tick_policy=discard\n";

    #[test]
    fn a_script_is_understood_with_places() {
        let line = parse(SCRIPT).unwrap();
        assert_eq!(line.program, "qemu-system-x86_64");
        assert_eq!(line.accelerator(), "kvm");
        assert_eq!(line.name().as_deref(), Some("my guest"));
        assert_eq!(line.rtc().get("clock"), Some("vm"));
        assert_eq!(line.last("rtc").unwrap().at.line, 5);
        let cpu = line.cpu();
        assert!(cpu.on("invtsc") && cpu.on("hv-time") && cpu.get("kvmclock") == Some("off"));
        assert_eq!(line.global("kvm-pit", "lost_tick_policy").unwrap().1, "discard");
    }

    #[test]
    fn argv_of_a_process_needs_no_quotes() {
        let line = from_argv(
            "/usr/bin/qemu-system-x86_64\0-name\0guest=a b,debug-threads=on\0-S\0-machine\0pc-q35-7.2,accel=kvm:tcg,hpet=off\0",
        );
        assert_eq!(line.name().as_deref(), Some("a b"));
        assert_eq!(line.accelerator(), "kvm");
        assert_eq!(line.machine().get("hpet"), Some("off"));
        assert!(line.last("S").unwrap().value.is_none());
    }

    #[test]
    fn the_long_form_of_global_and_escaped_commas_count() {
        let line =
            parse("kvm -global driver=mc146818rtc,property=lost_tick_policy,value=slew -name a,,b")
                .unwrap();
        assert_eq!(line.global("mc146818rtc", "lost_tick_policy").unwrap().1, "slew");
        assert_eq!(line.name().as_deref(), Some("a,b"));
    }

    #[test]
    fn the_accelerator_is_the_one_that_qemu_takes() {
        let accelerator = |text| parse(text).unwrap().accelerator().to_owned();
        assert_eq!(accelerator("qemu-system-x86_64 -accel kvm -accel tcg"), "kvm");
        assert_eq!(accelerator("qemu-system-x86_64 -accel tcg,thread=multi"), "tcg");
        assert_eq!(accelerator("qemu-system-x86_64 -enable-kvm -machine q35,accel=tcg"), "tcg");
        assert_eq!(accelerator("/usr/libexec/qemu-kvm -m 1G"), "kvm");
        assert_eq!(accelerator("qemu-system-x86_64 -m 1G"), "tcg");
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(parse("kvm \\\n -name 'x").unwrap_err().line, 2);
        assert!(parse("echo hello").is_err());
    }
}
