import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { en } from "./en";
import { sv } from "./sv";
import { type Message, translate } from "./translate";

function forms(message: Message): string[] {
  return typeof message === "string" ? [message] : [message.one, message.other];
}

function placeholders(message: Message): string[] {
  const names = forms(message).flatMap((text) =>
    [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? ""),
  );
  return [...new Set(names)].sort();
}

describe("catalogues", () => {
  it("have the same keys in the same order", () => {
    expect(Object.keys(sv)).toEqual(Object.keys(en));
  });
  it("use the same parameters and plurals under each key", () => {
    for (const [key, message] of Object.entries(en)) {
      const other = sv[key as keyof typeof sv];
      expect([key, placeholders(other)]).toEqual([key, placeholders(message)]);
      expect([key, typeof other]).toEqual([key, typeof message]);
    }
  });
  it("hold no text that nothing shows", () => {
    const source = fileURLToPath(new URL("..", import.meta.url));
    const code = readdirSync(source, { recursive: true })
      .map(String)
      .filter(
        (file) =>
          /\.tsx?$/.test(file) && !file.endsWith(".test.ts") && !/i18n.(\w+\.)?(en|sv)\.ts$/.test(file),
      )
      .map((file) => readFileSync(join(source, file), "utf8"))
      .join("\n");
    // Keys made at run time, such as `error.${code}`.
    const made = [...code.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map((found) => found[1] ?? "");
    const unused = Object.keys(en).filter(
      (key) => !code.includes(`"${key}"`) && !made.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
  it("hold no empty text", () => {
    for (const catalogue of [en, sv]) {
      for (const [key, message] of Object.entries(catalogue)) {
        expect([key, forms(message).every((text) => text.trim().length > 0)]).toEqual([key, true]);
      }
    }
  });
});

describe("translate", () => {
  it("picks the plural by count and groups it", () => {
    const message = { one: "{count} line", other: "{count} lines" };
    expect(translate(message, "en", { count: 1 })).toBe("1 line");
    expect(translate(message, "en", { count: 1231 })).toBe("1,231 lines");
    expect(translate(message, "sv", { count: 1231 })).toBe("1\u00a0231 lines");
  });
  it("leaves an unknown parameter visible", () => {
    expect(translate("Hello {name}", "en")).toBe("Hello {name}");
  });
});
