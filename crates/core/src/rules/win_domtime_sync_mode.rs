//! See [`RULE`].

use crate::fact::Unknown;
use crate::facts::{Facts, Machine};
use crate::finding::{Effect, Finding, Risk};
use crate::rule::Verdict;

crate::rule! {
    /// ## What it checks
    /// A host with Windows guests has them set their clocks from their RTC: libvirt-guests with `SYNC_TIME=1`, or a script
    /// in `/etc/libvirt/hooks` with `virsh domtime --sync` or a `guest-set-time` that gives no time.
    ///
    /// ## Why it matters
    /// The agent in Windows does not read the RTC. It runs `w32tm /resync /nowait`, which asks Windows' own time source
    /// and sets nothing where that does not answer or the service does not run; libvirt-guests looks at no error.
    ///
    /// ## What to do
    /// Give Windows the time: `virsh domtime DOMAIN --now` from a hook. It is good to a second.
    ///
    /// ## Exceptions
    /// A hook that makes a difference between guests, which is not seen from here: allow the rule.
    ///
    /// ## References
    /// - QEMU `qga/commands-win32.c:qmp_guest_set_time`; `qga/qapi-schema.json`, `guest-set-time`
    /// - libvirt `tools/libvirt-guests.sh.in:start`
    /// - <https://libvirt.org/manpages/virsh.html#domtime>
    "win-domtime-sync-mode" on Host {
        summary: "Windows guests are told to set their clocks in a way that their agent does not have",
        severity: Warning,
        since: "0.1.0",
    }
}

fn check(host: &Machine, facts: &Facts) -> Verdict {
    let found: Vec<Finding> = by_libvirt_guests(host)?.into_iter().chain(by_hooks(host)?).collect();
    if found.is_empty() {
        return Ok(vec![]);
    }
    let names = windows(facts)?;
    if names.is_empty() {
        return Ok(vec![]);
    }
    let show = |found: Finding| {
        found.saw("Windows guests", names.join(" "), "the domains' operating systems").cure(
            "set Windows guests with `virsh domtime DOMAIN --now`",
            Effect::Live,
            Risk::Safe,
        )
    };
    Ok(found.into_iter().map(show).collect())
}

/// The domains that run Windows; none while one that is not known may.
fn windows(facts: &Facts) -> Result<Vec<&str>, Unknown> {
    let mut names = Vec::new();
    let mut unknown = None;
    for domain in &facts.domains {
        match domain.os.get() {
            Ok(os) if os.is_windows() => names.push(domain.name.as_str()),
            Ok(_) => {}
            Err(why) => unknown = Some(why),
        }
    }
    match unknown {
        Some(why) if names.is_empty() => Err(why),
        _ => Ok(names),
    }
}

fn by_libvirt_guests(host: &Machine) -> Result<Option<Finding>, Unknown> {
    if host.units.libvirt_guests_enabled.optional()? != Some(&true) {
        return Ok(None);
    }
    let Some(guests) = host.libvirt.guests.optional()? else { return Ok(None) };
    let syncs = guests.sync_time && guests.on_shutdown != "shutdown";
    let from = host.libvirt.guests.from();
    Ok(syncs.then(|| {
        RULE.found("libvirt-guests has Windows set its clock from an RTC that its agent does not read")
            .saw("SYNC_TIME", 1, from)
            .saw("ON_SHUTDOWN", &guests.on_shutdown, from)
    }))
}

fn by_hooks(host: &Machine) -> Result<Option<Finding>, Unknown> {
    let hooks = host.libvirt.hooks.optional()?.map_or(&[][..], Vec::as_slice);
    let lines: Vec<_> = hooks.iter().filter(|hook| reads_rtc(&hook.text)).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let found = RULE.found("a hook has Windows set its clock from an RTC that its agent does not read");
    Ok(Some(lines.iter().fold(found, |found, hook| {
        found.saw("hook", hook.text.trim(), format!("{}:{}", hook.path, hook.line))
    })))
}

/// Whether a line asks for the time without giving it.
fn reads_rtc(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or_default();
    let bare = line.contains("guest-set-time") && !line.contains("time\":") && !line.contains("arguments");
    !line.trim_start().starts_with('#') && (line.contains("domtime") && line.contains("--sync") || bare)
}
