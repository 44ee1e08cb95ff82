//! What the desktop says about its user: the screen was locked, the machine is about to sleep.
//!
//! Linux only, over D-Bus: logind's `PrepareForSleep` and `Lock`, and the screen savers' `ActiveChanged`. Where
//! a bus or service is missing its watch ends quietly; the idle clock still holds.
//!
//! **Absent:** the lock signals of Windows (`WTSRegisterSessionNotification`) and macOS
//! (`com.apple.screenIsLocked`). Both need calls into the system through unsafe code, which this program does
//! not have yet; there the idle clock locks, and waking from sleep does.

/// Calls `lock` whenever the user left. Returns at once; the watches live as long as the program.
#[cfg(target_os = "linux")]
pub(crate) fn watch(lock: impl Fn() + Clone + Send + 'static) {
    let spawn = |name: &str, work: Box<dyn FnOnce() -> zbus::Result<()> + Send>| {
        let label = name.to_owned();
        let started = std::thread::Builder::new().name(label.clone()).spawn(move || {
            if let Err(error) = work() {
                tracing::info!("{label}: not watched: {error}");
            }
        });
        if let Err(error) = started {
            tracing::warn!("{name}: not watched: {error}");
        }
    };
    let (sleep, session, saver) = (lock.clone(), lock.clone(), lock);
    spawn("watch-sleep", Box::new(move || linux::watch_sleep(&sleep)));
    spawn("watch-session", Box::new(move || linux::watch_session_lock(&session)));
    spawn("watch-screen", Box::new(move || linux::watch_screen_saver(&saver)));
}

/// Nothing to listen to yet; see the module.
#[cfg(not(target_os = "linux"))]
pub(crate) fn watch(_lock: impl Fn() + Clone + Send + 'static) {}

#[cfg(target_os = "linux")]
mod linux {
    use zbus::{
        MatchRule,
        blocking::{Connection, MessageIterator},
        match_rule, message,
        zvariant::{OwnedFd, OwnedObjectPath},
    };

    const LOGIN: &str = "org.freedesktop.login1";
    const LOGIN_PATH: &str = "/org/freedesktop/login1";
    const MANAGER: &str = "org.freedesktop.login1.Manager";

    /// Locks before the machine sleeps: an inhibitor of kind `delay` holds it back until that is done.
    pub(super) fn watch_sleep(lock: &impl Fn()) -> zbus::Result<()> {
        let bus = Connection::system()?;
        let rule = signal(MANAGER, "PrepareForSleep")?.sender(LOGIN)?.build();
        let mut hold = inhibit(&bus).ok();
        for message in MessageIterator::for_match_rule(rule, &bus, None)? {
            let falls_asleep: bool = message?.body().deserialize()?;
            if falls_asleep {
                lock();
                drop(hold.take());
            } else {
                hold = inhibit(&bus).ok();
            }
        }
        Ok(())
    }

    fn inhibit(bus: &Connection) -> zbus::Result<OwnedFd> {
        let why = ("sleep", "Attest", "Locks the workspace first", "delay");
        bus.call_method(Some(LOGIN), LOGIN_PATH, Some(MANAGER), "Inhibit", &why)?.body().deserialize()
    }

    /// Locks with the user's session.
    pub(super) fn watch_session_lock(lock: &impl Fn()) -> zbus::Result<()> {
        let bus = Connection::system()?;
        let path = bus
            .call_method(Some(LOGIN), LOGIN_PATH, Some(MANAGER), "GetSessionByPID", &std::process::id())
            .or_else(|error| match std::env::var("XDG_SESSION_ID") {
                Ok(id) => bus.call_method(Some(LOGIN), LOGIN_PATH, Some(MANAGER), "GetSession", &id),
                Err(_) => Err(error),
            })?
            .body()
            .deserialize::<OwnedObjectPath>()?;
        let rule = signal("org.freedesktop.login1.Session", "Lock")?.sender(LOGIN)?.path(path)?.build();
        for message in MessageIterator::for_match_rule(rule, &bus, None)? {
            message?;
            lock();
        }
        Ok(())
    }

    /// Locks with the screen, for desktops whose screen saver says so on the session's bus.
    pub(super) fn watch_screen_saver(lock: &impl Fn()) -> zbus::Result<()> {
        let bus = Connection::session()?;
        let rule = MatchRule::builder().msg_type(message::Type::Signal).member("ActiveChanged")?.build();
        for message in MessageIterator::for_match_rule(rule, &bus, None)? {
            let message = message?;
            let header = message.header();
            let from_saver = header.interface().is_some_and(|name| name.ends_with(".ScreenSaver"));
            if from_saver && message.body().deserialize::<bool>().unwrap_or(false) {
                lock();
            }
        }
        Ok(())
    }

    fn signal(interface: &'static str, member: &'static str) -> zbus::Result<match_rule::Builder<'static>> {
        MatchRule::builder().msg_type(message::Type::Signal).interface(interface)?.member(member)
    }
}
