//! QEMU's command line: what concerns time, from a process or from a script.
//!
//! Source of the shapes: QEMU `qemu-options.hx`, `util/keyval.c`, `target/i386/cpu.c:x86_cpu_parse_featurestr`.

mod shell;

use serde::{Deserialize, Serialize};

use crate::text::{At, ParseError};
use shell::Word;

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
        // QEMU qapi/qapi-util.c:qapi_bool_parse
        matches!(self.get(key), Some("on" | "yes" | "true" | "y"))
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

/// Options that take no value, so that what follows is an image. Source: QEMU `qemu-options.hx`, up to 8.2.
const FLAGS: [&str; 13] = [
    "S",
    "daemonize",
    "enable-kvm",
    "localtime",
    "no-hpet",
    "no-kvm",
    "no-kvm-irqchip",
    "no-kvm-pit",
    "no-kvm-pit-reinjection",
    "nographic",
    "only-migratable",
    "rtc-td-hack",
    "tdf",
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
        let given = self.last("cpu").and_then(|cpu| cpu.value.as_deref()).unwrap_or_default();
        let mut features: Vec<_> =
            properties(given, "model").0.into_iter().map(Feature::new).collect();
        features.sort_by_key(|feature| feature.rank);
        Properties(features.into_iter().map(|feature| feature.property).collect())
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

struct Feature {
    /// QEMU takes `-flag` after `+flag`, and both after `flag=…`, wherever they stand.
    rank: u8,
    property: (String, String),
}

impl Feature {
    /// Source: QEMU `target/i386/cpu.c:x86_cpu_parse_featurestr`, `x86_cpu_expand_features`.
    fn new((key, value): (String, String)) -> Self {
        let (rank, name, value) = match (key.strip_prefix('+'), key.strip_prefix('-')) {
            (Some(flag), _) => (1, flag, "on".to_owned()),
            (_, Some(flag)) => (2, flag, "off".to_owned()),
            _ => (0, key.as_str(), value),
        };
        let name = match name.replace('_', "-") {
            short if short == "tsc-freq" => "tsc-frequency".to_owned(),
            name => name,
        };
        Self { rank, property: (name, value) }
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

/// Reads the arguments of a process, each ended by NUL as in `/proc/PID/cmdline`.
pub fn from_argv(argv: &str) -> CommandLine {
    let argv = argv.trim_end_matches('\0').split('\0');
    let word = |text: &str| Word { text: text.to_owned(), at: At::default(), begins: false };
    options(&argv.map(word).collect::<Vec<_>>())
}

/// Reads a shell command, a script that holds one, or options alone. Lines of options need no `\` in between.
///
/// # Errors
/// Where a quote is not closed, or when there is no QEMU in it.
pub fn parse(text: &str) -> Result<CommandLine, ParseError> {
    let words = shell::words(text)?;
    let commands = || words.chunk_by(|_, next| !next.begins || is_option(next));
    let named =
        || commands().filter_map(|command| command.get(command.iter().position(is_program)?..));
    // A name may also stand in `modprobe kvm` or in a test whether the program is there.
    named()
        .find(|command| command.iter().any(is_option))
        .or_else(|| commands().next().filter(|command| command.first().is_some_and(is_option)))
        .or_else(|| named().next())
        .map(options)
        .ok_or_else(|| ParseError::new(1, "no QEMU command line: no word is qemu-system-… or kvm"))
}

/// The name of QEMU, or a variable that holds it.
fn is_program(word: &Word) -> bool {
    let name = word.text.rsplit('/').next().unwrap_or_default();
    let known = name.starts_with("qemu-system-") || matches!(name, "qemu-kvm" | "kvm" | "qemu");
    let variable = name.starts_with('$') && name.to_ascii_uppercase().contains("QEMU");
    (known || variable) && !word.text.contains('=')
}

fn is_option(word: &Word) -> bool {
    word.text.starts_with('-')
}

fn options(words: &[Word]) -> CommandLine {
    let mut line = CommandLine::default();
    let mut words = words.iter().peekable();
    if let Some(program) = words.next_if(|word| !is_option(word)) {
        line.program.clone_from(&program.text);
    }
    while let Some(word) = words.next() {
        let name = word.text.strip_prefix("--").or_else(|| word.text.strip_prefix('-'));
        let Some(name) = name else { continue };
        let takes =
            |next: &&Word| VALUED.contains(&name) || !is_option(next) && !FLAGS.contains(&name);
        let value = words.next_if(takes);
        let mut at = word.at;
        if let Some(value) = value {
            (at.end_line, at.end_column) = (value.at.end_line, value.at.end_column);
        }
        let value = value.map(|value| value.text.clone());
        line.options.push(Opt { name: name.to_owned(), value, at });
    }
    line
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
    fn an_empty_argument_is_a_value() {
        let line = from_argv("qemu-system-x86_64\0-append\0\0-rtc\0base=utc\0-no-hpet\0a.img\0\0");
        assert_eq!(line.rtc().get("base"), Some("utc"));
        assert_eq!(line.last("append").unwrap().value.as_deref(), Some(""));
        assert_eq!(line.last("no-hpet").unwrap().value, None);
    }

    #[test]
    fn a_script_s_other_commands_are_left_out() {
        let script = "QEMU=/usr/bin/qemu-system-x86_64\nmodprobe kvm\n[ -x /usr/bin/kvm ] || exit\n$QEMU -m 1G \\\n -rtc base=utc\necho -rtc base=localtime\n";
        let line = parse(script).unwrap();
        assert_eq!((line.program.as_str(), line.options.len()), ("$QEMU", 2));
        assert_eq!(parse("-m 1G\n-rtc clock=vm\n").unwrap().rtc().get("clock"), Some("vm"));
        assert_eq!(parse("qemu-system-x86_64").unwrap().options, []);
    }

    #[test]
    fn minus_wins_over_plus_and_both_over_a_value() {
        let invtsc = |cpu: &str| parse(&format!("kvm -cpu host,{cpu}")).unwrap().cpu().on("invtsc");
        assert!(invtsc("+invtsc") && invtsc("+invtsc,invtsc=off") && invtsc("invtsc=y"));
        assert!(!invtsc("-invtsc,+invtsc") && !invtsc("invtsc=on,invtsc=off"));
        let line = parse("kvm -cpu host,tsc_freq=1000").unwrap();
        assert_eq!(line.cpu().get("tsc-frequency"), Some("1000"));
        assert_eq!(line.cpu().get("model"), Some("host"));
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
