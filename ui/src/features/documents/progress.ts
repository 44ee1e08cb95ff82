/** Reads an import's progress: how much is done and about how long it will take. Pure. */
import type { ImportProgress, ImportStatus } from "../../ipc";

/** Share done, from 0 to 1, by bytes; by files where nothing has a size. */
export function shareDone(progress: ImportProgress): number {
  if (progress.finished) {
    return 1;
  }
  const [done, total] =
    progress.bytesTotal > 0
      ? [progress.bytesDone, progress.bytesTotal]
      : [progress.filesDone, Math.max(1, progress.filesTotal)];
  return Math.min(1, Math.max(0, done / total));
}

/** A moment of an import. */
export interface Sample {
  /** Milliseconds on any steady clock. */
  at: number;
  bytes: number;
}

/** Below this the rate is mostly noise, and a guess that jumps is worse than none. */
const SHORTEST_BASE_MS = 1500;

/** Seconds left at the average rate since the first sample, or `null` when nothing can be said yet. */
export function secondsLeft(first: Sample, now: Sample, totalBytes: number): number | null {
  const elapsed = now.at - first.at;
  const read = now.bytes - first.bytes;
  if (elapsed < SHORTEST_BASE_MS || read <= 0 || totalBytes <= now.bytes) {
    return null;
  }
  return Math.ceil(((totalBytes - now.bytes) * elapsed) / read / 1000);
}

/** How many files ended in each way. */
export function countByStatus(progress: ImportProgress): Record<ImportStatus, number> {
  const counts: Record<ImportStatus, number> = {
    new: 0,
    alreadyHere: 0,
    refused: 0,
    cancelled: 0,
    waiting: 0,
  };
  for (const result of progress.results) {
    counts[result.status] += 1;
  }
  return counts;
}
