/** Marks the moment the first rows of an opened review are on screen, for the bench. */

/** Name of the mark. */
export const FIRST_ROWS = "review-first-rows";

/** Sets the mark after the next paint; answers how to call it off. */
export function markFirstRows(): () => void {
  let cancelled = false;
  const frame = requestAnimationFrame(() => {
    // A message sent from inside a frame is handled right after that frame was painted.
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      if (!cancelled) {
        performance.clearMarks(FIRST_ROWS);
        performance.mark(FIRST_ROWS);
      }
    };
    channel.port2.postMessage(null);
  });
  return () => {
    cancelled = true;
    cancelAnimationFrame(frame);
  };
}
