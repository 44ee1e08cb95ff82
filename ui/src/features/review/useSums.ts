/** Exact sums of what is selected, worked out by Rust. */
import { useEffect, useState } from "react";
import { backend, type LineRef, type SelectionView } from "../../ipc";

/** The sums of the lines; the former ones stay until the next are here. `null` while nothing is selected. */
export function useSums(refs: LineRef[]): SelectionView | null {
  const [sums, setSums] = useState<SelectionView | null>(null);
  useEffect(() => {
    if (refs.length === 0) {
      setSums(null);
      return undefined;
    }
    let late = false;
    backend.selection(refs).then(
      (answer) => {
        if (!late) {
          setSums(answer);
        }
      },
      () => {
        if (!late) {
          setSums(null);
        }
      },
    );
    return () => {
      late = true;
    };
  }, [refs]);
  return refs.length === 0 ? null : sums;
}
