// Node's module hooks for the mutation check: TypeScript as it lies in the tree, and copies of modules with one change.
// A copy is asked for by its address: `…/gelu.ts?file=src/kernels/gelu.ts&from=120&to=121&text=-`. What it imports from
// layers that may import the change is copied too, and shared otherwise.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const ROOT = new URL("../../", import.meta.url);
/** The folders whose modules are copied with a changed one, as they may import it on the way from what is run. */
const copiedWith = (changed) =>
  changed.startsWith("src/zerosiam/") ? ["/src/zerosiam/", "/src/parity/"] : ["/src/kernels/"];

export function resolve(specifier, context, next) {
  const { parentURL = "" } = context;
  if (!specifier.startsWith(".") || !specifier.endsWith(".js") || !parentURL.startsWith(ROOT.href)) {
    return next(specifier, context);
  }
  if (parentURL.includes("/node_modules/")) return next(specifier, context);
  const parent = new URL(parentURL);
  const url = new URL(specifier.replace(/\.js$/, ".ts"), parent);
  const changed = parent.searchParams.get("file");
  if (changed !== null && !parent.pathname.endsWith(`/${changed}`)) {
    const copied = url.pathname.endsWith(`/${changed}`) || copiedWith(changed).some((at) => url.pathname.includes(at));
    if (copied) url.search = parent.search;
  }
  return { url: url.href, format: "module", shortCircuit: true };
}

export function load(url, context, next) {
  const { pathname, searchParams } = new URL(url);
  if (!pathname.endsWith(".ts")) return next(url, context);
  const path = fileURLToPath(new URL(pathname, "file:"));
  let text = readFileSync(path, "utf8");
  const file = searchParams.get("file");
  if (file !== null && path === join(fileURLToPath(ROOT), file)) {
    const at = (name) => Number(searchParams.get(name));
    text = text.slice(0, at("from")) + searchParams.get("text") + text.slice(at("to"));
  }
  return { format: "module", source: compile(text, path), shortCircuit: true };
}

const compiled = new Map();

function compile(text, path) {
  let code = compiled.get(text);
  if (code === undefined) {
    code = transformSync(text, { loader: "ts", format: "esm", target: "node20", sourcefile: path }).code;
    compiled.set(text, code);
  }
  return code;
}
