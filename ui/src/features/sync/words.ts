/** Says where sync stands in a few honest words, and what a conflict is about. Pure. */
import type { Key, Translator } from "../../i18n";
import { clockToday } from "../../i18n";
import type { ConflictLine, ConflictView, SyncView } from "../../ipc";

/** How a state looks: quiet where all is well, amber where something waits, red where a person is needed. */
export type SyncTone = "settled" | "decide" | "contradicts" | "quiet";

/** The state in words. */
export interface SyncWords {
  text: string;
  tone: SyncTone;
}

/** Clock time of a sync today, else day and clock. */
export function whenSynced(at: string, { language, instant }: Translator, now = new Date()): string {
  return clockToday(at, language, now) ?? instant(at);
}

/** What runs in words; a short exchange after a decision is no news, so it is told as what it is about. */
function running(view: SyncView, i18n: Translator, now: Date): SyncWords | null {
  const { eventsDone: done, eventsTotal: total } = view;
  if (done !== null && total !== null && done < total) {
    return {
      text: i18n.t(view.applying ? "sync.applying" : "sync.progress", { done, total }),
      tone: "quiet",
    };
  }
  if (view.synced === null) {
    return { text: i18n.t("sync.syncing"), tone: "quiet" };
  }
  return view.waiting > 0
    ? null
    : { text: i18n.t("sync.synced", { when: whenSynced(view.synced, i18n, now) }), tone: "settled" };
}

const STATES: Partial<Record<SyncView["phase"], { key: Key; tone: SyncTone }>> = {
  offline: { key: "sync.offline", tone: "decide" },
  failed: { key: "sync.failed", tone: "contradicts" },
  signedOut: { key: "sync.signedOut", tone: "decide" },
  frozen: { key: "sync.frozen", tone: "contradicts" },
};

/** Where sync stands; `null` in a workspace that syncs with nobody. */
export function syncWords(view: SyncView, i18n: Translator, now = new Date()): SyncWords | null {
  const { t } = i18n;
  if (view.phase === "standalone") {
    return null;
  }
  const waiting = view.waiting > 0 ? t("sync.waiting", { count: view.waiting }) : null;
  const state = STATES[view.phase];
  if (state !== undefined) {
    const text = waiting === null ? t(state.key) : t("sync.both", { state: t(state.key), waiting });
    return { text, tone: state.tone };
  }
  const runs = view.phase === "syncing" ? running(view, i18n, now) : null;
  if (runs !== null) {
    return runs;
  }
  if (waiting !== null) {
    return { text: waiting, tone: "decide" };
  }
  return view.synced === null
    ? { text: t("sync.never"), tone: "quiet" }
    : { text: t("sync.synced", { when: whenSynced(view.synced, i18n, now) }), tone: "settled" };
}

/** A moment of a sync. */
export interface Sample {
  /** Milliseconds on any steady clock. */
  at: number;
  events: number;
}

/** Below this the rate is mostly noise. */
const SHORTEST_BASE_MS = 1500;

/** Seconds left at the average rate since the first sample, or `null` when nothing can be said yet. */
export function secondsLeft(first: Sample, now: Sample, total: number): number | null {
  const elapsed = now.at - first.at;
  const done = now.events - first.events;
  if (elapsed < SHORTEST_BASE_MS || done <= 0 || total <= now.events) {
    return null;
  }
  return Math.ceil(((total - now.events) * elapsed) / done / 1000);
}

/** A region such as `eu-se` as the country it is in. */
export function regionName(region: string, locale: string): string {
  const country = /^[a-z]{2}-([a-z]{2})$/.exec(region)?.[1];
  if (country === undefined) {
    return region;
  }
  return new Intl.DisplayNames([locale], { type: "region" }).of(country.toUpperCase()) ?? region;
}

/** What was decided: "20 Nov 07:21: you matched". */
export function decidedWords(conflict: ConflictView, { t, tMaybe, instant }: Translator): string {
  const what = tMaybe(`conflict.you.${conflict.command}`) ?? t("conflict.you.other");
  return t("conflict.you", { when: instant(conflict.made), what });
}

/** What stands in its way: who did what when, else the reason of the refusal. */
export function wayWords(conflict: ConflictView, { t, tMaybe, instant }: Translator): string {
  const reason = tMaybe(`conflict.code.${conflict.code}`) ?? conflict.message;
  if (conflict.at === null || conflict.action === null) {
    return reason;
  }
  const who = conflict.name ?? tMaybe(`who.${conflict.role ?? "other"}`) ?? t("who.other");
  const what = tMaybe(`conflict.way.${conflict.action}`) ?? t("conflict.way.other");
  return `${t("conflict.way", { who, what, when: instant(conflict.at) })}.`;
}

/** The line to ask about: the bank's, which people know by name. */
export function askLine(conflict: ConflictView): ConflictLine | null {
  const placed = conflict.lines.filter((one) => one.account !== null && one.month !== null);
  return placed.find((one) => one.line.side === "bank") ?? placed[0] ?? null;
}
