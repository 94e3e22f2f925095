// Ctrl-C, as a process gets it: the first asks, one soon after is the same press, a later one ends the process at once.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { undocumented } from "./documented.js";
import { zerosiam } from "./run.js";

/** Runs until it is killed: listens, and never looks whether a stop was asked for. */
const DEAF = `
  import { listenForInterrupt } from "./src/cli/lib/interrupt.ts";
  listenForInterrupt(() => console.log("asked"));
  setInterval(() => {}, 1000);
  console.log("ready");
`;

/** Calls `react` once `child` has printed `text`. */
function once(child: ChildProcess, text: string, react: () => void): void {
  let seen = "";
  let done = false;
  const look = (data: Buffer): void => {
    seen += data.toString();
    if (done || !seen.includes(text)) return;
    done = true;
    react();
  };
  child.stdout?.on("data", look);
  child.stderr?.on("data", look);
}

/** A process that runs DEAF. */
function deaf(): ChildProcess {
  const bundle = { bundle: true, format: "esm", platform: "node", packages: "external", write: false } as const;
  const [{ text }] = buildSync({ stdin: { contents: DEAF, resolveDir: "." }, ...bundle }).outputFiles;
  return spawn(process.execPath, ["--input-type=module", "-e", text]);
}

it.each(["SIGTERM", "SIGHUP"] as const)("%s asks to save, and does not end the process", async (signal) => {
  const child = deaf();
  const ended = new Promise<string | null>((resolve) => child.on("close", (_, by) => resolve(by)));
  once(child, "ready", () => child.kill(signal));
  once(child, "asked", () => child.kill("SIGKILL"));
  expect(await ended).toBe("SIGKILL");
});

describe("Ctrl-C", () => {
  it("twice ends a busy process at once with 130, but not when both come from one press", async () => {
    const child = deaf();
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    let survived = false;
    once(child, "ready", () => child.kill("SIGINT"));
    once(child, "asked", () => {
      child.kill("SIGINT"); // npm's copy of the same press
      setTimeout(() => {
        survived = child.exitCode === null;
        child.kill("SIGINT");
      }, 800);
    });
    expect(await ended).toBe(130);
    expect(survived).toBe(true);
  });

  it("stops a training: no weights, no figure, exit code 130", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-train-"));
    const args = ["train", "--out", join(folder, "w.safetensors"), "--json", join(folder, "w.json")];
    const { code, stderr } = await zerosiam(args, {
      during: (child) => once(child, "training images", () => child.kill("SIGINT")),
    });
    expect(code, stderr).toBe(130);
    expect(stderr).toContain("stopped after 0 of 20 epochs; the same command starts anew");
    expect(await readdir(folder)).toEqual(["w.json"]);
    const document = JSON.parse(await readFile(join(folder, "w.json"), "utf8"));
    expect(undocumented(document, "train")).toEqual([]);
    const { interrupted, accuracy, epochs } = document;
    expect({ interrupted, accuracy, epochs }).toEqual({ interrupted: true, accuracy: null, epochs: 0 });
    await rm(folder, { recursive: true });
  });

  it("stops an evaluation, which keeps nothing, and does not promise that it goes on", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-evaluate-"));
    const { code, stderr } = await zerosiam(["evaluate", "--quick", "--report", join(folder, "r.html")], {
      during: (child) => once(child, "zerosiam evaluate", () => child.kill("SIGINT")),
    });
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/stopped with \d+ cells to compute; the same command starts anew/);
    await rm(folder, { recursive: true });
  });

  it("before the first batch leaves a report without figures, and says so without NaN", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-early-"));
    const { code, stdout } = await zerosiam(["demo", "--report", join(folder, "r.html")], {
      during: (child) => once(child, "zerosiam demo", () => child.kill("SIGINT")),
    });
    expect(code, stdout).toBe(130);
    expect(stdout).toContain("stopped before its first batch");
    const page = await readFile(join(folder, "r.html"), "utf8");
    expect(page.slice(0, page.indexOf("<script")).includes("NaN")).toBe(false);
    expect(stdout).not.toContain("NaN");
    await rm(folder, { recursive: true });
  });
});
