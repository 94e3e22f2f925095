// Wrong command lines: refused before anything starts, the flag and the value named, what is allowed said.
import { describe, expect, it } from "vitest";
import { colorsFor } from "../../src/cli/lib/colors.js";
import { reportFailure } from "../../src/cli/lib/failure.js";
import { createProgram } from "../../src/cli/program.js";
import { zerosiam } from "./run.js";

const ADAPT = ["adapt", "--model", "digits", "--weights", "w", "--data", "d", "--method", "tent"];

const EATA = ADAPT.map((word) => (word === "tent" ? "eata" : word));
const SOURCE = ADAPT.map((word) => (word === "tent" ? "source" : word));

/** A sweep of the shipped weights and data. */
const SWEEP = "examples/cluster/sweep.json";

/** Command lines, and what stderr must say. */
const WRONG: [args: string[], says: RegExp][] = [
  [[], /Usage: zerosiam/],
  [["dmeo"], /^ConfigError: unknown command 'dmeo'\n {2}help: did you mean demo\?\n$/],
  [["demo", "--sede", "1"], /^ConfigError: unknown option '--sede'\n {2}help: did you mean --seed\?\n$/],
  [
    ["demo", "--nonsense"],
    /^ConfigError: unknown option '--nonsense'\n {2}help: run it with --help for all options\n$/,
  ],
  [["demo", "extra"], /too many arguments/],
  [["demo", "--seed", "-1"], /--seed: "-1" is not an integer ≥ 0/],
  [["demo", "--seed", "1.5"], /--seed: "1.5" is not an integer/],
  [["demo", "--limit", "0"], /--limit: "0" is not an integer ≥ 1/],
  [["demo", "--limit"], /argument missing/],
  [
    ["demo", "--methods", "source,tnet"],
    /--methods: "tnet" is unknown\n {2}help: did you mean tent\? Known are source, norm, tent/,
  ],
  [["demo", "--methods", "tent,tent"], /names one thing twice/],
  [["demo", "--report", "/no/such/folder/report.html"], /--report: \/no\/such\/folder\/report.html: cannot be written/],
  [["demo", "--json", "/tmp"], /--json: \/tmp: cannot be written \(EISDIR\)\n {2}help: the path is a folder/],
  [["demo", "--json", ""], /--json: : cannot be written \(ENOENT\)/],
  [["demo", "--json", "nodir/"], /--json: nodir\/: cannot be written \(EISDIR\)/],
  [["demo", "--json", "x".repeat(300)], /cannot be written \(ENAMETOOLONG\)/],
  [["demo", "--json", "a", "--report", "./a"], /: \.?\/?a is named by --\w+ too\n {2}help: name another file/],
  [[...ADAPT, "--save", "w"], /--save: w is named by --weights too/],
  [[...ADAPT, "--predictions", "x", "--json", "x"], /--\w+: x is named by --\w+ too/],
  [["merge", "README.md", "LICENSE", "--out", "./LICENSE"], /--out: .\/LICENSE is named by the command line too/],
  [["sweep", "package.json", "--json", "package.json"], /--json: package.json is named by the command line too/],
  [["sweep", SWEEP, "--json", "sweep.jsonl"], /--json: sweep.jsonl is named by --out too/],
  [["sweep", SWEEP, "--json", "assets/digits.safetensors"], /--json: assets\/digits.safetensors is named by examples/],
  [["train", "--json", "digits.safetensors.checkpoint"], /--json: digits.safetensors.checkpoint is named by --out too/],
  [["evaluate", "--seeds", "1e15"], /--seeds: "1e15" is not an integer ≥ 1 and ≤ 10000/],
  [["reproduce", "--seeds", "10001"], /--seeds: "10001" is not an integer ≥ 1 and ≤ 10000/],
  [["reproduce", "--jobs", "100000"], /--jobs: "100000" is not an integer ≥ 1 and ≤ 1000/],
  [["bench", "--sizes", "1000000000"], /--sizes: "1000000000" is not an integer ≥ 16 and ≤ 16384/],
  [["adapt"], /^ConfigError: adapt: --model, --weights, --data, --method are missing\n {2}help: /],
  [["adapt", "--model", "digits", "--weights", "", "--data", "", "--method", "tent"], /--weights, --data are missing/],
  [["bench", "sofmtax"], /bench: unknown: sofmtax\n {2}help: did you mean softmax\? Known are /],
  [ADAPT.slice(0, 5), /adapt: --data, --method are missing/],
  [["sweep"], /^ConfigError: missing required argument 'config'\n {2}help: /],
  [["adapt", "--model", "digit"], /--model: "digit" is unknown\n {2}help: did you mean digits\? Known are digits, /],
  [["adapt", "--model", "mynet"], /--model: "mynet" is unknown\n {2}help: known are digits, /],
  [[...ADAPT, "--lr", "-0.1"], /--lr: "-0.1" is not a finite number ≥ 0\n {2}help: .*0 freezes/],
  [[...ADAPT, "--lr", "Infinity"], /--lr: "Infinity" is not a finite number/],
  [[...ADAPT, "--lr", "1e-3x"], /--lr: "1e-3x" is not a finite number/],
  [[...ADAPT, "--lr-predictor", "NaN"], /--lr-predictor: "NaN" is not/],
  [[...ADAPT, "--batch", "0"], /--batch: "0" is not an integer ≥ 1/],
  [[...ADAPT, "--order", "sorted"], /--order: "sorted" is unknown\n {2}help: known are as-is, shuffle, class/],
  [[...ADAPT, "--std", "0.5,0,0.5"], /--std: "0" is not a finite number > 0/],
  [[...ADAPT, "--steps", "0"], /--steps: "0" is not an integer ≥ 1/],
  [[...ADAPT, "--alarm", "panic"], /--alarm: "panic" is unknown\n {2}help: known are warn, rollback/],
  [
    [...ADAPT, "--divergence", "kl"],
    /--divergence: not for tent\n {2}help: for zerosiam, zerosiam-eata, zerosiam-deyo/,
  ],
  [[...ADAPT, "--alpha", "7"], /--alpha: not for tent\n {2}help: for zerosiam, zerosiam-eata, zerosiam-deyo/],
  [[...ADAPT, "--lr-predictor", "3"], /--lr-predictor: not for tent/],
  [[...ADAPT, "--fisher", "f"], /--fisher: not for tent\n {2}help: for eata/],
  [[...ADAPT, "--clean-reset"], /--clean-reset: not for tent\n {2}help: for sar/],
  [[...SOURCE, "--episodic"], /--episodic: not for source\n {2}help: for tent, eata/],
  [[...SOURCE, "--alarm", "rollback"], /--alarm: not for source/],
  [[...ADAPT, "--alarm", "warn", "--episodic"], /--alarm: not with --episodic\n {2}help: /],
  [[...ADAPT, "--rate-factor", "0.1"], /--rate-factor: nothing rolls back\n {2}help: .*--alarm rollback/],
  [[...ADAPT, "--rho", "0.1"], /--rho: not for tent\n {2}help: for sar/],
  [[...ADAPT, "--plpd", "0.1"], /--plpd: not for tent\n {2}help: for deyo, come-deyo, zerosiam-deyo/],
  [[...ADAPT, "--margin", "0.1"], /--margin: not for tent\n {2}help: for eata, sar, deyo, come-deyo, zerosiam-eata/],
  [[...SOURCE, "--momentum", "0.1"], /--momentum: not for source/],
  [[...ADAPT, "--momentum", "0.1", "--optimizer", "adam"], /--momentum: not with --optimizer adam/],
  [[...ADAPT, "--optimizer", "adma"], /--optimizer: "adma" is unknown\n {2}help: did you mean adam\?/],
  [[...ADAPT, "--frozen", "layer("], /--frozen: Invalid regular expression: .*\n {2}help: /],
  [[...EATA, "--fisher-alpha", "1"], /--fisher-alpha: there is nothing that it weighs\n {2}help: .*--fisher/],
  [[...ADAPT, "--imbalance-ratio", "4"], /--imbalance-ratio: not with --order as-is\n {2}help: /],
  [[...ADAPT, "--concentration", "1"], /--concentration: not with --order as-is/],
  [[...ADAPT, "--order", "dirichlet", "--concentration", "0"], /--concentration: "0" is not a finite number > 0/],
  [[...ADAPT, "--epochs", "0"], /--epochs: "0" is not an integer ≥ 1/],
  [[...ADAPT, "--reset-each", "batch"], /--reset-each: "batch" is unknown\n {2}help: .*file/],
  [[...ADAPT, "--reset-each", "file", "--evaluate"], /--evaluate: not with --reset-each/],
  [[...ADAPT, "--checkpoint", "c", "--save", "s"], /--checkpoint: not with --save/],
  [[...ADAPT, "--checkpoint", "c", "--resume", "r"], /--checkpoint: not with --resume/],
  [[...ADAPT, "--save-every", "2"], /--save-every: there is no --save/],
  [["reproduce", "--quick", "--ablations"], /--ablations: not with --quick\n {2}help: /],
  [["reproduce", "--quick", "--shard", "1/2"], /--shard: not with --quick/],
  [["reproduce", "--quick", "--export", "tables"], /--export: not with --quick/],
  [[...ADAPT, "--mean", "0.5,,0.5"], /--mean: "" is not a finite number/],
];

describe("a wrong command line", () => {
  it.each(WRONG)("%j is refused with exit code 2", async (args, says) => {
    let stderr = "";
    const write = (text: string): void => {
      stderr += text;
    };
    const error = await createProgram(write)
      .parseAsync(args, { from: "user" })
      .catch((e: unknown) => e);
    expect(reportFailure(error, write, colorsFor({}), false)).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr, "a stack is only for --debug").not.toMatch(/\n\s+at /);
  });
});

describe("the process", () => {
  it("exits with 2 on wrong usage, and says nothing on stdout", async () => {
    const { code, stdout, stderr } = await zerosiam(["demo", "--seed", "x"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe('ConfigError: --seed: "x" is not an integer ≥ 0\n');
    expect((await zerosiam(["dmeo"])).code).toBe(2);
  });

  it("exits with 0 on --help and --version", async () => {
    const help = await zerosiam(["adapt", "--help"]);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("--lr-predictor <rate>");
    expect(await zerosiam(["--version"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it("prints the stack of an error when --debug or DEBUG asks for it", async () => {
    const asked = await Promise.all([
      zerosiam(["demo", "--seed", "x", "--debug"]),
      zerosiam(["demo", "--seed", "x"], { env: { DEBUG: "1" } }),
    ]);
    for (const { stderr } of asked) expect(stderr).toMatch(/ConfigError: --seed: "x"[\s\S]*\n\s+at /);
  });
});
