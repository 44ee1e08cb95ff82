//! The door through which SQLite reaches the [`machine`](crate::machine): a VFS under the name `faults`, the default
//! of this process from [`install`] on. So the cache under test is opened exactly as the product opens it.
//!
//! The only file with unsafe code: C calls these functions with pointers whose meaning sqlite.org/c3ref/vfs.html and
//! io_methods.html fix. What they do is in the machine, which is safe code.

#![expect(
    unsafe_code,
    reason = "SQLite calls a VFS through C function pointers; each block says why it holds"
)]

use crate::machine::{Machine, machine};
use attest_sqlcipher::sys;
use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
    sync::Once,
};

/// What SQLite keeps for an open file: its head and the file's number at the machine.
#[repr(C)]
struct Handle {
    head: sys::sqlite3_file,
    id: u64,
}

const METHODS: sys::sqlite3_io_methods = sys::sqlite3_io_methods {
    iVersion: 2, // with shared memory for the WAL, without memory-mapped files
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

static SHARED_METHODS: sys::sqlite3_io_methods = METHODS;

/// Makes the faulty machine the default of this process. Time, sleep and randomness stay the system's.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        attest_sqlcipher::prepare();
        // SAFETY: SQLite initialises itself here; it answers its default VFS, which lives as long as the process.
        // The copy is leaked, so it lives as long, and the functions it keeps of the system's VFS (time, sleep,
        // randomness, loading) do not look into the structure they are called through. It is changed only before it
        // is registered.
        let code = unsafe {
            let system = sys::sqlite3_vfs_find(ptr::null());
            assert!(!system.is_null(), "SQLite has a VFS on every system it is built for");
            let mut vfs = *system;
            vfs.iVersion = 2;
            vfs.szOsFile = c_int::try_from(size_of::<Handle>()).expect("it is a few bytes");
            vfs.pNext = ptr::null_mut();
            vfs.zName = c"faults".as_ptr();
            vfs.xOpen = Some(open);
            vfs.xDelete = Some(delete);
            vfs.xAccess = Some(access);
            vfs.xFullPathname = Some(full_pathname);
            sys::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1)
        };
        assert_eq!(code, sys::SQLITE_OK);
    });
}

/// # Safety
/// `text` is null or a C string that outlives the answer.
unsafe fn text<'t>(text: *const c_char) -> Option<&'t str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

/// # Safety
/// `file` was filled by [`open`] and is not closed.
unsafe fn id(file: *mut sys::sqlite3_file) -> u64 {
    // SAFETY: the caller's promise; SQLite set aside `szOsFile` bytes, aligned for any of its structures.
    unsafe { (*file.cast::<Handle>()).id }
}

fn position(at: sys::sqlite3_int64) -> usize {
    usize::try_from(at).expect("SQLite's offsets are not negative")
}

fn length(bytes: c_int) -> usize {
    usize::try_from(bytes).expect("SQLite's lengths are not negative")
}

unsafe extern "C" fn open(
    _: *mut sys::sqlite3_vfs,
    name: sys::sqlite3_filename,
    file: *mut sys::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: `name` is null or a C string, `file` has room for a `Handle`, `out_flags` is null or can be written.
    unsafe {
        let handle = file.cast::<Handle>();
        (*handle).head.pMethods = ptr::null(); // SQLite must not close what was not opened
        // Without a name it would be a temporary file; this library keeps those in memory (SQLITE_TEMP_STORE=3).
        let Some(name) = text(name) else { return sys::SQLITE_CANTOPEN };
        match machine().open(name, flags) {
            Err(code) => code,
            Ok(id) => {
                (*handle).id = id;
                (*handle).head.pMethods = &raw const SHARED_METHODS;
                if !out_flags.is_null() {
                    *out_flags = flags;
                }
                sys::SQLITE_OK
            }
        }
    }
}

unsafe extern "C" fn delete(_: *mut sys::sqlite3_vfs, name: *const c_char, folder: c_int) -> c_int {
    // SAFETY: `name` is a C string.
    let name = unsafe { text(name) };
    name.map_or(sys::SQLITE_IOERR_DELETE, |name| machine().delete(name, folder != 0))
}

unsafe extern "C" fn access(
    _: *mut sys::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    answer: *mut c_int,
) -> c_int {
    // SAFETY: `name` is a C string and `answer` can be written.
    unsafe { *answer = c_int::from(text(name).is_some_and(|name| machine().exists(name))) };
    sys::SQLITE_OK
}

/// Paths are taken as they are.
unsafe extern "C" fn full_pathname(
    _: *mut sys::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: `name` is a C string, and `out` has `room` bytes that do not overlap it.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > length(room) {
            return sys::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    sys::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sys::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes what it opened.
    machine().close(unsafe { id(file) });
    sys::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sys::sqlite3_file,
    into: *mut c_void,
    bytes: c_int,
    at: sys::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open and `into` has `bytes` bytes that nobody else uses during the call.
    let (id, into) = unsafe {
        // The buffer may never have been written to: a slice needs it to have been.
        ptr::write_bytes(into.cast::<u8>(), 0, length(bytes));
        (id(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), length(bytes)))
    };
    machine().read(id, position(at), into)
}

unsafe extern "C" fn write(
    file: *mut sys::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: sys::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open and `from` has `bytes` bytes that nobody changes during the call.
    let (id, from) = unsafe { (id(file), std::slice::from_raw_parts(from.cast::<u8>(), length(bytes))) };
    machine().write(id, position(at), from)
}

unsafe extern "C" fn truncate(file: *mut sys::sqlite3_file, size: sys::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    machine().truncate(unsafe { id(file) }, position(size))
}

unsafe extern "C" fn sync(file: *mut sys::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    machine().sync(unsafe { id(file) })
}

unsafe extern "C" fn file_size(file: *mut sys::sqlite3_file, size: *mut sys::sqlite3_int64) -> c_int {
    // SAFETY: the file is open and `size` can be written.
    unsafe { *size = i64::try_from(machine().size(id(file))).expect("a file in memory") };
    sys::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut sys::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    machine().lock(unsafe { id(file) }, level)
}

unsafe extern "C" fn unlock(file: *mut sys::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    machine().unlock(unsafe { id(file) }, level);
    sys::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut sys::sqlite3_file, answer: *mut c_int) -> c_int {
    // SAFETY: the file is open and `answer` can be written.
    unsafe { *answer = c_int::from(machine().is_reserved(id(file))) };
    sys::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut sys::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    sys::SQLITE_NOTFOUND
}

/// As SQLite's own VFS for Unix.
unsafe extern "C" fn sector_size(_: *mut sys::sqlite3_file) -> c_int {
    4096
}

/// As SQLite's own VFS for Unix: a write that is cut off leaves the bytes around it alone, and nothing else is sure.
unsafe extern "C" fn device_characteristics(_: *mut sys::sqlite3_file) -> c_int {
    sys::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sys::sqlite3_file,
    piece: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open and `out` can be written. The piece stays in place until the last one lets go of it,
    // and is made of atomics, so that writing through a pointer to it is allowed.
    unsafe {
        *out = ptr::null_mut();
        match machine().map(id(file), length(piece), length(bytes), extend != 0) {
            Err(code) => code,
            Ok(found) => {
                *out = found;
                sys::SQLITE_OK
            }
        }
    }
}

unsafe extern "C" fn shm_lock(
    file: *mut sys::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: the file is open.
    machine().map_lock(unsafe { id(file) }, first, count, flags)
}

unsafe extern "C" fn shm_barrier(_: *mut sys::sqlite3_file) {
    drop(machine());
    Machine::barrier();
}

unsafe extern "C" fn shm_unmap(file: *mut sys::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    machine().unmap(unsafe { id(file) });
    sys::SQLITE_OK
}
