/**
 * The lines of one opened review, fetched in pages by index. Holds what is shown and a margin, never the whole.
 *
 * A decision opens a new review, and with it a new object of this kind; lines are never patched in place.
 */
import type { LinesQuery, ReviewLine } from "../../ipc";
import { pagesOf, type Range } from "./window";

/** Lines per page: a screenful and some more, so that the first one is soon here. */
export const PAGE = 50;
/** Pages that are kept: a dozen screenfuls or more around where the eye is. */
export const MOST_PAGES = 24;
/** Most lines Rust answers at once. */
const MOST_LINES = 1000;

type Fetch = (query: LinesQuery) => Promise<ReviewLine[]>;

/** Pages of lines behind one handle. */
export class LinePages {
  private readonly pages = new Map<number, readonly ReviewLine[]>();
  private readonly running = new Map<number, Promise<void>>();
  private readonly listeners = new Set<() => void>();

  constructor(
    /** Handle of the review. */
    readonly view: number,
    /** Lines in all. */
    readonly total: number,
    private readonly fetch: Fetch,
  ) {}

  /** Takes lines in that came with the review; what is no whole page is fetched again when it is wanted. */
  keep(start: number, lines: readonly ReviewLine[]): void {
    const { total } = this;
    for (let page = Math.ceil(start / PAGE); page * PAGE < start + lines.length; page += 1) {
      const part = lines.slice(page * PAGE - start, (page + 1) * PAGE - start);
      if (part.length === Math.min(PAGE, total - page * PAGE)) {
        this.pages.set(page, part);
      }
    }
  }

  /** Calls back whenever lines have arrived. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The line at an index, when it is here. */
  line = (index: number): ReviewLine | undefined => this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];

  /** Those lines of a range that are here, in order. */
  known(range: Range): ReviewLine[] {
    const { start, end } = this.clamp(range);
    return Array.from({ length: Math.max(0, end - start) }, (_, at) => this.line(start + at)).filter(
      (line): line is ReviewLine => line !== undefined,
    );
  }

  /** How many lines of a range are here. */
  count(range: Range): number {
    const { start, end } = this.clamp(range);
    return pagesOf({ start, end }, PAGE)
      .filter((page) => this.pages.has(page))
      .reduce((sum, page) => sum + Math.min(end, (page + 1) * PAGE) - Math.max(start, page * PAGE), 0);
  }

  /** Whether all lines of a range are here. */
  has(range: Range): boolean {
    return pagesOf(this.clamp(range), PAGE).every((page) => this.pages.has(page));
  }

  /** Fetches what is missing of a range; far pages make room. */
  async ensure(range: Range): Promise<void> {
    const wanted = pagesOf(this.clamp(range), PAGE);
    const missing = wanted.filter((page) => !this.pages.has(page));
    await Promise.all(missing.map((page) => this.load(page)));
    this.trim(wanted[0] ?? 0);
  }

  /** Fetches pages that will probably be wanted; a failure waits until they really are. */
  prefetch(pages: readonly number[]): void {
    for (const page of pages) {
      if (!this.pages.has(page)) {
        this.load(page).catch(() => undefined);
      }
    }
  }

  /** All lines of a range, in order, without keeping them. */
  async read(range: Range): Promise<ReviewLine[]> {
    const { start, end } = this.clamp(range);
    if (this.has({ start, end })) {
      return this.known({ start, end });
    }
    const lines: ReviewLine[] = [];
    for (let at = start; at < end; at += MOST_LINES) {
      const part = await this.fetch({ view: this.view, start: at, end: Math.min(end, at + MOST_LINES) });
      lines.push(...part);
    }
    return lines;
  }

  private clamp({ start, end }: Range): Range {
    return { start: Math.max(0, start), end: Math.min(this.total, end) };
  }

  private load(page: number): Promise<void> {
    const known = this.running.get(page);
    if (known !== undefined) {
      return known;
    }
    const start = page * PAGE;
    const query: LinesQuery = { view: this.view, start, end: Math.min(this.total, start + PAGE) };
    const loading = this.fetch(query)
      .then((lines) => {
        this.pages.set(page, lines);
        for (const listener of this.listeners) {
          listener();
        }
      })
      .finally(() => this.running.delete(page));
    this.running.set(page, loading);
    return loading;
  }

  private trim(around: number): void {
    if (this.pages.size <= MOST_PAGES) {
      return;
    }
    const byDistance = [...this.pages.keys()].sort((a, b) => Math.abs(b - around) - Math.abs(a - around));
    for (const page of byDistance.slice(0, this.pages.size - MOST_PAGES)) {
      this.pages.delete(page);
    }
  }
}
