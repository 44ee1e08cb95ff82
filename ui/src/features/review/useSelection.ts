/** Where the user is in the list and what they have marked. */
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { LineRef, ReviewLine, SideView } from "../../ipc";
import type { Subject } from "./actions";
import {
  aim,
  type Cursor,
  cursorOn,
  groupRange,
  keyOf,
  type Move,
  moved,
  refOf,
  refsOf,
  towards,
} from "./lines";
import { type LinePages, MOST_PAGES } from "./pages";
import type { OpenReview } from "./queries";
import type { Range } from "./window";

/** Lines around a target that a move needs to know. */
const MARGIN = 60;
/** Marking more at once would take seconds and help nobody; the status bar says so. */
export const MOST_MARKED = 20_000;
/** How far around the old place the next group is looked for. */
const SEARCH = 500;

/** A marked cell with the line it stands on, for sums and for copying. */
export interface Mark {
  ref: LineRef;
  line: ReviewLine;
  /** Handle of the review it was marked in. */
  view: number;
}

/** Marked cells by `keyOf`. */
export type Marks = ReadonlyMap<string, Mark>;

const NO_MARKS: Marks = new Map();
const SIDES: readonly SideView[] = ["bank", "ledger"];

function sectionStarts(review: OpenReview): number[] {
  return review.view.sections.map((section) => section.start);
}

function added(marks: Marks, lines: readonly ReviewLine[], side: SideView | null, view: number): Marks {
  const next = new Map(marks);
  for (const line of lines) {
    for (const ref of refsOf(line, side)) {
      next.set(keyOf(ref), { ref, line, view });
    }
  }
  return next;
}

/** Names what is here of the group at an index: its range as far as it can be told, and how many of its lines. */
function knownOf(pages: LinePages, index: number): string {
  const range = groupRange(pages.line, index);
  return [range.start, range.end, pages.count(range)].join(" ");
}

/** Fetches what is missing of the group at an index; of one that is longer than what is kept, as much as fits. */
async function ensureGroup(pages: LinePages, index: number): Promise<void> {
  await pages.ensure({ start: index, end: index + 1 });
  for (let fetched = 0; fetched < MOST_PAGES / 2; fetched += 1) {
    const { end } = groupRange(pages.line, index);
    if (end >= pages.total || pages.line(end) !== undefined) {
      return;
    }
    await pages.ensure({ start: end, end: end + 1 });
  }
}

/** The cursor and the marks of the opened review. */
export function useSelection(review: OpenReview | undefined, onTooMany: (lines: number) => void) {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const [marks, setMarks] = useState<Marks>(NO_MARKS);
  const anchor = useRef<number | null>(null);
  const [opened, setOpened] = useState("");
  const pages = review?.pages;
  // Pages that arrive for other places change nothing about the group under the cursor.
  const known = useSyncExternalStore(
    useCallback((listener: () => void) => pages?.subscribe(listener) ?? (() => undefined), [pages]),
    () => (cursor === null || pages === undefined ? "" : knownOf(pages, cursor.index)),
  );

  // Another question starts at its first line; the same question keeps its place. Marks stay in either case: the
  // counterpart of a marked line is often found by searching.
  if (review !== undefined && opened !== review.key) {
    // While rendering, so that the list appears with its cursor and not once more for it.
    setOpened(review.key);
    const first = [0, 1, 2].map((index) => review.pages.line(index)).find((line) => line?.kind === "first");
    setCursor(first === undefined ? null : cursorOn(first));
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question is what this waits for
  useEffect(() => {
    anchor.current = null;
  }, [opened]);

  const group: Range = useMemo(() => {
    void known;
    return cursor === null || pages === undefined
      ? { start: 0, end: 0 }
      : groupRange(pages.line, cursor.index);
  }, [cursor, pages, known]);

  const subject: Subject = useMemo(() => {
    void known;
    if (marks.size > 0) {
      // By the line itself and not by its index, which another review gives to another line.
      const byLine = new Map<ReviewLine, { line: ReviewLine; sides: SideView[] }>();
      let fresh = true;
      for (const { ref, line, view } of marks.values()) {
        const part = byLine.get(line) ?? { line, sides: [] };
        part.sides.push(ref.side);
        byLine.set(line, part);
        fresh &&= view === pages?.view;
      }
      return { marked: true, fresh, parts: [...byLine.values()].sort((a, b) => a.line.index - b.line.index) };
    }
    if (cursor === null || pages === undefined) {
      return { marked: false, fresh: true, parts: [] };
    }
    const range = cursor.side === null ? group : { start: cursor.index, end: cursor.index + 1 };
    const sides = cursor.side === null ? SIDES : [cursor.side];
    const parts: { line: ReviewLine; sides: readonly SideView[] }[] = [];
    for (let index = range.start; index < range.end; index += 1) {
      const line = pages.line(index);
      if (line !== undefined) {
        parts.push({ line, sides });
      }
    }
    return { marked: false, fresh: true, parts };
  }, [marks, cursor, pages, group, known]);

  const clearMarks = useCallback(() => {
    anchor.current = null;
    setMarks(NO_MARKS);
  }, []);

  const markRange = useCallback(
    async (from: number, to: number, side: SideView | null) => {
      if (review === undefined) {
        return;
      }
      const range = { start: Math.min(from, to), end: Math.max(from, to) + 1 };
      if (range.end - range.start > MOST_MARKED) {
        onTooMany(range.end - range.start);
        return;
      }
      const lines = await review.pages.read(range);
      const widened = side === null ? groupRange(review.pages.line, range.end - 1).end : range.end;
      const rest = widened > range.end ? await review.pages.read({ start: range.end, end: widened }) : [];
      setMarks((old) => added(old, [...lines, ...rest], side, review.pages.view));
    },
    [review, onTooMany],
  );

  const move = useCallback(
    async (how: Move, page: number, extend: boolean) => {
      if (review === undefined || cursor === null) {
        return null;
      }
      const starts = sectionStarts(review);
      const target = aim(cursor, how, review.view.lines, page, starts);
      await review.pages.ensure({ start: target - MARGIN, end: target + MARGIN });
      const next = moved(review.pages.line, cursor, how, review.view.lines, page, starts);
      setCursor(next);
      if (extend) {
        anchor.current ??= cursor.index;
        await markRange(anchor.current, next.index, next.side);
      } else {
        anchor.current = null;
      }
      return next;
    },
    [review, cursor, markRange],
  );

  const narrow = useCallback(
    (side: SideView) => {
      if (pages !== undefined) {
        setCursor((old) => (old === null ? old : towards(pages.line, old, side)));
      }
    },
    [pages],
  );

  /** Marks the cells under the cursor, or unmarks them when all are marked. */
  const view = pages?.view ?? 0;
  const toggle = useCallback(
    (parts: Subject["parts"]) => {
      setMarks((old) => {
        const cells = parts.flatMap(({ line, sides }) =>
          sides.flatMap((side) => {
            const ref = refOf(line, side);
            return ref === null ? [] : [{ ref, line, view }];
          }),
        );
        const all = cells.every(({ ref }) => old.has(keyOf(ref)));
        const next = new Map(old);
        for (const cell of cells) {
          if (all) {
            next.delete(keyOf(cell.ref));
          } else {
            next.set(keyOf(cell.ref), cell);
          }
        }
        return next;
      });
    },
    [view],
  );

  const markSection = useCallback(async () => {
    const at = cursor?.index;
    if (review === undefined || at === undefined) {
      return;
    }
    const starts = [...sectionStarts(review), review.view.lines];
    const section = starts.filter((start) => start < at).at(-1) ?? 0;
    const end = starts.find((start) => start > at) ?? review.view.lines;
    await markRange(section, end - 1, cursor?.side ?? null);
  }, [review, cursor, markRange]);

  /** Puts the cursor on a group of a fresh review: the one named, else what now stands at the old place. */
  const settleOn = useCallback(async (fresh: OpenReview, next: number | null, oldIndex: number) => {
    setOpened(fresh.key);
    anchor.current = null;
    setMarks(NO_MARKS);
    const { pages } = fresh;
    const around: Range = { start: oldIndex - SEARCH, end: oldIndex + SEARCH };
    const firstsOf = (lines: readonly ReviewLine[]) => lines.filter((one) => one.kind === "first");
    const below = (one: ReviewLine) => one.index >= oldIndex;
    const wanted = next === null ? below : (one: ReviewLine) => one.group === next;
    // As a rule it came with the list: the next key need not wait for another way there and back.
    let firsts = firstsOf(pages.known(around));
    if (!firsts.some(wanted)) {
      firsts = firstsOf(await pages.read(around));
    }
    const line = firsts.find(wanted) ?? firsts.find(below) ?? firsts.at(-1);
    if (line !== undefined) {
      await ensureGroup(pages, line.index);
    }
    setCursor(line === undefined ? null : cursorOn(line));
    return line?.index ?? null;
  }, []);

  // A list that is refreshed from elsewhere keeps the cursor on its group, before anything is drawn: the next key must
  // not decide about another. A decision looks for its own place.
  const deciding = useRef(false);
  const stood = useRef<{ view: number; key: string; group: number | null }>({
    view: 0,
    key: "",
    group: null,
  });
  useLayoutEffect(() => {
    if (review === undefined || cursor === null) {
      return;
    }
    const before = stood.current;
    const here = review.pages.line(cursor.index)?.group ?? null;
    const refreshed = before.view !== review.view.view && before.key === review.key;
    if (refreshed && !deciding.current && before.group !== null && here !== before.group) {
      const around: Range = { start: cursor.index - SEARCH, end: cursor.index + SEARCH };
      const line = review.pages
        .known(around)
        .find((one) => one.kind === "first" && one.group === before.group);
      if (line !== undefined) {
        stood.current = { view: review.view.view, key: review.key, group: before.group };
        setCursor(cursorOn(line));
        return;
      }
    }
    stood.current = { view: review.view.view, key: review.key, group: here };
  }, [review, cursor]);

  // An import refreshes the list under the cursor; where its line is gone, the nearest takes its place.
  useEffect(() => {
    if (review === undefined || cursor === null) {
      return;
    }
    const line = review.pages.line(cursor.index);
    if (cursor.index >= review.view.lines || line?.kind === "section") {
      settleOn(review, null, cursor.index).catch(() => undefined);
    }
  }, [review, cursor, settleOn]);

  return useMemo(
    () => ({
      cursor,
      setCursor,
      group,
      marks,
      subject,
      clearMarks,
      move,
      narrow,
      toggle,
      markRange,
      markSection,
      settleOn,
      deciding,
    }),
    [cursor, group, marks, subject, clearMarks, move, narrow, toggle, markRange, markSection, settleOn],
  );
}

/** What `useSelection` gives. */
export type Selection = ReturnType<typeof useSelection>;
