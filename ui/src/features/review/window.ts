/**
 * The arithmetic of a list of rows of equal height that may be taller than a webview can scroll. Pure.
 *
 * The rows stand in a sticky layer inside a tall canvas; the canvas only gives the scroll bar its length. Up to
 * `TALLEST` the canvas is as tall as the rows; beyond it, canvas pixels stand for more than one pixel of list.
 */

/** Height of a row in CSS pixels. */
export const ROW = 32;
/** Webviews cap the height of an element between 16 and 33 million pixels; this stays well below. */
export const TALLEST = 12_000_000;

/** A list as it scrolls. */
export interface Geometry {
  /** Rows in all. */
  rows: number;
  /** Height of the part that is seen, in pixels. */
  viewport: number;
}

/** Rows from `start` up to, not including, `end`. */
export interface Range {
  start: number;
  end: number;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

/** Height of the canvas in pixels. */
export function canvasHeight({ rows, viewport }: Geometry): number {
  return Math.max(viewport, Math.min(rows * ROW, TALLEST));
}

/** Largest offset into the list, in list pixels. */
export function lastOffset({ rows, viewport }: Geometry): number {
  return Math.max(0, rows * ROW - viewport);
}

/** List pixels per canvas pixel: 1 unless the list is taller than `TALLEST`. */
export function scale(geometry: Geometry): number {
  const scrollable = canvasHeight(geometry) - geometry.viewport;
  return scrollable <= 0 ? 1 : lastOffset(geometry) / scrollable;
}

/** Offset into the list, in list pixels, for a scroll position of the canvas. */
export function offsetAt(geometry: Geometry, scrollTop: number): number {
  return clamp(scrollTop * scale(geometry), 0, lastOffset(geometry));
}

/** Scroll position of the canvas for an offset into the list. */
export function scrollTopAt(geometry: Geometry, offset: number): number {
  return clamp(offset, 0, lastOffset(geometry)) / scale(geometry);
}

/** The rows that are seen at an offset, and `margin` more on either side. */
export function rowsAt({ rows, viewport }: Geometry, offset: number, margin = 0): Range {
  const start = Math.floor(offset / ROW) - margin;
  const end = Math.ceil((offset + viewport) / ROW) + margin;
  return { start: clamp(start, 0, rows), end: clamp(end, 0, rows) };
}

/** The offset nearest to `offset` at which rows `range` are seen whole; the start wins when they do not fit. */
export function reveal(geometry: Geometry, offset: number, range: Range): number {
  const top = range.start * ROW;
  const bottom = range.end * ROW;
  const low = bottom - geometry.viewport;
  const wanted = top < offset ? top : low > offset ? Math.min(low, top) : offset;
  return clamp(wanted, 0, lastOffset(geometry));
}

/** The offset that puts a row into the middle. */
export function centre(geometry: Geometry, row: number): number {
  return clamp(row * ROW - (geometry.viewport - ROW) / 2, 0, lastOffset(geometry));
}

/** Numbers of the pages of `size` rows that a range touches. */
export function pagesOf(range: Range, size: number): number[] {
  if (range.end <= range.start) {
    return [];
  }
  const first = Math.floor(range.start / size);
  const last = Math.floor((range.end - 1) / size);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** Pages to fetch ahead of a scroll: further in its direction than against it. */
export function pagesAhead(range: Range, direction: number, size: number, rows: number): number[] {
  const pages = pagesOf(range, size);
  const first = pages[0] ?? 0;
  const last = pages.at(-1) ?? 0;
  const wanted =
    direction < 0
      ? [first - 1, first - 2, first - 3, first - 4, last + 1, last + 2]
      : [last + 1, last + 2, last + 3, last + 4, first - 1, first - 2];
  const lastPage = Math.ceil(rows / size) - 1;
  return wanted.filter((page) => page >= 0 && page <= lastPage);
}
