import { describe, expect, it } from "vitest";
import { translatorFor } from "../../i18n";
import type { ConflictView, SyncView } from "../../ipc";
import { sampleSync as view } from "../../ipc/testSync";
import { askLine, decidedWords, regionName, secondsLeft, syncWords, wayWords } from "./words";

const NOW = new Date(2026, 10, 20, 15, 0);
const en = translatorFor("en");
const sv = translatorFor("sv");

const said = (change: Partial<SyncView>, i18n = en) => syncWords(view(change), i18n, NOW)?.text;

describe("the sync state", () => {
  it("says when it synced, and nothing where there is nobody to sync with", () => {
    expect(said({})).toBe("Synced 14:02");
    expect(said({}, sv)).toBe("Synkad 14:02");
    expect(said({ phase: "standalone" })).toBeUndefined();
    expect(said({ synced: null })).toBe("Not synced yet");
  });
  it("never calls synced what was not sent", () => {
    expect(said({ waiting: 3 })).toBe("3 decisions not yet sent");
    expect(said({ waiting: 1 }, sv)).toBe("1 beslut inte skickat än");
    expect(said({ waiting: 3, phase: "syncing" })).toBe("3 decisions not yet sent");
  });
  it("says what stands in the way together with what waits", () => {
    expect(said({ phase: "offline" })).toBe("Offline");
    expect(said({ phase: "offline", waiting: 3 })).toBe("Offline \u2013 3 decisions not yet sent");
    expect(said({ phase: "signedOut", waiting: 1 })).toBe("Sign in again \u2013 1 decision not yet sent");
    expect(said({ phase: "frozen" })).toBe("Frozen, can only be read");
    expect(syncWords(view({ phase: "failed" }), en, NOW)?.tone).toBe("contradicts");
  });
  it("counts what is verified while it runs, and stays calm while a decision is sent", () => {
    const progress = { phase: "syncing", eventsDone: 12_000, eventsTotal: 1_000_000 } as const;
    expect(said(progress)).toBe("Syncing 12,000 of 1,000,000");
    expect(said({ ...progress, applying: true })).toBe("Reading in 12,000 of 1,000,000");
    expect(said({ phase: "syncing", synced: null })).toBe("Syncing");
    expect(said({ phase: "syncing" })).toBe("Synced 14:02");
  });
});

describe("the time left", () => {
  it("follows from the rate so far", () => {
    expect(secondsLeft({ at: 0, events: 0 }, { at: 10_000, events: 250_000 }, 1_000_000)).toBe(30);
  });
  it("is not guessed from too little", () => {
    expect(secondsLeft({ at: 0, events: 0 }, { at: 500, events: 1_000 }, 1_000_000)).toBeNull();
    expect(secondsLeft({ at: 0, events: 500 }, { at: 9_000, events: 500 }, 1_000_000)).toBeNull();
  });
});

describe("a conflict", () => {
  const line = (side: "bank" | "ledger", account: number | null) => ({
    line: { side, id: `${side}1` },
    text: "Kund Nordlys AS",
    amount: "48210.00",
    currency: "SEK",
    account,
    month: "2026-10",
    day: "2026-10-14",
  });
  const conflict: ConflictView = {
    key: "k",
    made: new Date(2026, 10, 20, 7, 21).toISOString(),
    command: "match",
    code: "line.settled",
    message: "The line is settled.",
    lines: [line("ledger", null), line("bank", 4)],
    name: null,
    by: "a",
    role: "controller",
    at: new Date(2026, 10, 20, 7, 20).toISOString(),
    action: "cash_movement.match",
  };
  it("says what was decided when", () => {
    expect(decidedWords(conflict, en)).toContain("you matched");
    expect(decidedWords(conflict, sv)).toContain("du matchade");
    expect(decidedWords({ ...conflict, command: "something_new" }, en)).toContain("you decided");
  });
  it("says who did what in its way", () => {
    expect(wayWords(conflict, en)).toMatch(/^A controller matched it first, 20 Nov.* 07:20\.$/);
    expect(wayWords({ ...conflict, name: "Bo Ek" }, en)).toMatch(/^Bo Ek matched it first/);
    expect(wayWords({ ...conflict, role: "worker" }, sv)).toMatch(/^Företagets automat matchade det först/);
  });
  it("says why where nobody was first", () => {
    const denied = { ...conflict, code: "denied.role", at: null, action: null };
    expect(wayWords(denied, en)).toContain("Ask your administrator");
    expect(wayWords({ ...denied, code: "never.heard" }, en)).toBe("The line is settled.");
  });
  it("is asked about on the bank's line, and only where that can be opened", () => {
    expect(askLine(conflict)?.line.side).toBe("bank");
    expect(askLine({ ...conflict, lines: [line("ledger", null)] })).toBeNull();
  });
});

describe("a region", () => {
  it("is told as its country", () => {
    expect(regionName("eu-se", "en-GB")).toBe("Sweden");
    expect(regionName("eu-se", "sv-SE")).toBe("Sverige");
    expect(regionName("moon", "en-GB")).toBe("moon");
  });
});
