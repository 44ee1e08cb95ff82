/** The running or last import, from its events and, after a restart of the window, from the shell's memory. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type ImportProgress, readAgain, useBackend } from "../../ipc";
import { type Sample, secondsLeft } from "./progress";

/** An import as the window shows it. */
export interface ImportState {
  progress: ImportProgress | null;
  /** Seconds left, or `null` while nothing can be said. */
  left: number | null;
}

/** What an import makes stale; the status comes by its own event. */
const STALE_AFTER_IMPORT = ["accounts", "documents", "tables", "findings", "review", "source", "group"];

/** While an import runs the list of documents follows it, but no faster than anybody reads. */
const LIST_EVERY_MS = 1_500;

/** Follows the import while the workspace is open. */
export function useImport(): ImportState {
  const client = useQueryClient();
  const backend = useBackend();
  const [state, setState] = useState<ImportState>({ progress: null, left: null });
  const first = useRef<{ job: number; sample: Sample } | null>(null);

  useEffect(() => {
    let gone = false;
    let finishedJob: number | null = null;
    let listed = performance.now();
    const take = (progress: ImportProgress | null) => {
      if (gone || progress === null) {
        return;
      }
      const now: Sample = { at: performance.now(), bytes: progress.bytesDone };
      if (first.current?.job !== progress.job) {
        first.current = { job: progress.job, sample: now };
      }
      const left = progress.finished ? null : secondsLeft(first.current.sample, now, progress.bytesTotal);
      setState({ progress, left });
      if (!progress.finished && now.at - listed > LIST_EVERY_MS) {
        listed = now.at;
        void client.invalidateQueries({ queryKey: ["documents"] });
      }
      if (progress.finished && finishedJob !== progress.job) {
        finishedJob = progress.job;
        void readAgain(client, STALE_AFTER_IMPORT);
      }
    };
    let heard = false;
    const stop = backend.onImportProgress(
      (progress) => {
        heard = true;
        take(progress);
      },
      () => {
        // What was before the first event. Asked for any earlier, an import that ends just then would never end here;
        // and an answer that comes behind an event is older than it.
        backend.importState().then(
          (progress) => {
            if (!heard) {
              take(progress);
            }
          },
          () => undefined,
        );
      },
    );
    return () => {
      gone = true;
      stop();
    };
  }, [client, backend]);
  return state;
}

/** Whether files hang over the window. */
export function useDragOver(): boolean {
  const backend = useBackend();
  const [over, setOver] = useState(false);
  useEffect(() => backend.onDragState((state) => setOver(state.over)), [backend]);
  return over;
}
