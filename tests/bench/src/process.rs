//! Programs under measurement: time and peak memory of a child.

use anyhow::{Context, Result, bail};
use std::{fs, process::Command, time::Duration};

/// Pause between two looks at a child's memory; the kernel keeps the peak, so only the last moment can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Runs a program to its end and tells its peak resident memory in bytes.
pub(crate) fn peak_memory(command: &mut Command) -> Result<u64> {
    let mut child = command.spawn().context("the program did not start")?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let status = loop {
        if let Some(bytes) = fs::read_to_string(&status_file).ok().as_deref().and_then(high_water_mark) {
            peak = peak.max(bytes);
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    if !status.success() {
        bail!("the program ended with {status}");
    }
    if peak == 0 {
        bail!("this system does not tell a process's peak memory in /proc");
    }
    Ok(peak)
}

/// `VmHWM` of `/proc/PID/status`, in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Forgets the peak of this process's memory, so that [`own_peak`] tells of what comes. Where the system does not do
/// that the peak is one of everything.
pub(crate) fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most resident memory of this process in bytes; `None` where the system does not tell.
pub(crate) fn own_peak() -> Option<u64> {
    high_water_mark(&fs::read_to_string("/proc/self/status").ok()?)
}

/// Processor time of the threads that this process has.
pub(crate) fn own_cpu() -> Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task").context("this system has no /proc")? {
        // One that has just ended is not asked any more.
        let Ok(times) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += times.split(' ').next().and_then(|time| time.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(Duration::from_nanos(nanoseconds))
}
