import { describe, expect, it } from "vitest";
import type { ImportProgress } from "../../ipc";
import { countByStatus, secondsLeft, shareDone } from "./progress";

function progress(change: Partial<ImportProgress>): ImportProgress {
  return {
    job: 1,
    filesDone: 0,
    filesTotal: 4,
    file: "a.xml",
    bytesDone: 0,
    bytesTotal: 1000,
    lines: 0,
    finished: false,
    matching: false,
    results: [],
    ...change,
  };
}

describe("an import's progress", () => {
  it("is measured in bytes", () => {
    expect(shareDone(progress({ bytesDone: 250, filesDone: 3 }))).toBe(0.25);
  });
  it("falls back to files when nothing has a size", () => {
    expect(shareDone(progress({ bytesTotal: 0, filesDone: 1 }))).toBe(0.25);
  });
  it("never passes the whole", () => {
    expect(shareDone(progress({ bytesDone: 2000 }))).toBe(1);
    expect(shareDone(progress({ finished: true }))).toBe(1);
  });
  it("says nothing about the time left before it can know", () => {
    expect(secondsLeft({ at: 0, bytes: 0 }, { at: 500, bytes: 100 }, 1000)).toBeNull();
    expect(secondsLeft({ at: 0, bytes: 0 }, { at: 5000, bytes: 0 }, 1000)).toBeNull();
    expect(secondsLeft({ at: 0, bytes: 0 }, { at: 5000, bytes: 1000 }, 1000)).toBeNull();
  });
  it("expects the rest at the average rate", () => {
    expect(secondsLeft({ at: 1000, bytes: 100 }, { at: 5000, bytes: 500 }, 1500)).toBe(10);
  });
  it("counts the files by how they ended", () => {
    const result = { file: "a", lines: 0, errors: 0, warnings: 0, message: null, finding: null };
    const counts = countByStatus(
      progress({
        results: [
          { ...result, status: "new" },
          { ...result, status: "refused" },
          { ...result, status: "new" },
        ],
      }),
    );
    expect(counts).toEqual({ new: 2, alreadyHere: 0, refused: 1, cancelled: 0, waiting: 0 });
  });
});
