/** Exact sums of what is selected, worked out by Rust. */
import { useEffect, useState } from "react";
import { afterPaint } from "../../design";
import { type LineRef, type SelectionView, useBackend } from "../../ipc";

/** The sums of exactly these lines; `null` until they are here and while nothing is selected. */
export function useSums(refs: LineRef[]): SelectionView | null {
  const backend = useBackend();
  const [sums, setSums] = useState<{ of: LineRef[]; are: SelectionView } | null>(null);
  useEffect(() => {
    if (refs.length === 0) {
      return undefined;
    }
    let late = false;
    // The lines themselves come first.
    const cancel = afterPaint(() => {
      backend.selection(refs).then(
        (answer) => {
          if (!late) {
            setSums({ of: refs, are: answer });
          }
        },
        () => {
          if (!late) {
            setSums(null);
          }
        },
      );
    });
    return () => {
      late = true;
      cancel();
    };
  }, [refs, backend]);
  // Another selection's sum is never shown, not for a moment: somebody may be adding up.
  return sums?.of === refs ? sums.are : null;
}
