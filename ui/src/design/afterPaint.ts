/** Puts off what can wait until the user has seen what cannot. */

/** Calls back right after the next paint; answers how to call it off. */
export function afterPaint(then: () => void): () => void {
  let cancelled = false;
  const frame = requestAnimationFrame(() => {
    // A message sent from inside a frame is handled right after that frame was painted.
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      if (!cancelled) {
        then();
      }
    };
    channel.port2.postMessage(null);
  });
  return () => {
    cancelled = true;
    cancelAnimationFrame(frame);
  };
}
