//! libvirt's event loop, and what libvirtd tells by itself.

use std::ffi::{c_int, c_longlong, c_uint, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::calls::{Callback, Calls, Ptr};
use super::connection::{Connection, Named};
use super::domain::{name_of, uuid_of};
use super::error::{Error, code};
use super::state::{Detail, What};

/// Seconds between two questions whether the other end lives, and how many it may leave unanswered.
const KEEP_ALIVE: (c_int, c_uint) = (10, 3);
/// What was closed is let go of when the loop has nothing else to do: so often it is run at the end, and so many milliseconds apart.
const LAST_TURNS: u32 = 3;
const LAST_TURN: c_int = 2;

/// `virDomainEventID`, `virConnectDomainEventAgentLifecycleState` (libvirt-domain.h).
const LIFECYCLE: c_int = 0;
const REBOOT: c_int = 1;
const RTC_CHANGE: c_int = 2;
const AGENT_LIFECYCLE: c_int = 18;
const AGENT_CONNECTED: c_int = 1;

/// What libvirtd told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A domain's life took a turn.
    Lifecycle {
        /// Which domain.
        domain: Named,
        /// What happened.
        what: What,
        /// How.
        detail: Detail,
    },
    /// The channel to a domain's agent was opened or closed from inside.
    Agent {
        /// Which domain.
        domain: Named,
        /// Whether an agent is there.
        connected: bool,
    },
    /// A domain was reset or rebooted itself.
    Reboot {
        /// Which domain.
        domain: Named,
    },
    /// A guest set its RTC.
    RtcChange {
        /// Which domain.
        domain: Named,
        /// RTC − the host's UTC, in seconds.
        offset: i64,
    },
    /// The connection broke: nothing more comes.
    Closed,
}

/// libvirt's event loop on a thread of its own, which ends with the last that holds it.
#[derive(Clone)]
pub struct Loop(Arc<Running>);

struct Running {
    calls: &'static Calls,
    timer: c_int,
    thread: Option<JoinHandle<()>>,
}

/// A process has one such loop, because libvirt has one.
#[derive(Clone, Copy, PartialEq)]
enum Life {
    Unregistered,
    Idle,
    Runs,
}

static LIFE: Mutex<Life> = Mutex::new(Life::Unregistered);
static ENDING: AtomicBool = AtomicBool::new(false);
static TURNS: AtomicU32 = AtomicU32::new(0);

fn take(calls: &Calls) -> Result<(), Error> {
    let mut life = LIFE.lock().unwrap_or_else(PoisonError::into_inner);
    match *life {
        Life::Runs => {
            let runs = "libvirt's event loop runs already";
            return Err(Error::own(code::OPERATION_INVALID, runs));
        }
        Life::Idle => {}
        Life::Unregistered => {
            // SAFETY: connections that are open go on as they are. It is called once.
            calls.number(unsafe { (calls.virEventRegisterDefaultImpl)() })?;
        }
    }
    *life = Life::Runs;
    ENDING.store(false, Ordering::Release);
    TURNS.store(0, Ordering::Release);
    Ok(())
}

fn give_back() {
    *LIFE.lock().unwrap_or_else(PoisonError::into_inner) = Life::Idle;
}

fn run(calls: &Calls) {
    while !ENDING.load(Ordering::Acquire) || TURNS.load(Ordering::Acquire) < LAST_TURNS {
        // SAFETY: this is the only thread that runs the loop.
        if unsafe { (calls.virEventRunDefaultImpl)() } < 0 {
            break;
        }
    }
}

extern "C" fn turn(_: c_int, _: *mut c_void) {
    TURNS.fetch_add(1, Ordering::AcqRel);
}

impl Loop {
    /// `virEventRegisterDefaultImpl`, and `virEventRunDefaultImpl` again and again. Only connections that are opened afterwards take part.
    ///
    /// # Errors
    /// When there is no libvirt, another loop runs, or no thread can be started.
    pub fn start() -> Result<Self, Error> {
        let calls = Calls::silent()?;
        take(calls)?;
        // SAFETY: the callback touches only what is static. A negative period is never over.
        let timer = unsafe { (calls.virEventAddTimeout)(-1, Some(turn), null_mut(), None) };
        let timer = calls.number(timer).inspect_err(|_| give_back())?;
        let thread = std::thread::Builder::new().name("libvirt".to_owned());
        match thread.spawn(move || run(calls)) {
            Ok(thread) => Ok(Self(Arc::new(Running { calls, timer, thread: Some(thread) }))),
            Err(error) => {
                give_back();
                Err(Error::own(code::SYSTEM_ERROR, &error.to_string()))
            }
        }
    }

    /// A connection over which a libvirtd that hangs is noticed.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn open(&self, uri: &str) -> Result<Connection, Error> {
        Connection::open(uri).and_then(|connection| self.keep_alive(connection))
    }

    fn keep_alive(&self, connection: Connection) -> Result<Connection, Error> {
        let (interval, count) = KEEP_ALIVE;
        // SAFETY: the connection is open. A driver that needs none, as libvirt's own for tests, says that it cannot.
        unsafe {
            (self.0.calls.virConnectSetKeepAlive)(connection.pointer(), interval, count);
        }
        Ok(connection)
    }

    /// Has events told, on the loop's thread, until the value that is returned is dropped. `tell` may not ask libvirt anything.
    ///
    /// # Errors
    /// In libvirt's words.
    pub fn watch(
        &self,
        uri: &str,
        tell: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Watch, Error> {
        let connection = self.keep_alive(Connection::open_read_only(uri)?)?;
        let tell: Arc<Tell> = Arc::new(Box::new(tell));
        let mut watch =
            Watch { connection, registered: Vec::new(), closes: false, of: self.clone() };
        let calls = self.0.calls;
        for (id, callback) in [
            (LIFECYCLE, on_lifecycle as *const c_void),
            (REBOOT, on_reboot as *const c_void),
            (RTC_CHANGE, on_rtc_change as *const c_void),
            (AGENT_LIFECYCLE, on_agent as *const c_void),
        ] {
            // SAFETY: libvirt keeps all callbacks as one type and calls each as that of its event, which it has.
            let callback: Callback = unsafe { std::mem::transmute(callback) };
            let opaque = Arc::into_raw(Arc::clone(&tell)).cast_mut().cast();
            // SAFETY: the connection is open; what the callback is given lives until `free` is called with it.
            let registered = unsafe {
                (calls.virConnectDomainEventRegisterAny)(
                    watch.connection.pointer(),
                    null_mut(),
                    id,
                    callback,
                    opaque,
                    Some(free),
                )
            };
            if registered < 0 {
                // SAFETY: libvirt did not keep it.
                unsafe { free(opaque) };
                return Err(calls.error());
            }
            watch.registered.push(registered);
        }
        let opaque = Arc::into_raw(tell).cast_mut().cast();
        // SAFETY: as above.
        let closes = unsafe {
            (calls.virConnectRegisterCloseCallback)(
                watch.connection.pointer(),
                on_close,
                opaque,
                Some(free),
            )
        };
        watch.closes = closes == 0;
        if !watch.closes {
            // SAFETY: libvirt did not keep it.
            unsafe { free(opaque) };
            return Err(calls.error());
        }
        Ok(watch)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        ENDING.store(true, Ordering::Release);
        // SAFETY: the timer is ours; its first end wakes the loop.
        unsafe { (self.calls.virEventUpdateTimeout)(self.timer, LAST_TURN) };
        // The last to hold it may be a callback, which cannot wait for the thread that it is on.
        let other = |thread: &JoinHandle<()>| thread.thread().id() != std::thread::current().id();
        if let Some(thread) = self.thread.take().filter(other) {
            let _ = thread.join();
        }
        // SAFETY: the timer is ours, and is not used again.
        unsafe { (self.calls.virEventRemoveTimeout)(self.timer) };
        give_back();
    }
}

/// Events are told as long as this lives.
pub struct Watch {
    connection: Connection,
    registered: Vec<c_int>,
    closes: bool,
    of: Loop,
}

impl Watch {
    /// The connection over which they come, which may only be asked what changes nothing.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let calls = self.of.0.calls;
        for id in &self.registered {
            // SAFETY: the connection is open, and the number is what it gave. That libvirtd is gone does not matter.
            unsafe {
                (calls.virConnectDomainEventDeregisterAny)(self.connection.pointer(), *id);
            }
        }
        if self.closes {
            // SAFETY: as above.
            unsafe {
                (calls.virConnectUnregisterCloseCallback)(self.connection.pointer(), on_close);
            }
        }
    }
}

type Tell = Box<dyn Fn(Event) + Send + Sync>;

unsafe extern "C" fn free(opaque: *mut c_void) {
    // SAFETY: it is what `Arc::into_raw` gave for this registration, which is over.
    drop(unsafe { Arc::from_raw(opaque.cast_const().cast::<Tell>()) });
}

/// # Safety
/// Called by libvirt, for as long as the call takes: `opaque` is what was registered.
unsafe fn tell(opaque: *mut c_void, event: Event) {
    // SAFETY: libvirt frees it only afterwards.
    let tell = unsafe { &*opaque.cast_const().cast::<Tell>() };
    tell(event);
}

/// # Safety
/// Called by libvirt with a live domain.
unsafe fn named(domain: Ptr) -> Named {
    // The library is loaded, or nobody would have called.
    let Ok(calls) = Calls::get() else { return Named { name: String::new(), uuid: String::new() } };
    // SAFETY: the domain is live.
    unsafe { Named { name: name_of(calls, domain), uuid: uuid_of(calls, domain) } }
}

unsafe extern "C" fn on_lifecycle(
    _: Ptr,
    domain: Ptr,
    what: c_int,
    detail: c_int,
    opaque: *mut c_void,
) -> c_int {
    let (what, detail) = (What::of(0, what), Detail::of(what, detail));
    // SAFETY: libvirt calls with a live domain and what was registered; so below.
    unsafe { tell(opaque, Event::Lifecycle { domain: named(domain), what, detail }) };
    0
}

unsafe extern "C" fn on_agent(
    _: Ptr,
    domain: Ptr,
    state: c_int,
    _reason: c_int,
    opaque: *mut c_void,
) {
    let connected = state == AGENT_CONNECTED;
    // SAFETY: as above.
    unsafe { tell(opaque, Event::Agent { domain: named(domain), connected }) };
}

unsafe extern "C" fn on_reboot(_: Ptr, domain: Ptr, opaque: *mut c_void) {
    // SAFETY: as above.
    unsafe { tell(opaque, Event::Reboot { domain: named(domain) }) };
}

unsafe extern "C" fn on_rtc_change(_: Ptr, domain: Ptr, offset: c_longlong, opaque: *mut c_void) {
    // SAFETY: as above.
    unsafe { tell(opaque, Event::RtcChange { domain: named(domain), offset }) };
}

unsafe extern "C" fn on_close(_: Ptr, _reason: c_int, opaque: *mut c_void) {
    // SAFETY: as above.
    unsafe { tell(opaque, Event::Closed) };
}
