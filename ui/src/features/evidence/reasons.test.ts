import { expect, it } from "vitest";
import { confidenceShare } from "./Reasons";

it.each([
  ["0.999", "99.9"],
  ["0.960", "96"],
  ["1.000", "100"],
  ["0.05", "5"],
  ["high", null],
])("a confidence of %s is %s of a hundred", (confidence, share) => {
  expect(confidenceShare(confidence)).toBe(share);
});
