// The pages on ops and the API: current, and complete.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { publicNames } from "../scripts/docs/api.js";
import { ADAPTERS } from "../scripts/docs/kernels.js";
import { filledGuide, pages as makePages } from "../scripts/docs.js";
import * as zerosiam from "../src/index.js";
import { OPS } from "../src/kernels/index.js";
import * as nn from "../src/nn/index.js";
import { readTree } from "./layers/source.js";

const { CORRUPTION_NAMES, METHODS, ORDER_NAMES, SCENARIOS } = zerosiam;

const pages = makePages();
const all = [...pages.values()].join("");
const pageOf = (name: string) => pages.get(`docs/ops/${name}.md`) ?? "";

test("docs/api.md, docs/ops.md and docs/ops are current (after a change: npm run docs)", () => {
  const stored = ["docs/api.md", "docs/ops.md", ...readdirSync("docs/ops").map((name) => `docs/ops/${name}`)];
  expect(stored.sort()).toEqual([...pages.keys()].sort());
  for (const [path, text] of pages) expect(readFileSync(path, "utf8"), path).toBe(text);
});

test("the contents name every op once", () => {
  const named = [...(pages.get("docs/ops.md") ?? "").matchAll(/^\| \[(\w+)\]\(ops\/\1\.md\) \|/gm)].map(
    ([, name]) => name,
  );
  expect(named.sort()).toEqual(OPS.map(({ name }) => name).sort());
});

test("every public name, method and option has a doc comment", () => {
  const bare = publicNames().flatMap(({ file, name, doc, parts }) => [
    ...(doc === "" ? [`${file}: ${name}`] : []),
    ...parts.filter((part) => part.doc === "").map((part) => `${file}: ${name}.${part.name}`),
  ]);
  expect(bare).toEqual([]);
});

test("docs/api.md names all that the package exports at run time, and its registries' names", () => {
  const page = pages.get("docs/api.md") ?? "";
  const wanted = Object.keys({ ...zerosiam, ...nn }).filter((name) => name !== "nn");
  const named = [...page.matchAll(/^- \[`(?:abstract )?(?:class )?(\w+)/gm)].map(([, name]) => name);
  expect(wanted.filter((name) => !named.includes(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(wanted.length);
  for (const typed of ["createScenario(name: ScenarioName |", "createMethod(name: MethodName,"])
    expect(page).toContain(typed);
  const registered = [...CORRUPTION_NAMES, ...SCENARIOS, ...METHODS, ...ORDER_NAMES, ...nn.MODELS];
  expect(registered.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("lists the dtypes that shape rules take, beyond those of samples", () => {
  expect(all).toContain("| inputs | `...xs` f32 or i32 or u32 or bool |");
});

test("prints NaN and infinities among arguments, as messages about them do", () => {
  expect(all).toMatch(/ with .*"NaN".*“.* is NaN”/);
});

test("docs/architecture.md links to what is there, and to every folder of the sources", () => {
  const text = readFileSync("docs/architecture.md", "utf8");
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => join("docs", link));
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
  const folders = new Set(readTree(".", "src").map(({ path }) => dirname(path)));
  folders.delete("src");
  expect([...folders].filter((folder) => !links.includes(folder))).toEqual([]);
});

test("docs/adding-an-op.md shows a file as it is, and links to what is there", () => {
  const guide = readFileSync("docs/adding-an-op.md", "utf8");
  expect(guide).toBe(filledGuide(guide));
  expect(guide).toContain("```ts\n// softplus");
  const links = [...guide.matchAll(/\]\(([^)]+)\)|`((?:src|test)\/[\w/.]+)`/g)].map(
    ([, link, path]) => path ?? `docs/${link}`,
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

/** How headings may name the adapters: all at once, or each of the classes. */
const ADAPTERS_NAMED = [["every adapter"], Object.keys(ADAPTERS).sort()];

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (name, op) => {
  const section = pageOf(name);

  test("has its signature, what it says for users, and all its refusals", () => {
    expect(section).toMatch(new RegExp(`^\`\`\`ts\n\\w+\\.${name}\\(.*\\): .*\n\`\`\`\n\n\\S+`, "m"));
    expect(section.match(/: (Shape|DType|Config)Error, “.+”$/gm) ?? []).toHaveLength(op.errors?.length ?? 0);
  });

  test("shows the whole text that each class of adapter runs, with the uniforms of the launch", () => {
    const adapters = [...section.matchAll(/^### On (.*)$/gm)].flatMap(([, names]) => names.split(/, | and /));
    const every = ADAPTERS_NAMED.some((names) => String(names) === String(adapters.sort()));
    expect(every).toBe(op.kernels !== undefined);
    const launches = [...section.matchAll(/^\d.* workgroups?(.*):\n\n```wgsl\n([\s\S]*?)^```$/gm)];
    for (const [, given, text] of launches) {
      expect(text).toMatch(/^\/\/ \w+.*\n[\s\S]*@compute[\s\S]*\}\n$/);
      const [, fields] = /struct Uniforms \{ (.*) \}/.exec(text) ?? [];
      const named = [...given.matchAll(/`(\w+) = -?[\d.e+-]+`/g)].map(([, uniform]) => uniform);
      expect(named).toEqual(fields.split(", ").flatMap((field) => /^(?!unused:)\w+/.exec(field) ?? []));
    }
    expect(launches.length > 0).toBe(op.kernels !== undefined);
  });

  test("lists the options that it declares, where they have a type of their own", () => {
    const listed = [...section.matchAll(/^- `(\w+)\??: /gm)].map(([, option]) => option);
    if (/Options\b/.test(section)) expect(listed.sort()).toEqual([...(op.options ?? [])].sort());
    else expect(listed).toEqual([]);
  });

  test("says by which inputs it is differentiated", () => {
    expect(section).toMatch(op.vjp ? /^\| gradient \| (by .*|none)/m : /^\| gradient \| (none|stops here) /m);
  });
});
