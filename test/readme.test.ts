// The README: its generated parts are current, its example runs, its commands and files exist.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { filled } from "../scripts/readme.js";

const readme = readFileSync("README.md", "utf8");
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

test("the generated parts are current (after a change: npm run readme)", () => {
  expect(readme).toBe(filled(readme));
});

test("every file that it links to is there", () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, link]) => link)
    .filter((link) => !link.startsWith("http"));
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test("every npm script that it names is there", () => {
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name).filter((name) => name !== "X");
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("the example runs", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/run.mjs", "example", "adapt"]);
  expect(stdout.match(/updated: true/g)).toHaveLength(3); // 48 images, batches of 16
});
