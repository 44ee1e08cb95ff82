import { describe, expect, it } from "vitest";
import { en, translate } from "../i18n";
import { bindingOf, COMMANDS, commandsFor, describeCommand, type KeyPress } from "./keymap";

function press(key: string, held: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held };
}

const t = (key: keyof typeof en) => translate(en[key], "en");

describe("a key press", () => {
  it("finds the command of a letter, whatever the caps lock says", () => {
    expect(commandsFor(press("a"), "plain", false)).toEqual(["accept"]);
    expect(commandsFor(press("A"), "plain", false)).toEqual(["accept"]);
  });
  it("tells accept from accept all safe by Shift", () => {
    expect(commandsFor(press("A", { shiftKey: true }), "plain", false)).toEqual(["acceptSafe"]);
  });
  it("finds slash and question mark wherever the keyboard puts them", () => {
    expect(commandsFor(press("/", { shiftKey: true }), "plain", false)).toEqual(["search"]);
    expect(commandsFor(press("/"), "plain", false)).toEqual(["search"]);
    expect(commandsFor(press("?", { shiftKey: true }), "plain", false)).toEqual(["keys"]);
  });
  it("means hold or release, and the view decides which is enabled", () => {
    expect(commandsFor(press("h"), "plain", false)).toEqual(["hold", "release"]);
  });
  it("takes Command on a Mac and Ctrl elsewhere", () => {
    expect(commandsFor(press("k", { ctrlKey: true }), "plain", false)).toEqual(["palette"]);
    expect(commandsFor(press("k", { metaKey: true }), "plain", true)).toEqual(["palette"]);
    expect(commandsFor(press("k", { metaKey: true }), "plain", false)).toEqual([]);
    expect(commandsFor(press("k", { ctrlKey: true }), "plain", true)).toEqual([]);
  });
  it("redoes by either habit", () => {
    expect(commandsFor(press("y", { ctrlKey: true }), "plain", false)).toEqual(["redo"]);
    expect(commandsFor(press("Z", { ctrlKey: true, shiftKey: true }), "plain", false)).toEqual(["redo"]);
    expect(commandsFor(press("z", { ctrlKey: true }), "plain", false)).toEqual(["undo"]);
  });
  it("never decides while text is being written", () => {
    for (const key of ["a", "r", "m", "u", "h", "w", "e", " ", "/"]) {
      expect(commandsFor(press(key), "text", false)).toEqual([]);
    }
    expect(commandsFor(press("z", { ctrlKey: true }), "text", false)).toEqual([]);
    expect(commandsFor(press("c", { ctrlKey: true }), "text", false)).toEqual([]);
    expect(commandsFor(press("l", { ctrlKey: true }), "text", false)).toEqual(["lock"]);
  });
  it("leaves Space and arrows to a focused button", () => {
    expect(commandsFor(press(" "), "control", false)).toEqual([]);
    expect(commandsFor(press("a"), "control", false)).toEqual(["accept"]);
  });
  it("with Alt belongs to the menus", () => {
    expect(commandsFor(press("a", { altKey: true }), "plain", false)).toEqual([]);
  });
});

describe("the key map", () => {
  it("gives no chord to two commands that can be enabled together", () => {
    const seen = new Map<string, string>();
    for (const id of COMMANDS) {
      for (const chord of bindingOf(id).chords) {
        const name = JSON.stringify([chord.key, chord.mod ?? false, chord.shift ?? false]);
        const pair = [seen.get(name), id].sort().join("+");
        expect(seen.has(name) && pair !== "hold+release" ? pair : "").toBe("");
        seen.set(name, id);
      }
    }
  });
  it("shows key caps in the platform's way", () => {
    expect(describeCommand("palette", false, t)).toBe("Ctrl K");
    expect(describeCommand("palette", true, t)).toBe("\u2318K");
    expect(describeCommand("acceptSafe", false, t)).toBe("Shift A");
    expect(describeCommand("reasons", false, t)).toBe("Space");
  });
});
