import { describe, expect, it } from "vitest";
import type { LinesQuery } from "../../ipc";
import { LinePages, MOST_PAGES, PAGE } from "./pages";
import { line } from "./testLines";

function pagesOver(total: number) {
  const asked: LinesQuery[] = [];
  const pages = new LinePages(7, total, async (query) => {
    asked.push(query);
    return Array.from({ length: query.end - query.start }, (_, at) => line({ index: query.start + at }));
  });
  return { pages, asked };
}

describe("pages of lines", () => {
  it("are fetched once, by handle and index, up to the end", async () => {
    const { pages, asked } = pagesOver(PAGE + 30);
    const [before, behind] = [PAGE - 10, PAGE + 10];
    await Promise.all([
      pages.ensure({ start: before, end: behind }),
      pages.ensure({ start: before + 5, end: behind + 5 }),
    ]);
    expect(asked).toEqual([
      { view: 7, start: 0, end: PAGE },
      { view: 7, start: PAGE, end: PAGE + 30 },
    ]);
    expect(pages.line(PAGE + 29)?.index).toBe(PAGE + 29);
    expect(pages.line(PAGE + 30)).toBeUndefined();
  });
  it("that came with the review are not fetched again, except where a page is cut", async () => {
    const { pages, asked } = pagesOver(2 * PAGE + 30);
    const lines = (start: number, end: number) =>
      Array.from({ length: end - start }, (_, at) => line({ index: start + at }));
    pages.keep(10, lines(10, PAGE + 20));
    expect(pages.has({ start: 10, end: 11 })).toBe(false);
    expect(pages.has({ start: PAGE, end: PAGE + 1 })).toBe(false);
    pages.keep(PAGE, lines(PAGE, 2 * PAGE + 30));
    await pages.ensure({ start: PAGE, end: 2 * PAGE + 30 });
    expect(asked).toEqual([]);
    expect(pages.line(PAGE)?.index).toBe(PAGE);
    expect(pages.line(2 * PAGE + 29)?.index).toBe(2 * PAGE + 29);
  });
  it("far away make room for those at hand", async () => {
    const { pages } = pagesOver(1_000_000);
    for (let page = 0; page < MOST_PAGES + 8; page += 1) {
      await pages.ensure({ start: page * PAGE, end: page * PAGE + 40 });
    }
    expect(pages.has({ start: 0, end: 1 })).toBe(false);
    expect(pages.has({ start: (MOST_PAGES + 7) * PAGE, end: (MOST_PAGES + 7) * PAGE + 1 })).toBe(true);
    const held = Array.from({ length: 40 }, (_, page) =>
      pages.has({ start: page * PAGE, end: page * PAGE + 1 }),
    );
    expect(held.filter(Boolean)).toHaveLength(MOST_PAGES);
  });
  it("read for a long selection are not kept", async () => {
    const { pages, asked } = pagesOver(5000);
    const lines = await pages.read({ start: 10, end: 2510 });
    expect(lines.map((one) => one.index)).toEqual(Array.from({ length: 2500 }, (_, at) => at + 10));
    expect(asked.map((query) => query.end - query.start)).toEqual([1000, 1000, 500]);
    expect(pages.has({ start: 10, end: 11 })).toBe(false);
  });
  it("can be asked for again after a failure", async () => {
    let failures = 1;
    const pages = new LinePages(1, 10, async () => {
      if (failures > 0) {
        failures -= 1;
        throw new Error("lost");
      }
      return Array.from({ length: 10 }, (_, at) => line({ index: at }));
    });
    await expect(pages.ensure({ start: 0, end: 10 })).rejects.toThrow("lost");
    await pages.ensure({ start: 0, end: 10 });
    expect(pages.has({ start: 0, end: 10 })).toBe(true);
  });
});
