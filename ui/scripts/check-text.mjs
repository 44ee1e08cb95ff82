/**
 * Fails when a component holds words of its own: text between tags, or in an attribute that people hear or read.
 * All words come from the catalogues in src/i18n.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "vite";

const SOURCE = new URL("../src", import.meta.url).pathname;
const SPOKEN = new Set(["aria-label", "aria-description", "title", "placeholder", "alt", "label"]);
const HAS_WORD = /\p{L}/u;

/** Calls back for every node of a syntax tree. */
function walk(node, visit, parent = null) {
  if (Array.isArray(node)) {
    for (const child of node) {
      walk(child, visit, parent);
    }
  } else if (node !== null && typeof node === "object") {
    if (typeof node.type === "string") {
      visit(node, parent);
    }
    for (const [key, child] of Object.entries(node)) {
      if (key !== "parent") {
        walk(child, visit, typeof node.type === "string" ? node : parent);
      }
    }
  }
}

/** Words of their own in a node, or null. */
function wordsOf(node, parent) {
  if (node.type === "JSXText") {
    return node.value;
  }
  const literal = node.type === "Literal" && typeof node.value === "string" ? node.value : null;
  if (literal === null) {
    return null;
  }
  if (parent?.type === "JSXExpressionContainer" && parent.within === "children") {
    return literal;
  }
  if (parent?.type === "JSXAttribute" && SPOKEN.has(parent.name.name)) {
    return literal;
  }
  return null;
}

const files = readdirSync(SOURCE, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".tsx"));
let found = 0;
for (const file of files) {
  const path = join(SOURCE, file);
  const code = readFileSync(path, "utf8");
  const parsed = parseSync(path, code);
  if (parsed.errors.length > 0) {
    throw new Error(`${file}: ${parsed.errors[0].message}`);
  }
  walk(parsed.program, (node, parent) => {
    if (node.type === "JSXElement" || node.type === "JSXFragment") {
      for (const child of node.children) {
        child.within = "children";
      }
    }
    const words = wordsOf(node, parent);
    if (words !== null && HAS_WORD.test(words)) {
      const line = code.slice(0, node.start).split("\n").length;
      process.stderr.write(
        `src/${file}:${line}: text outside the catalogues: ${JSON.stringify(words.trim())}\n`,
      );
      found += 1;
    }
  });
}
if (found > 0) {
  process.exit(1);
}
process.stdout.write(`${files.length} components hold no words of their own\n`);
