/**
 * Fails when an import goes against the layers, from one feature into another, or round in a circle.
 *
 * app → views → features → commands, design → i18n → ipc; only src/ipc names Tauri.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const SOURCE = new URL("../src", import.meta.url).pathname;
/** What each layer may import besides itself. */
const MAY = {
  "main.tsx": ["app", "design"],
  app: ["views", "features", "commands", "design", "i18n", "ipc"],
  views: ["features", "commands", "design", "i18n", "ipc"],
  features: ["commands", "design", "i18n", "ipc"],
  commands: ["i18n", "ipc"],
  design: ["i18n"],
  i18n: ["ipc"],
  ipc: [],
};

const files = readdirSync(SOURCE, { recursive: true })
  .map(String)
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith("ipc/generated"));
const known = new Set(files);
const problems = [];
const graph = new Map();

function target(from, specifier) {
  const base = relative(SOURCE, resolve(SOURCE, dirname(from), specifier));
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((path) => known.has(path)) ?? base;
}

for (const file of files) {
  const code = readFileSync(join(SOURCE, file), "utf8");
  const edges = [];
  for (const [, typeOnly, named, bare] of code.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)";|^import\s+"([^"]+)";/gm,
  )) {
    const specifier = named ?? bare;
    if (specifier.startsWith("@tauri-apps") && !file.startsWith("ipc/")) {
      problems.push(`${file}: only src/ipc may name ${specifier}`);
    }
    if (!specifier.startsWith(".")) {
      continue;
    }
    const to = target(file, specifier);
    const [layer, feature] = file.split("/");
    const [toLayer, toFeature] = to.split("/");
    if (layer !== toLayer && !(MAY[layer] ?? []).includes(toLayer)) {
      problems.push(`${file}: ${layer} may not import ${toLayer}`);
    }
    if (layer === "features" && toLayer === "features" && feature !== toFeature) {
      problems.push(`${file}: feature ${feature} may not import feature ${toFeature}`);
    }
    if (
      toLayer === "features" &&
      layer !== "features" &&
      to.split("/").length > 2 &&
      !to.endsWith("/index.ts")
    ) {
      problems.push(`${file}: import features/${toFeature}, not its inside`);
    }
    if (typeOnly === undefined) {
      edges.push(to);
    }
  }
  graph.set(file, edges);
}

/** Looks for a circle of imports that remain at run time. */
function circle(file, path, done) {
  if (path.includes(file)) {
    return [...path.slice(path.indexOf(file)), file];
  }
  if (done.has(file)) {
    return null;
  }
  for (const next of graph.get(file) ?? []) {
    const found = circle(next, [...path, file], done);
    if (found !== null) {
      return found;
    }
  }
  done.add(file);
  return null;
}

const done = new Set();
for (const file of graph.keys()) {
  const found = circle(file, [], done);
  if (found !== null) {
    problems.push(`circle: ${found.join(" → ")}`);
    break;
  }
}

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exit(1);
}
process.stdout.write(`${files.length} modules keep their layers\n`);
