//! The machine below SQLite: disks in memory, who has which file open, locks, the shared memory of a WAL, and the
//! calls that fail on purpose. Answers are SQLite's result codes, as its own VFS for Unix would give them.
//!
//! One database has one disk, mounted under the path of the database. A disk can write down what is done to it.

use crate::disk::{Disk, Image, Operation};
use attest_sqlcipher::sys;
use std::{
    collections::HashMap,
    ffi::{c_int, c_void},
    sync::{
        Condvar, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering, fence},
    },
    time::Duration,
};

/// What the system says when a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errno {
    /// EIO: the disk is broken there.
    Io,
    /// ENOSPC: the disk is full.
    NoSpace,
    /// EACCES: no permission.
    Access,
}

/// The call that fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// Its number among the calls since the disk was mounted, from 1.
    pub(crate) call: u64,
    pub(crate) errno: Errno,
    /// Whether every later call fails too, or only this one.
    pub(crate) lasting: bool,
}

/// A line of what was written down.
#[derive(Clone, Debug)]
pub(crate) enum Traced {
    Operation(Operation),
    /// The program was told that this many events are kept.
    Acknowledged(usize),
}

/// What is asked of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    Delete,
    Map,
}

/// A file that somebody has open.
struct Open {
    mount: String,
    file: usize,
    /// Name to delete when it is closed.
    passing: Option<String>,
    /// Whether its next sync makes its name durable: a journal that was just made.
    folder: bool,
    /// SQLite's lock level, from 0 to 4.
    level: c_int,
    maps: bool,
    shared: u8,
    exclusive: u8,
}

#[derive(Default)]
struct Mount {
    disk: Disk,
    trace: Option<Vec<Traced>>,
    fault: Option<Fault>,
    calls: u64,
    /// The first call that failed on purpose.
    failed: Option<Call>,
    /// The WAL's index. C writes to it through pointers that it gets from [`Machine::map`].
    memory: Vec<Box<[AtomicU64]>>,
}

/// All disks and all open files.
#[derive(Default)]
pub(crate) struct Machine {
    mounts: HashMap<String, Mount>,
    open: HashMap<u64, Open>,
    opened: u64,
}

static MACHINE: LazyLock<Mutex<Machine>> = LazyLock::new(Mutex::default);

/// Told whenever a file is closed.
static CLOSED: Condvar = Condvar::new();

/// The machine, for one call.
pub(crate) fn machine() -> MutexGuard<'static, Machine> {
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A disk that is there until this is dropped.
#[derive(Debug)]
pub(crate) struct Mounted(String);

impl Mounted {
    pub(crate) fn new(path: &str, image: Image) -> Self {
        let mount = Mount { disk: Disk::new(image), ..Mount::default() };
        let before = machine().mounts.insert(path.to_owned(), mount);
        assert!(before.is_none(), "one disk at a time under a path");
        Self(path.to_owned())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Mount) -> T) -> T {
        work(machine().mounts.get_mut(&self.0).expect("it is mounted as long as this lives"))
    }

    /// The path of its database.
    pub(crate) fn path(&self) -> &str {
        &self.0
    }

    /// Writes down from now on what is done to it.
    pub(crate) fn record(&self) {
        self.with(|mount| mount.trace = Some(Vec::new()));
    }

    pub(crate) fn acknowledge(&self, events: usize) {
        self.with(|mount| mount.trace.iter_mut().for_each(|trace| trace.push(Traced::Acknowledged(events))));
    }

    pub(crate) fn take_trace(&self) -> Vec<Traced> {
        self.with(|mount| mount.trace.take().unwrap_or_default())
    }

    pub(crate) fn image(&self) -> Image {
        self.with(|mount| mount.disk.image())
    }

    /// Bytes of a file; 0 where it is not there.
    pub(crate) fn size_of(&self, name: &str) -> usize {
        self.with(|mount| mount.disk.find(name).map_or(0, |file| mount.disk.content(file).len()))
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        self.with(|mount| mount.fault = fault);
    }

    /// Calls since it was mounted, and the first that failed on purpose.
    pub(crate) fn calls(&self) -> (u64, Option<Call>) {
        self.with(|mount| (mount.calls, mount.failed))
    }

    /// Whether the database is there.
    pub(crate) fn has_database(&self) -> bool {
        self.with(|mount| mount.disk.find("").is_some())
    }
}

impl Drop for Mounted {
    /// Waits until its files are closed: a connection that could not be set up is closed by a thread of sqlx's own.
    fn drop(&mut self) {
        let used = |machine: &mut Machine| machine.open.values().any(|open| open.mount == self.0);
        let (mut machine, waited) = CLOSED
            .wait_timeout_while(machine(), Duration::from_secs(10), used)
            .unwrap_or_else(PoisonError::into_inner);
        if !waited.timed_out() {
            machine.mounts.remove(&self.0);
        } else if !std::thread::panicking() {
            panic!("a file of {} was left open", self.0);
        }
    }
}

impl Mount {
    fn apply(&mut self, operation: Operation) {
        self.disk.apply(&operation);
        if let Some(trace) = &mut self.trace {
            trace.push(Traced::Operation(operation));
        }
    }

    /// Counts a call and says how it fails, if it does.
    fn fails(&mut self, call: Call) -> Option<c_int> {
        self.calls += 1;
        let fault = self
            .fault
            .filter(|fault| self.calls == fault.call || (fault.lasting && self.calls > fault.call))?;
        self.failed.get_or_insert(call);
        Some(match (call, fault.errno) {
            (Call::Open, _) => sys::SQLITE_CANTOPEN,
            // SQLite tells a file system that is broken from a read that did not work this once.
            (Call::Read, Errno::Io) => sys::SQLITE_IOERR_CORRUPTFS,
            (Call::Read, _) => sys::SQLITE_IOERR_READ,
            (Call::Write, Errno::NoSpace) => sys::SQLITE_FULL,
            (Call::Write, _) => sys::SQLITE_IOERR_WRITE,
            (Call::Truncate, _) => sys::SQLITE_IOERR_TRUNCATE,
            (Call::Sync, _) => sys::SQLITE_IOERR_FSYNC,
            (Call::Delete, _) => sys::SQLITE_IOERR_DELETE,
            (Call::Map, _) => sys::SQLITE_IOERR_SHMMAP,
        })
    }
}

impl Machine {
    /// The mount of a path and the name on its disk: what follows the path of the database.
    fn place<'p>(&mut self, path: &'p str) -> Option<(String, &'p str)> {
        let found = self.mounts.keys().filter(|mount| path.starts_with(mount.as_str()));
        let mount = found.max_by_key(|mount| mount.len())?.clone();
        let name = &path[mount.len()..];
        Some((mount, name))
    }

    fn parts(&mut self, id: u64) -> (&mut Mount, &mut Open) {
        let open = self.open.get_mut(&id).expect("SQLite uses open files only");
        let mount = self.mounts.get_mut(&open.mount).expect("a disk outlives its open files");
        (mount, open)
    }

    fn others<'m>(&'m self, id: u64) -> impl Iterator<Item = &'m Open> + use<'m> {
        let mine = &self.open[&id];
        let same = move |open: &&Open| open.mount == mine.mount && open.file == mine.file;
        self.open.iter().filter(move |(other, _)| **other != id).map(|(_, open)| open).filter(same)
    }

    /// Opens a file; the answer is a number for it.
    pub(crate) fn open(&mut self, path: &str, flags: c_int) -> Result<u64, c_int> {
        let has = |flag: c_int| flags & flag != 0;
        let Some((mount, name)) = self.place(path) else { return Err(sys::SQLITE_CANTOPEN) };
        let disk = self.mounts.get_mut(&mount).expect("it was just found");
        if let Some(code) = disk.fails(Call::Open) {
            return Err(code);
        }
        let found = disk.disk.find(name);
        let journal = has(sys::SQLITE_OPEN_MAIN_JOURNAL | sys::SQLITE_OPEN_WAL);
        let file = match found {
            Some(_) if has(sys::SQLITE_OPEN_EXCLUSIVE) => return Err(sys::SQLITE_CANTOPEN),
            Some(file) => file,
            None if !has(sys::SQLITE_OPEN_CREATE) => return Err(sys::SQLITE_CANTOPEN),
            None => {
                disk.apply(Operation::Create { name: name.to_owned() });
                disk.disk.files() - 1
            }
        };
        self.opened += 1;
        let open = Open {
            mount,
            file,
            passing: has(sys::SQLITE_OPEN_DELETEONCLOSE).then(|| name.to_owned()),
            folder: journal && has(sys::SQLITE_OPEN_CREATE),
            level: sys::SQLITE_LOCK_NONE,
            maps: false,
            shared: 0,
            exclusive: 0,
        };
        self.open.insert(self.opened, open);
        Ok(self.opened)
    }

    pub(crate) fn close(&mut self, id: u64) {
        self.unmap(id);
        let open = self.open.remove(&id).expect("SQLite closes a file once");
        if let (Some(name), Some(mount)) = (open.passing, self.mounts.get_mut(&open.mount)) {
            mount.apply(Operation::Delete { name, folder: false });
        }
        CLOSED.notify_all();
    }

    pub(crate) fn delete(&mut self, path: &str, folder: bool) -> c_int {
        let Some((mount, name)) = self.place(path) else { return sys::SQLITE_IOERR_DELETE };
        let mount = self.mounts.get_mut(&mount).expect("it was just found");
        if let Some(code) = mount.fails(Call::Delete) {
            return code;
        }
        if mount.disk.find(name).is_none() {
            return sys::SQLITE_IOERR_DELETE_NOENT;
        }
        mount.apply(Operation::Delete { name: name.to_owned(), folder });
        sys::SQLITE_OK
    }

    /// Whether a file is there; as on Unix, an empty one is not.
    pub(crate) fn exists(&mut self, path: &str) -> bool {
        self.place(path).is_some_and(|(mount, name)| {
            let disk = &self.mounts[&mount].disk;
            disk.find(name).is_some_and(|file| !disk.content(file).is_empty())
        })
    }

    /// Reads; what lies behind the end is zeros, and a code says so.
    pub(crate) fn read(&mut self, id: u64, at: usize, into: &mut [u8]) -> c_int {
        let (mount, open) = self.parts(id);
        if let Some(code) = mount.fails(Call::Read) {
            return code;
        }
        let content = mount.disk.content(open.file);
        let found = content.get(at..).unwrap_or_default();
        let found = &found[..found.len().min(into.len())];
        let (front, behind) = into.split_at_mut(found.len());
        front.copy_from_slice(found);
        behind.fill(0);
        if behind.is_empty() { sys::SQLITE_OK } else { sys::SQLITE_IOERR_SHORT_READ }
    }

    pub(crate) fn write(&mut self, id: u64, at: usize, bytes: &[u8]) -> c_int {
        let (mount, open) = self.parts(id);
        if let Some(code) = mount.fails(Call::Write) {
            return code;
        }
        mount.apply(Operation::Write { file: open.file, at, bytes: bytes.to_vec() });
        sys::SQLITE_OK
    }

    pub(crate) fn truncate(&mut self, id: u64, length: usize) -> c_int {
        let (mount, open) = self.parts(id);
        if let Some(code) = mount.fails(Call::Truncate) {
            return code;
        }
        mount.apply(Operation::Truncate { file: open.file, length });
        sys::SQLITE_OK
    }

    pub(crate) fn sync(&mut self, id: u64) -> c_int {
        let (mount, open) = self.parts(id);
        if let Some(code) = mount.fails(Call::Sync) {
            return code;
        }
        let folder = std::mem::take(&mut open.folder);
        mount.apply(Operation::Sync { file: open.file, folder });
        sys::SQLITE_OK
    }

    pub(crate) fn size(&mut self, id: u64) -> usize {
        let (mount, open) = self.parts(id);
        mount.disk.content(open.file).len()
    }

    /// Takes a lock of the file (sqlite.org/lockingv3.html).
    pub(crate) fn lock(&mut self, id: u64, level: c_int) -> c_int {
        if self.open[&id].level >= level {
            return sys::SQLITE_OK;
        }
        let highest = self.others(id).map(|open| open.level).max().unwrap_or(sys::SQLITE_LOCK_NONE);
        let (granted, code) = match level {
            sys::SQLITE_LOCK_SHARED if highest >= sys::SQLITE_LOCK_PENDING => (None, sys::SQLITE_BUSY),
            sys::SQLITE_LOCK_SHARED => (Some(level), sys::SQLITE_OK),
            _ if highest >= sys::SQLITE_LOCK_RESERVED => (None, sys::SQLITE_BUSY),
            sys::SQLITE_LOCK_EXCLUSIVE if highest >= sys::SQLITE_LOCK_SHARED => {
                (Some(sys::SQLITE_LOCK_PENDING), sys::SQLITE_BUSY)
            }
            _ => (Some(level), sys::SQLITE_OK),
        };
        if let Some(level) = granted {
            self.parts(id).1.level = level;
        }
        code
    }

    pub(crate) fn unlock(&mut self, id: u64, level: c_int) {
        let (_, open) = self.parts(id);
        open.level = open.level.min(level);
    }

    pub(crate) fn is_reserved(&mut self, id: u64) -> bool {
        self.open[&id].level >= sys::SQLITE_LOCK_RESERVED
            || self.others(id).any(|open| open.level >= sys::SQLITE_LOCK_RESERVED)
    }

    /// A piece of the memory that all who have the database open share; null where it is not there and not wanted.
    /// It stays where it is until the last one lets go.
    pub(crate) fn map(
        &mut self,
        id: u64,
        piece: usize,
        bytes: usize,
        extend: bool,
    ) -> Result<*mut c_void, c_int> {
        let (mount, open) = self.parts(id);
        open.maps = true;
        if mount.memory.len() <= piece {
            if !extend {
                return Ok(std::ptr::null_mut());
            }
            if let Some(code) = mount.fails(Call::Map) {
                return Err(code);
            }
            let blank = || (0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect();
            mount.memory.resize_with(piece + 1, blank);
        }
        Ok(mount.memory[piece].as_ptr().cast_mut().cast())
    }

    pub(crate) fn map_lock(&mut self, id: u64, first: c_int, count: c_int, flags: c_int) -> c_int {
        let mask = u8::try_from(((1 << count) - 1) << first).expect("there are eight of these locks");
        if flags & sys::SQLITE_SHM_UNLOCK != 0 {
            let (_, open) = self.parts(id);
            open.shared &= !mask;
            open.exclusive &= !mask;
            return sys::SQLITE_OK;
        }
        let exclusive = flags & sys::SQLITE_SHM_EXCLUSIVE != 0;
        let against = |open: &Open| if exclusive { open.shared | open.exclusive } else { open.exclusive };
        if self.others(id).any(|open| against(open) & mask != 0) {
            return sys::SQLITE_BUSY;
        }
        let (_, open) = self.parts(id);
        if exclusive {
            open.exclusive |= mask;
        } else {
            open.shared |= mask;
        }
        sys::SQLITE_OK
    }

    /// Lets go of the shared memory.
    pub(crate) fn unmap(&mut self, id: u64) {
        let last = !self.others(id).any(|open| open.maps);
        let (mount, open) = self.parts(id);
        if std::mem::take(&mut open.maps) {
            (open.shared, open.exclusive) = (0, 0);
            if last {
                mount.memory.clear();
            }
        }
    }

    pub(crate) fn barrier() {
        fence(Ordering::SeqCst);
    }
}
