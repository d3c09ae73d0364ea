//! Why a guest's clock was not set, or is not proven right: each with a name and a hint.

use std::fmt;

use crate::reading::Interval;
use crate::units::Nanos;

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no libvirt to ask, in its words.
    NoLibvirt(String),
    /// Nobody knows a guest of that name.
    Unknown,
    /// It does not run.
    Off,
    /// It is paused: an agent answers only while its guest runs.
    Paused,
    /// Nobody listens at its socket.
    NoSocket(String),
    /// It has no channel for an agent.
    NoChannel,
    /// Its hypervisor passes nothing on to agents.
    NoAgents,
    /// Its channel has nobody listening in the guest.
    NotConnected,
    /// The agent did not answer in time.
    Silent,
    /// The agent's end was closed.
    Gone,
    /// What came is no answer.
    Garbage(String),
    /// The answer is no time.
    OutOfRange(String),
    /// The agent may not do that.
    Blocked(String),
    /// The guest has no hwclock, without which its agent sets no time.
    NoHwclock,
    /// kvmtime may not ask.
    Denied(String),
    /// What else the agent, QEMU or libvirt says.
    Words(String),
    /// The time was sent, and no answer came: it may still be set, later, to what is then long past.
    Unanswered,
    /// The agent said that it set the clock, which is where it was.
    Unmoved,
    /// Somebody else sets the clock.
    Contested,
    /// Nothing shows the clock well enough.
    Doubtful {
        /// The least that it is known to.
        bound: Nanos,
    },
    /// It is further off than it may be set.
    TooFar {
        /// How far.
        offset: Interval,
        /// How far it may be.
        limit: Nanos,
    },
    /// It is, or may be, ahead, and may not be set back.
    Backwards {
        /// How far.
        ahead: Interval,
    },
    /// Nothing in the guest can slew its clock.
    NoSlew(String),
    /// This host's clock is not synchronised, or not known to be, and must be.
    Unsynchronised(String),
    /// Somebody ended the work before.
    Interrupted,
    /// The time that it may take is over.
    Late,
}

impl Refusal {
    /// Its name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NoLibvirt(_) => "no-libvirt",
            Self::Unknown => "no-such-guest",
            Self::Off => "not-running",
            Self::Paused => "paused",
            Self::NoSocket(_) => "no-socket",
            Self::NoChannel => "no-channel",
            Self::NoAgents => "no-agents",
            Self::NotConnected => "agent-not-connected",
            Self::Silent => "agent-silent",
            Self::Gone => "agent-gone",
            Self::Garbage(_) => "agent-garbage",
            Self::OutOfRange(_) => "agent-time-out-of-range",
            Self::Blocked(_) => "command-blocked",
            Self::NoHwclock => "no-hwclock",
            Self::Denied(_) => "denied",
            Self::Words(_) => "refused",
            Self::Unanswered => "set-unanswered",
            Self::Unmoved => "clock-not-moved",
            Self::Contested => "clock-contested",
            Self::Doubtful { .. } => "bound-too-wide",
            Self::TooFar { .. } => "too-far",
            Self::Backwards { .. } => "backwards",
            Self::NoSlew(_) => "cannot-slew",
            Self::Unsynchronised(_) => "host-unsynchronised",
            Self::Interrupted => "interrupted",
            Self::Late => "late",
        }
    }

    /// What may help.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoLibvirt(_) => {
                "is libvirt installed, and does libvirtd or virtqemud run? --connect names another libvirt, --qga a guest without one"
            }
            Self::Unknown => {
                "`virsh list --all` shows the domains; --connect names another libvirt"
            }
            Self::Off => "a guest that does not run has no clock to set",
            Self::Paused => "`kvmtime resume` lets it go on and sets its clock",
            Self::NoSocket(_) => "is that the socket of QEMU's chardev, and does QEMU run?",
            Self::NoChannel => {
                "add a channel to the domain: <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
            }
            Self::NoAgents => "--connect names another libvirt, such as qemu:///system",
            Self::NotConnected | Self::Silent => {
                "does qemu-guest-agent run in the guest, and is nobody else connected to its socket?"
            }
            Self::Gone => "was the guest or its agent ended meanwhile?",
            Self::Garbage(_) | Self::OutOfRange(_) => {
                "is it qemu-guest-agent that listens there? Nothing was set by what it said"
            }
            Self::Blocked(_) => {
                "allow guest-get-time and guest-set-time in the guest: block-rpcs of /etc/qemu/qemu-ga.conf or FILTER_RPC_ARGS of /etc/sysconfig/qemu-ga"
            }
            Self::NoHwclock => {
                "the agent runs /sbin/hwclock after setting the time: install util-linux (Debian 13: util-linux-extra) in the guest"
            }
            Self::Denied(_) => {
                "run as root or as a member of the group libvirt; as a service without CAP_DAC_OVERRIDE with a group that may write QEMU's sockets"
            }
            Self::Words(_) => "the guest's log says more: journalctl -u qemu-guest-agent",
            Self::Unanswered => {
                "run it again when the agent answers: until then the guest may still set its clock to the time that was sent"
            }
            Self::Unmoved => {
                "may the agent set the clock? In a container or without CAP_SYS_TIME it may not"
            }
            Self::Contested => {
                "a time daemon in the guest follows another clock than its host: compare `chronyc tracking` there with the host's"
            }
            Self::Doubtful { .. } => {
                "allow more with --tolerance, or try again when host and guest are less busy"
            }
            Self::TooFar { .. } => "look why it is so far off, then allow it with --max-step",
            Self::Backwards { .. } => {
                "--slew lets the guest's daemon bring it back slowly; without --never-backwards it is stepped"
            }
            Self::NoSlew(_) => "install chrony in the guest, or allow steps",
            Self::Unsynchronised(_) => {
                "`kvmtime explain host-unsynchronised` says what to do; without --only-if-synchronised guests are set all the same"
            }
            Self::Interrupted => "run it again",
            Self::Late => "allow more with --timeout",
        }
    }

    /// The same of what is done besides, when the clock is set.
    #[must_use]
    pub fn besides(self) -> Self {
        Self::Words(self.to_string())
    }

    /// Whether the next try may do better by itself.
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Self::NotConnected
                | Self::Silent
                | Self::Gone
                | Self::Garbage(_)
                | Self::OutOfRange(_)
                | Self::Unanswered
                | Self::Doubtful { .. }
                | Self::Late
                | Self::NoSocket(_)
                | Self::NoLibvirt(_)
                | Self::Contested
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => write!(f, "there is no such guest"),
            Self::Off => write!(f, "it does not run"),
            Self::Paused => write!(f, "it is paused"),
            Self::NoChannel => write!(f, "it has no channel for a guest agent"),
            Self::NoAgents => write!(f, "libvirt asks agents of QEMU's guests only"),
            Self::NotConnected => write!(f, "no guest agent is connected"),
            Self::Silent => write!(f, "its agent does not answer"),
            Self::Gone => write!(f, "its agent went away"),
            Self::Garbage(what) => write!(f, "its agent answers nothing that makes sense: {what}"),
            Self::OutOfRange(what) => write!(f, "its agent says what is no time: {what}"),
            Self::Blocked(what) => write!(f, "its agent may not do that: {what}"),
            Self::NoHwclock => write!(f, "its agent has no hwclock to set the time with"),
            Self::NoLibvirt(what)
            | Self::NoSocket(what)
            | Self::Denied(what)
            | Self::Words(what) => write!(f, "{what}"),
            Self::Unanswered => write!(f, "its agent did not say whether it set the time"),
            Self::Unmoved => write!(f, "its agent said that it set the clock, which did not move"),
            Self::Contested => write!(f, "something else sets its clock"),
            Self::Doubtful { bound } => write!(f, "its clock is known to no better than ± {bound}"),
            Self::TooFar { offset, limit } => {
                let (middle, radius) = (offset.middle(), offset.radius());
                write!(f, "it is {middle:+} ± {radius} off, more than {limit}")
            }
            Self::Backwards { ahead } => {
                let (middle, radius) = (ahead.middle(), ahead.radius());
                write!(f, "it is {middle:+} ± {radius} off and may not be set back")
            }
            Self::NoSlew(why) => write!(f, "nothing in it can slew its clock: {why}"),
            Self::Unsynchronised(why) => write!(f, "{why}"),
            Self::Interrupted => write!(f, "the work was ended before its turn came"),
            Self::Late => write!(f, "there was not time enough"),
        }
    }
}

impl std::error::Error for Refusal {}
