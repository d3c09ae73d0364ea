# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kvmtime_global_optspecs
    string join \n h/help V/version
end

function __fish_kvmtime_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kvmtime_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kvmtime_using_subcommand
    set -l cmd (__fish_kvmtime_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kvmtime -n "__fish_kvmtime_needs_command" -s h -l help -d 'Print help'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "check" -d 'Say what is wrong with the time of these machines, with evidence and cure'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "facts" -d 'Print what was read, and from where'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "capture" -d 'Keep everything that `check` reads of this machine in a folder, for somebody else'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "rules" -d 'List the catalogue of rules'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "explain" -d 'Say what a rule, a log line, an error message or a symptom is about'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "config" -d 'Print the settings that hold for `check`, and where each value came from'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "translate" -d 'Say what becomes of a domain\'s clock settings'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "bench" -d 'Measure what reading each clock costs, and whether two clocksources really differ'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "measure" -d 'Measure how far a clock is off and how fast it drifts, each with its bound'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "history" -d 'Show what `measure --record`, `sync` and `guard` have kept: offsets, drifts, corrections'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "echo" -d 'Answer inside a guest what its clocks say, for `kvmtime measure --echo` on its host'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "sync" -d 'Set guests\' clocks through their agents, read them back, and repeat until they are proven right'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "guard" -d 'Keep guests\' clocks right, as a service'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "pause" -d 'Stop guests with their clocks, for `kvmtime resume` to let them go on in the present'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "resume" -d 'Let stopped guests go on, and set their clocks at once'
complete -c kvmtime -n "__fish_kvmtime_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l facts -d 'Facts that `kvmtime facts --format json` printed, here or elsewhere' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l as -d 'Judge evidence as that, instead of what it looks like' -r -f -a "host\t''
guest\t''"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l format -d 'How to print what was found [default: text]' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'
junit\t'A test case for each rule and subject, for CI'
markdown\t'Tables, for an issue or a merge request'
nagios\t'A line with performance data, and a monitoring plugin\'s exit status'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l fail-on -d 'The least severity that makes the exit status 1 [default: warning]' -r -f -a "info\t''
warning\t''
error\t''
never\t''"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l only -d 'Judge by these rules alone, separated by commas' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l skip -d 'Do not judge by these rules, separated by commas' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l colour -d 'Whether text is coloured [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l lifecycle -d 'What may happen to guests, separated by commas: rules judge by that alone [default: what is seen]' -r -f -a "pinned\t'They only ever run; none of the others happens'
paused\t'Stopped and continued'
saved\t'Saved to a file and restored'
migrated\t'Moved to another host while they run'
snapshotted\t'Snapshotted with their memory, and reverted'
host-sleeps\t'Their host suspends'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l budget -d 'How far off clocks may be: ceph, etcd, cockroachdb, kerberos, aws-sigv4, tls, or seconds' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -l config -d 'The configuration to read instead of /etc/kvmtime: a file, or a folder that is laid out like that one' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -s v -l verbose -d 'Show where each value came from, and why rules were skipped'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -s q -l quiet -d 'Print findings only'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand check" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand facts" -l facts -d 'Facts that `kvmtime facts --format json` printed, here or elsewhere' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand facts" -l as -d 'Judge evidence as that, instead of what it looks like' -r -f -a "host\t''
guest\t''"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand facts" -l format -d 'How to print them' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand facts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand facts" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand capture" -l script -d 'Print a script that makes such a folder in a guest where kvmtime cannot be run' -r -f -a "windows\t'PowerShell, from Windows 7 and Server 2008 R2 on'
bsd\t'sh, for FreeBSD, NetBSD and OpenBSD'
linux\t'sh, for any Linux'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand capture" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand capture" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand rules" -l format -d 'How to print it' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand rules" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand explain" -l symptom -d 'What is wrong with the clock, in plain words: the likely causes, and how to confirm them' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand explain" -l format -d 'How to print it' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand explain" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand config" -l config -d 'The configuration to read instead of /etc/kvmtime: a file, or a folder that is laid out like that one' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand config" -l format -d 'How to print them' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand config" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -l facts -d 'Facts that `kvmtime facts --format json` printed, here or elsewhere' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -l as -d 'Judge evidence as that, instead of what it looks like' -r -f -a "host\t''
guest\t''"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -l libvirt -d 'The libvirt that defines and starts it, from 7.0 on [default: the one here, else the newest]' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -l qemu -d 'The QEMU that it starts, from 5.2 on [default: the one here, else the newest]' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -l host-tsc -d 'The host\'s TSC in Hz, with `,scaling` when guests may run at another rate [default: what libvirt says]' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -l diff -d 'What changes from one pair of libvirt/QEMU to another' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -l format -d 'How to print it' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand translate" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l switch -d 'Switch to other clocksources for a while: those named, else all on offer' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l rounds -d 'How often each clocksource has its turn' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l workload -d 'How often a process, or the COMMAND behind `--`, reads clocks' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l seconds -d 'How long a process is watched' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l costs -d 'Take the costs of reads from a file that --format json wrote on this machine' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l preset -d 'Run a known benchmark with each clocksource in turns' -r -f -a "sysbench\t'`sysbench cpu`, which hardly reads clocks, and `sysbench memory`, which reads them most; about two minutes'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l compare -d 'What moved from one run to another: two files that --format json wrote' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l svg -d 'Draw the costs into a file' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -l format -d 'How to print it' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand bench" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l against -d 'Measure this machine against that: chronyd[:PORT], ntp:HOST[:PORT], phc[:DEVICE], vmclock[:PAGE] or rtc' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l qga -d 'Measure the guest whose agent listens at this socket' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l qmp -d 'Measure the emulated RTC of the QEMU whose QMP monitor listens at this socket' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l echo -d 'Measure the guest in which `kvmtime echo` answers at this port: a device, a socket or vsock:CID:PORT' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l connect -d 'The libvirt that knows the domains' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l duration -d 'How long to measure, such as 10s or 5min [default: 10s; with --precision as long as it takes]' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l interval -d 'From one reading to the next [default: 250ms; with --events 100ms]' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l precision -d 'Measure until the rate is known as well as this, such as 0.01ppm' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l budget -d 'The most that the clock may be off, by the worst that the bounds allow, up to UTC where that is known: ceph, etcd, cockroachdb, kerberos, aws-sigv4, tls, or a time such as 50ms' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l history -d 'The file to keep it in [default: that of `kvmtime history`]' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l svg -d 'Also draw it: offset, delays, Allan deviation and error budget' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l html -d 'Also write a page with numbers and pictures that needs nothing else' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l format -d 'How to print the result' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'
csv\t'Every reading in a line'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l events -d 'Watch this machine\'s clocks from inside instead, and print steps, pauses and switches as they happen, until Ctrl-C'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -l record -d 'Also keep the result, for `kvmtime history`'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand measure" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand history" -l history -d 'The history\'s file [default: /var/lib/kvmtime/history.sqlite, or below $XDG_STATE_HOME for who is not root]' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand history" -l svg -d 'Also draw it: the offsets, each with its bound' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand history" -l format -d 'How to print it' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'
csv\t'Every reading in a line'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand history" -l corrections -d 'Show what was done to guests\' clocks instead of what was measured'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand history" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand echo" -l port -d 'Where to answer: a device, a path at which to make a socket, or vsock:PORT' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand echo" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l qga -d 'The guest whose agent listens at this socket' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l qmp -d 'The same guest\'s QMP monitor, by which it is stopped and let go on, and the ticks are dropped that its RTC owes it' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l connect -d 'The libvirt that knows the domains' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l history -d 'The file that keeps what was done [default: that of `kvmtime history`]' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l tolerance -d 'How far off a clock may be' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l max-step -d 'Leave a clock alone that is further off, for somebody to look at' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l timeout -d 'How long a guest may take' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l format -d 'How to print the result' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l all -d 'All domains that run'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l never-backwards -d 'Never set a clock back; one that is ahead is a failure'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l only-if-behind -d 'Leave a clock that is ahead as it is'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l only-if-synchronised -d 'Set nothing while this host\'s own clock is not synchronised'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l slew -d 'Never step: have the guest\'s own daemon slew its clock, and wait for that'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l wait -d 'Also wait, up to --timeout, for a guest that is paused or off'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -l dry-run -d 'Only say what would be done; exit status 1 when a clock would be set'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand sync" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -l connect -d 'The libvirt whose domains are guarded; "" for none [default: qemu:///system]' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -l config -d 'The configuration to read instead of /etc/kvmtime: a file, or a folder that is laid out like that one' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -l history -d 'The file to keep in what was done [default: that of `kvmtime history`]' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -l socket -d 'Where it answers `kvmtime guard status`' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -l once -d 'Look at each guest once, and end'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -l dry-run -d 'Only say what would be done'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -f -a "status" -d 'Print what a guard that runs does'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and not __fish_seen_subcommand_from status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and __fish_seen_subcommand_from status" -l socket -d 'Where it answers' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and __fish_seen_subcommand_from status" -l format -d 'How to print it' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and __fish_seen_subcommand_from help" -f -a "status" -d 'Print what a guard that runs does'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand guard; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand pause" -l qga -d 'The guest whose agent listens at this socket' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand pause" -l qmp -d 'The same guest\'s QMP monitor, by which it is stopped and let go on, and the ticks are dropped that its RTC owes it' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand pause" -l connect -d 'The libvirt that knows the domains' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand pause" -l history -d 'The file that keeps what was done [default: that of `kvmtime history`]' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand pause" -l format -d 'How to print the result' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand pause" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l qga -d 'The guest whose agent listens at this socket' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l qmp -d 'The same guest\'s QMP monitor, by which it is stopped and let go on, and the ticks are dropped that its RTC owes it' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l connect -d 'The libvirt that knows the domains' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l history -d 'The file that keeps what was done [default: that of `kvmtime history`]' -r -F
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l tolerance -d 'How far off a clock may be' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l max-step -d 'Leave a clock alone that is further off, for somebody to look at' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l timeout -d 'How long a guest may take' -r
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l format -d 'How to print the result' -r -f -a "text\t'For people'
json\t'For programs; the schema is named in it'"
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l never-backwards -d 'Never set a clock back; one that is ahead is a failure'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l only-if-behind -d 'Leave a clock that is ahead as it is'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l only-if-synchronised -d 'Set nothing while this host\'s own clock is not synchronised'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -l slew -d 'Never step: have the guest\'s own daemon slew its clock, and wait for that'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand resume" -s V -l version -d 'Print version'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "check" -d 'Say what is wrong with the time of these machines, with evidence and cure'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "facts" -d 'Print what was read, and from where'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "capture" -d 'Keep everything that `check` reads of this machine in a folder, for somebody else'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "rules" -d 'List the catalogue of rules'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "explain" -d 'Say what a rule, a log line, an error message or a symptom is about'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "config" -d 'Print the settings that hold for `check`, and where each value came from'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "translate" -d 'Say what becomes of a domain\'s clock settings'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "bench" -d 'Measure what reading each clock costs, and whether two clocksources really differ'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "measure" -d 'Measure how far a clock is off and how fast it drifts, each with its bound'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "history" -d 'Show what `measure --record`, `sync` and `guard` have kept: offsets, drifts, corrections'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "echo" -d 'Answer inside a guest what its clocks say, for `kvmtime measure --echo` on its host'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "sync" -d 'Set guests\' clocks through their agents, read them back, and repeat until they are proven right'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "guard" -d 'Keep guests\' clocks right, as a service'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "pause" -d 'Stop guests with their clocks, for `kvmtime resume` to let them go on in the present'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "resume" -d 'Let stopped guests go on, and set their clocks at once'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and not __fish_seen_subcommand_from check facts capture rules explain config translate bench measure history echo sync guard pause resume help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kvmtime -n "__fish_kvmtime_using_subcommand help; and __fish_seen_subcommand_from guard" -f -a "status" -d 'Print what a guard that runs does'
