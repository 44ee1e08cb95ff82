/**
 * Which key does what: one table, and the pure functions that read it.
 *
 * `mod` is Ctrl, and Command on a Mac. Keys without `mod` never fire while text is being written.
 */
import type { Key } from "../i18n";

/** Where a command belongs in the key map; the views offer those of their own scope. */
export type Scope = "everywhere" | "review" | "documents";

/** A key as `KeyboardEvent.key` names it, letters in lower case. */
export interface Chord {
  key: string;
  mod?: boolean;
  shift?: boolean;
}

/** A command and its keys; the first chord is the one that is shown. */
export interface Binding {
  scope: Scope;
  label: Key;
  chords: readonly Chord[];
}

export const BINDINGS = {
  palette: { scope: "everywhere", label: "command.palette", chords: [{ key: "k", mod: true }] },
  keys: { scope: "everywhere", label: "command.keys", chords: [{ key: "?" }] },
  lock: { scope: "everywhere", label: "command.lock", chords: [{ key: "l", mod: true }] },
  lockAll: { scope: "everywhere", label: "command.lockAll", chords: [{ key: "l", mod: true, shift: true }] },
  switchCompany: { scope: "everywhere", label: "command.switchCompany", chords: [{ key: "o", mod: true }] },
  addCompany: { scope: "everywhere", label: "command.addCompany", chords: [] },
  goReconcile: { scope: "everywhere", label: "command.goReconcile", chords: [{ key: "1", mod: true }] },
  goDocuments: { scope: "everywhere", label: "command.goDocuments", chords: [{ key: "2", mod: true }] },
  goSettings: { scope: "everywhere", label: "command.goSettings", chords: [{ key: ",", mod: true }] },
  syncNow: { scope: "everywhere", label: "command.syncNow", chords: [{ key: "s", mod: true }] },
  syncPanel: {
    scope: "everywhere",
    label: "command.syncPanel",
    chords: [{ key: "s", mod: true, shift: true }],
  },
  conflicts: { scope: "everywhere", label: "command.conflicts", chords: [{ key: "j", mod: true }] },
  accept: { scope: "review", label: "command.accept", chords: [{ key: "a" }] },
  reject: { scope: "review", label: "command.reject", chords: [{ key: "r" }] },
  match: { scope: "review", label: "command.match", chords: [{ key: "m" }] },
  mark: { scope: "review", label: "command.mark", chords: [{ key: "x" }] },
  unmatch: { scope: "review", label: "command.unmatch", chords: [{ key: "u" }] },
  hold: { scope: "review", label: "command.hold", chords: [{ key: "h" }] },
  release: { scope: "review", label: "command.release", chords: [{ key: "h" }] },
  writeOff: { scope: "review", label: "command.writeOff", chords: [{ key: "w" }] },
  comment: { scope: "review", label: "command.comment", chords: [{ key: "c" }] },
  reasons: { scope: "review", label: "command.reasons", chords: [{ key: " " }] },
  acceptSafe: { scope: "review", label: "command.acceptSafe", chords: [{ key: "a", shift: true }] },
  search: { scope: "review", label: "command.search", chords: [{ key: "/" }, { key: "f", mod: true }] },
  clearMarks: { scope: "review", label: "command.clearMarks", chords: [{ key: "Escape" }] },
  undo: { scope: "review", label: "command.undo", chords: [{ key: "z", mod: true }] },
  redo: {
    scope: "review",
    label: "command.redo",
    chords: [
      { key: "z", mod: true, shift: true },
      { key: "y", mod: true },
    ],
  },
  copy: { scope: "review", label: "command.copy", chords: [{ key: "c", mod: true }] },
  markSection: { scope: "review", label: "command.markSection", chords: [{ key: "a", mod: true }] },
  export: { scope: "review", label: "command.export", chords: [{ key: "e" }] },
  filterAll: { scope: "review", label: "command.filterAll", chords: [{ key: "1" }] },
  filterNeeds: { scope: "review", label: "command.filterNeeds", chords: [{ key: "2" }] },
  filterSuggested: { scope: "review", label: "command.filterSuggested", chords: [{ key: "3" }] },
  filterHeld: { scope: "review", label: "command.filterHeld", chords: [{ key: "4" }] },
  filterConfirmed: { scope: "review", label: "command.filterConfirmed", chords: [{ key: "5" }] },
  chooseFiles: { scope: "documents", label: "command.chooseFiles", chords: [{ key: "o" }] },
  chooseFolder: { scope: "documents", label: "command.chooseFolder", chords: [{ key: "o", shift: true }] },
  importTable: { scope: "documents", label: "command.importTable", chords: [{ key: "Enter", mod: true }] },
  cancelImport: { scope: "documents", label: "command.cancelImport", chords: [{ key: ".", mod: true }] },
} as const satisfies Record<string, Binding>;

/** Name of a command. */
export type CommandId = keyof typeof BINDINGS;

/** Every command in the order of the table. */
export const COMMANDS = Object.keys(BINDINGS) as CommandId[];

/** The binding of a command, in its general shape. */
export function bindingOf(id: CommandId): Binding {
  return BINDINGS[id];
}

/** What of a keyboard event the map looks at. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Where the key was pressed. */
export type Target = "plain" | "text" | "control";

/** Keys a focused button, tab or radio needs for itself. */
const CONTROL_KEYS = new Set([" ", "Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

/** Commands a text field leaves to the window; the others (undo, copy, select all) are the field's own. */
const ALLOWED_IN_TEXT = new Set<CommandId>([
  "palette",
  "lock",
  "lockAll",
  "switchCompany",
  "goReconcile",
  "goDocuments",
  "goSettings",
  "syncNow",
  "syncPanel",
  "conflicts",
  "cancelImport",
  "importTable",
]);

function chordFits(chord: Chord, press: KeyPress, mac: boolean): boolean {
  const mod = mac ? press.metaKey : press.ctrlKey;
  const otherMod = mac ? press.ctrlKey : press.metaKey;
  if (press.altKey || otherMod || mod !== (chord.mod ?? false)) {
    return false;
  }
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (key !== chord.key) {
    return false;
  }
  // Whether "/" and "?" need Shift depends on the keyboard's country, so only letters look at it.
  return /^[a-z]$/.test(key) ? press.shiftKey === (chord.shift ?? false) : true;
}

/** The commands a key press may mean, in the order of the table; the caller takes the first enabled one. */
export function commandsFor(press: KeyPress, target: Target, mac: boolean): CommandId[] {
  if (target === "control" && CONTROL_KEYS.has(press.key)) {
    return [];
  }
  return COMMANDS.filter(
    (id) =>
      bindingOf(id).chords.some((chord) => chordFits(chord, press, mac)) &&
      (target !== "text" || ALLOWED_IN_TEXT.has(id)),
  );
}

const NAMED_KEYS: Record<string, Key> = {
  " ": "key.space",
  Enter: "key.enter",
  Escape: "key.escape",
  ArrowUp: "key.up",
  ArrowDown: "key.down",
  ArrowLeft: "key.left",
  ArrowRight: "key.right",
  Home: "key.home",
  End: "key.end",
  PageUp: "key.pageUp",
  PageDown: "key.pageDown",
};

/** A chord as it is printed on a key cap, such as `Ctrl K`, `⌘K` or `Shift A`. */
export function describeChord(chord: Chord, mac: boolean, t: (key: Key) => string): string {
  const named = NAMED_KEYS[chord.key];
  const key = named === undefined ? chord.key.toUpperCase() : t(named);
  if (mac) {
    return `${chord.shift ? "\u21e7" : ""}${chord.mod ? "\u2318" : ""}${key}`;
  }
  return [chord.mod ? "Ctrl" : "", chord.shift ? "Shift" : "", key].filter((part) => part !== "").join(" ");
}

/** The key cap of a command. */
export function describeCommand(id: CommandId, mac: boolean, t: (key: Key) => string): string {
  const [chord] = bindingOf(id).chords;
  return chord === undefined ? "" : describeChord(chord, mac, t);
}
