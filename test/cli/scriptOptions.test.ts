// Options of `npm run mutants` and `npm run fuzz`: what is wrong is told in two lines, with exit code 2, before a device opens.
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { closest, nearest } from "../../src/tensor/names.js";

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/run.mjs", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test.each([
  [["mutants", "--only", "softmx"], /^mutants: --only: nothing to change in "softmx"; closest: softmax, /],
  [["mutants", "--sample", "few"], /^--sample takes an integer ≥ 1, not "few"\n/],
  [["fuzz", "--bogus"], /^Unknown option '--bogus'/],
  [["fuzz", "--what", "kill"], /^--what: no attack is called "kill"\n/],
  [["fuzz", "--runs", "0"], /^--runs takes an integer ≥ 1, not "0"\n/],
])("%j is refused", (args, message) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).toContain(`\nusage: npm run ${args[0]} [-- --`);
  expect(stderr).not.toContain("    at "); // a stack
});

test("--help prints the usage alone", () => {
  expect(run("fuzz", "--help")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^usage: .*\n$/),
    stderr: "",
  });
});

test.each([
  ["predictorLr", ["predictor", "lr", "lrPredictor"], "lrPredictor"],
  ["pad", ["bias", "padding"], "padding"],
  ["batch", ["set", "batchSize"], "batchSize"],
  ["momentun", ["lr", "momentum"], "momentum"],
  ["backend", ["adapter", "device"], undefined],
])("%s may stand for one of %j, or for none", (name, known, meant) => {
  expect(nearest(name, known)).toBe(meant);
});

test("closest names are those of the fewest changes", () => {
  expect(closest("geluu", ["exp", "gelu", "relu", "softmax"])).toEqual(["gelu", "relu", "exp"]);
});
