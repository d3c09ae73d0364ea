//! Completions for shells.

use clap_complete::{Shell, generate};

use super::Files;

pub(super) fn add(files: &mut Files) {
    for (shell, name) in
        [(Shell::Bash, "kvmtime.bash"), (Shell::Zsh, "_kvmtime"), (Shell::Fish, "kvmtime.fish")]
    {
        let mut text = Vec::new();
        generate(shell, &mut kvmtime::cli::command(), "kvmtime", &mut text);
        files.insert(format!("packaging/completions/{name}").into(), text);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use crate::root;

    /// What a shell says that loads its completions and is asked what may follow `kvmtime ex`.
    fn asked(shell: &str, arguments: &[&str], script: &str) -> Option<String> {
        let folder = root().join("packaging/completions");
        let program = ["/usr/bin", "/bin"]
            .iter()
            .map(|bin| Path::new(bin).join(shell))
            .find(|path| path.exists());
        let Some(program) = program else {
            assert!(std::env::var_os("CI").is_none(), "{shell} is not installed");
            eprintln!("skipped: {shell} completes commands: no {shell}");
            return None;
        };
        let mut shell = Command::new(program);
        shell.current_dir(folder).args(arguments).arg("-c").arg(script).env("TERM", "dumb");
        let output = shell.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell:?}");
        Some(String::from_utf8(output.stdout).unwrap())
    }

    #[test]
    fn bash_completes_commands_and_options() {
        let script = "source kvmtime.bash
            COMP_WORDS=(kvmtime ex) COMP_CWORD=1
            _kvmtime kvmtime ex kvmtime; echo \"${COMPREPLY[@]}\"
            COMP_WORDS=(kvmtime check --fail) COMP_CWORD=2
            _kvmtime kvmtime --fail check; echo \"${COMPREPLY[@]}\"";
        let Some(said) = asked("bash", &["--norc", "--noprofile"], script) else { return };
        assert_eq!(said, "explain\n--fail-on\n");
    }

    #[test]
    fn fish_completes_commands_and_options() {
        let script = "source kvmtime.fish
            complete --do-complete 'kvmtime ex' | string split -f1 \\t
            complete --do-complete 'kvmtime check --fail' | string split -f1 \\t";
        let Some(said) = asked("fish", &["--no-config"], script) else { return };
        assert_eq!(said, "explain\n--fail-on\n");
    }

    /// zsh completes only at a terminal of its own, which its module zpty is.
    #[test]
    fn zsh_completes_commands() {
        let script = r#"
            zmodload zsh/zpty
            zpty z zsh -f -i
            zpty -w z 'PROMPT=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print loa''ded'
            zpty -r z said '*loaded*'
            zpty -n -w z $'kvmtime expl\t'
            zpty -r z said '*kvmtime explain*' && print explain
            zpty -d z"#;
        let Some(said) = asked("zsh", &["-f"], script) else { return };
        assert_eq!(said, "explain\n");
    }
}
