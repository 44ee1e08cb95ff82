/** A state of sync for tests: all is well but for what they change. */
import type { SyncView } from "./generated/SyncView";

/** The state with these changes. */
export function sampleSync(change: Partial<SyncView>): SyncView {
  return {
    phase: "idle",
    server: "https://attest.example.com",
    company: "Norrsken Handel AB",
    role: "controller",
    region: "eu-se",
    signsInWith: null,
    signedIn: null,
    waiting: 0,
    refused: 0,
    eventsDone: null,
    eventsTotal: null,
    applying: false,
    synced: new Date(2026, 10, 20, 14, 2).toISOString(),
    errorCode: null,
    error: null,
    changes: 0,
    ...change,
  };
}
