// The README: its generated parts are current, its example runs, its commands and files exist.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { filled, READING, resultsPage, resultTables } from "../scripts/readme.js";
import { validationSettings } from "../src/experiments/reproduce/protocol.js";
import { readTree } from "./layers/source.js";
import { cell } from "./report/cells.js";

const readme = readFileSync("README.md", "utf8");
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

test("the generated parts are current (after a change: npm run readme)", () => {
  expect(readme).toBe(filled(readme));
  expect(readFileSync("docs/results.md", "utf8")).toBe(resultsPage());
});

test("the results are the tables of the reproduction's cells", () => {
  const validation = validationSettings({ seeds: 1 });
  const cells = validation.flatMap((one) => [one, { ...one, part: "test" as const }].map((each) => cell(each, 0.5)));
  const { published, one, each, claim } = resultTables(cells);
  for (const table of [published, one, each]) {
    expect(table).toContain(
      "| method | iid | class-ordered | mixed | batch-1 | blind-spot | noise-first | return-to-source | mean of four |",
    );
    expect(table).toMatch(/^\| ZeroSiam \| (\*\*50\.0\*\* \| ){7}\*\*50\.0\*\* \|$/m);
  }
  expect(claim).toMatch(/^\| blind-spot \| 50\.0 \| Source \| 50\.0 \| 0\.0 \| best \|$/m);
});

test("every file that it links to is there", () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, link]) => link)
    .filter((link) => !link.startsWith("http"));
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test("the reading order has every file of the method that its first file needs", () => {
  const sources = new Map(readTree(".", "src/zerosiam").map((file) => [file.path, file]));
  const needed = new Set(["src/zerosiam/zerosiam.ts"]);
  for (const path of needed) {
    for (const { target } of sources.get(path)?.imports ?? []) if (sources.has(target)) needed.add(target);
  }
  const listed = READING.map(([file]) => file);
  expect(needed.size).toBeGreaterThan(5);
  expect([...needed].filter((path) => !listed.includes(path))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
});

test("every npm script that it names is there", () => {
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name).filter((name) => name !== "X");
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("the example runs", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/run.mjs", "example", "adapt"]);
  expect(stdout.match(/updated: true/g)).toHaveLength(3); // 48 images, batches of 16
});
