/** Spares Rust the evidence of lines that are only passed on the way. */
import { useEffect, useRef, useState } from "react";
import { afterPaint } from "../../design";

/** Changes closer together than this are a key held down. */
const HURRY_MS = 140;
/** After this long on a line it is looked at. */
const REST_MS = 90;

/**
 * The value, once the list it is about is painted after a pause, and only when it rests while it changes quickly.
 * Compared by `key`.
 */
export function useResting<T>(value: T, key: string): T {
  const [rested, setRested] = useState({ value, key });
  const changed = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the value
  useEffect(() => {
    const now = performance.now();
    const hurried = now - changed.current < HURRY_MS;
    changed.current = now;
    if (!hurried) {
      return afterPaint(() => setRested({ value, key }));
    }
    const timer = setTimeout(() => setRested({ value, key }), REST_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return rested.key === key ? value : rested.value;
}
