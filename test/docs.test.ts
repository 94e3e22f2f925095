// The pages on ops: current, and complete.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { filledGuide, opsPage } from "../scripts/docs.js";
import { OPS } from "../src/kernels/index.js";

const page = opsPage();

test("docs/ops.md is current (after a change: npm run docs)", () => {
  expect(readFileSync("docs/ops.md", "utf8")).toBe(page);
});

test("lists the dtypes that shape rules take, beyond those of samples", () => {
  expect(page).toContain("| inputs | `...xs` f32 or i32 or u32 or bool |");
});

test("prints NaN and infinities among arguments, as messages about them do", () => {
  expect(page).toMatch(/ with .*"NaN".*“.* is NaN”/);
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

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (name, op) => {
  const section = page.split(/^### /m).find((part) => part.startsWith(`${name}\n`)) ?? "";

  test("has its signature, what it says for users, and all its refusals", () => {
    expect(section).toMatch(new RegExp(`^\`\`\`ts\n\\w+\\.${name}\\(.*\\): .*\n\`\`\`\n\n\\S+`, "m"));
    expect(section.match(/: (Shape|DType|Config)Error, “.+”$/gm) ?? []).toHaveLength(op.errors?.length ?? 0);
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
