/**
 * Moving through display lines, and what a place in the list stands for. Pure.
 *
 * The cursor is on a whole group, or on one side's lines only; the side is what matching by hand picks from.
 */
import type { LineRef, ReviewLine, SideView } from "../../ipc";
import type { Range } from "./window";

/** Where the keyboard is. */
export interface Cursor {
  /** Index of a line that is no heading. */
  index: number;
  /** `null`: the whole group; else only this side's cell. */
  side: SideView | null;
  /** The cell whose source is shown. */
  focus: SideView;
}

/** Answers a line when it is here. */
export type LineAt = (index: number) => ReviewLine | undefined;

/** How the cursor can move. */
export type Move = "up" | "down" | "pageUp" | "pageDown" | "home" | "end" | "sectionUp" | "sectionDown";

/** The name of a cell on one side of a line, or `null` where there is none; a difference has none. */
export function refOf(line: ReviewLine, side: SideView): LineRef | null {
  const id = side === "bank" ? line.bank?.id : line.ledger?.id;
  return id === undefined || id === "" ? null : { side, id };
}

/** The names of a line's cells, of one side or of both. */
export function refsOf(line: ReviewLine, side: SideView | null): LineRef[] {
  const sides: SideView[] = side === null ? ["bank", "ledger"] : [side];
  return sides.map((one) => refOf(line, one)).filter((ref) => ref !== null);
}

/** A key for sets of names. */
export function keyOf(ref: LineRef): string {
  return `${ref.side}:${ref.id}`;
}

/** The lines of the group at an index, as far as they are here; empty on a heading. */
export function groupRange(lineAt: LineAt, index: number): Range {
  const line = lineAt(index);
  if (line === undefined || line.kind === "section") {
    return { start: index, end: index };
  }
  let start = index;
  while (lineAt(start)?.kind === "more" && lineAt(start - 1)?.group === line.group) {
    start -= 1;
  }
  let end = index + 1;
  while (lineAt(end)?.kind === "more" && lineAt(end)?.group === line.group) {
    end += 1;
  }
  return { start, end };
}

/** The cell whose source to show first: the bank's where there is one. */
function focusOf(line: ReviewLine, wanted: SideView | null): SideView {
  if (wanted !== null && refOf(line, wanted) !== null) {
    return wanted;
  }
  return refOf(line, "bank") === null ? "ledger" : "bank";
}

/** A cursor on the whole group of a line, with the source of the wanted side where it has one. */
export function cursorOn(line: ReviewLine, wanted: SideView | null = null): Cursor {
  return { index: line.index, side: null, focus: focusOf(line, wanted) };
}

function fits(line: ReviewLine | undefined, side: SideView | null): line is ReviewLine {
  return line !== undefined && line.kind !== "section" && (side === null || refOf(line, side) !== null);
}

/** The nearest fitting line from `index` in a direction, then in the other. */
function settle(lineAt: LineAt, index: number, total: number, direction: 1 | -1, side: SideView | null) {
  for (const step of [direction, -direction]) {
    for (let at = index; at >= 0 && at < total; at += step) {
      const line = lineAt(at);
      if (line === undefined) {
        break;
      }
      if (fits(line, side)) {
        return line;
      }
    }
  }
  return null;
}

/** Roughly where a move leads, so that the lines there can be fetched before it is made. */
export function aim(
  cursor: Cursor,
  move: Move,
  total: number,
  page: number,
  sections: readonly number[],
): number {
  const { index } = cursor;
  const target = {
    up: index - 1,
    down: index + 1,
    pageUp: index - page,
    pageDown: index + page,
    home: 0,
    end: total - 1,
    sectionUp: sections.filter((start) => start + 1 < index).at(-1) ?? 0,
    sectionDown: sections.find((start) => start > index) ?? total - 1,
  }[move];
  return Math.min(total - 1, Math.max(0, target));
}

/** Where a move leads once the lines around `aim` are here; the cursor itself when there is nowhere to go. */
export function moved(
  lineAt: LineAt,
  cursor: Cursor,
  move: Move,
  total: number,
  page: number,
  sections: readonly number[],
): Cursor {
  const group = groupRange(lineAt, cursor.index);
  const whole = cursor.side === null;
  const direction = move === "up" || move === "pageUp" || move === "end" ? -1 : 1;
  let target = aim(cursor, move, total, page, sections);
  if (whole && move === "down") {
    target = group.end;
  } else if (whole && move === "up") {
    target = group.start - 1;
  }
  if (target >= total || target < 0) {
    return cursor;
  }
  const line = settle(lineAt, target, total, direction, cursor.side);
  if (line === null) {
    return cursor;
  }
  if (!whole) {
    return { index: line.index, side: cursor.side, focus: cursor.focus };
  }
  const first = lineAt(groupRange(lineAt, line.index).start) ?? line;
  // Settling may turn back at an edge; a step never goes against its own direction.
  if ((move === "down" && first.index < group.start) || (move === "up" && first.index > group.start)) {
    return cursor;
  }
  return cursorOn(first);
}

/** How far a side that the group lacks is looked for. */
const REACH = 400;

/** The nearest cell of a side, below first; an entry without a match finds its counterpart's column this way. */
function nearest(lineAt: LineAt, index: number, side: SideView): number | null {
  for (let distance = 1; distance <= REACH; distance += 1) {
    for (const at of [index + distance, index - distance]) {
      const line = lineAt(at);
      if (line !== undefined && refOf(line, side) !== null) {
        return at;
      }
    }
  }
  return null;
}

/**
 * The cursor narrowed to a side, or widened to the group when it was on the other one. Where the group has nothing
 * on that side, the nearest cell there takes the cursor.
 */
export function towards(lineAt: LineAt, cursor: Cursor, side: SideView): Cursor {
  if (cursor.side !== null && cursor.side !== side) {
    const line = lineAt(groupRange(lineAt, cursor.index).start);
    return line === undefined ? cursor : cursorOn(line);
  }
  const { start, end } = groupRange(lineAt, cursor.index);
  const order = [cursor.index, ...Array.from({ length: end - start }, (_, at) => start + at)];
  for (const index of order) {
    const line = lineAt(index);
    if (line !== undefined && refOf(line, side) !== null) {
      return { index, side, focus: side };
    }
  }
  const index = nearest(lineAt, cursor.index, side);
  return index === null ? cursor : { index, side, focus: side };
}
