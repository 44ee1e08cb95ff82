/** Marks the moment the first rows of an opened review are on screen, for the bench. */
import { afterPaint } from "../../design";

/** Name of the mark. */
export const FIRST_ROWS = "review-first-rows";

/** Sets the mark after the next paint; answers how to call it off. */
export function markFirstRows(): () => void {
  return afterPaint(() => {
    performance.clearMarks(FIRST_ROWS);
    performance.mark(FIRST_ROWS);
  });
}
