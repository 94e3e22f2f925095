// What the tests wrote down for people to read, for checks of ops that are not run as tests.
import { readFileSync } from "node:fs";

const read = new Map<string, ReadonlyMap<string, string>>();

/** The strings that test/ops/`test` keeps as snapshots, by the titles of its tests; from the root of the clone, where tests start. */
export function snapshotsOf(test: string): ReadonlyMap<string, string> {
  const known = read.get(test) ?? parse(readFileSync(`test/ops/__snapshots__/${test}.snap`, "utf8"));
  read.set(test, known);
  return known;
}

/** As vitest stores them: exports[`title 1`] = `"string"`; with line breaks around a string that has some. */
function parse(text: string): Map<string, string> {
  const entries = text.matchAll(/^exports\[`(.*) \d+`\] = `\n?"([\s\S]*?)"\n?`;$/gm);
  const plain = (stored: string) => stored.replace(/\\([`$\\])/g, "$1");
  return new Map(Array.from(entries, ([, title, string]) => [plain(title), plain(string)]));
}
