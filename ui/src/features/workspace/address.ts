/** Reads the address of a service as people write it. Pure. */

/** With its scheme, which nobody has to type, and without a slash at the end. */
export function address(written: string): string {
  const text = written.trim().replace(/\/+$/, "");
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
}
