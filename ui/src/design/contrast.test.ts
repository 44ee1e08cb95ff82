import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const css = readFileSync(fileURLToPath(new URL("./tokens.css", import.meta.url)), "utf8");

type Scheme = "light" | "dark";

/** Reads the token's colour for a scheme out of the style sheet itself, so that the test cannot drift from it. */
function token(name: string, scheme: Scheme): string {
  const match = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  if (match === null) {
    throw new Error(`no token --${name}`);
  }
  return (scheme === "light" ? match[1] : match[2]) ?? "";
}

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** WCAG 2 contrast ratio. */
function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

/** Every pair of text and ground that the style sheets use. */
const PAIRS: [text: string, ground: string][] = [
  ...["paper", "surface", "sunken", "selection", "selection-strong", "highlight"].map(
    (ground): [string, string] => ["text", ground],
  ),
  ...["paper", "surface", "sunken", "selection"].map((ground): [string, string] => ["muted", ground]),
  ...["paper", "surface", "sunken", "accent-soft"].map((ground): [string, string] => ["accent", ground]),
  ["text", "accent-soft"],
  ["on-accent", "accent"],
  ["settled", "settled-soft"],
  ["settled", "surface"],
  ["decide", "decide-soft"],
  ["decide", "surface"],
  ["decide", "paper"],
  ["decide", "sunken"],
  ["contradicts", "contradicts-soft"],
  ["contradicts", "surface"],
  ["contradicts", "sunken"],
  ["contradicts", "paper"],
  ["disabled-text", "sunken"],
];

describe.each(["light", "dark"] as const)("in the %s theme", (scheme) => {
  it.each(PAIRS)("%s on %s can be read (4.5:1)", (text, ground) => {
    expect(contrast(token(text, scheme), token(ground, scheme))).toBeGreaterThanOrEqual(4.5);
  });
});

it("faint is never the colour of text", () => {
  for (const sheet of [
    "base.css",
    "components.css",
    "layout.css",
    "review.css",
    "evidence.css",
    "pages.css",
  ]) {
    const text = readFileSync(fileURLToPath(new URL(`./${sheet}`, import.meta.url)), "utf8");
    expect(text).not.toMatch(/[^-]color: var\(--faint\)/);
  }
});
