// Processes that are killed at random moments: of every four, three that write a file over and over, and a command.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { writeFileAtomic } from "../../../../src/nn/index.js";
import type { Rng } from "../../../../src/tensor/index.js";
import { zerosiam } from "../../../cli/run.js";
import { type AttackOptions, attempt, type Counts } from "./attack.js";
import { adapt, type Command, sweep } from "./killedCommands.js";

/** A file is whole after every kill; a command that is run again goes on, and leaves what one leaves that was not killed. */
export async function killProcesses(options: AttackOptions): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "zerosiam-kills-"));
  const script = join(folder, "write.mjs");
  const bundle = { bundle: true, platform: "node", format: "esm", logLevel: "silent" } as const;
  await build({ ...bundle, stdin: { contents: WRITER, resolveDir: "." }, outfile: script });
  const written = join(folder, "written");
  await mkdir(written);
  const commands = [adapt("zerosiam"), sweep, adapt("zerosiam-deyo")];
  const wanted = new Map<Command, unknown>();
  const counts = await attempt(options, async (rng, run) => {
    if (run % 4 < 3) return killWriter(script, written, rng);
    const command = commands[Math.floor(run / 4) % commands.length];
    if (!wanted.has(command)) wanted.set(command, await unhurt(command, folder));
    return killCommand(command, folder, rng, wanted.get(command));
  });
  await writeFileAtomic(join(written, "file"), "");
  assert.deepEqual(await readdir(written), ["file"], "what killed writers left is not taken away");
  await rm(folder, { recursive: true });
  return counts;
}

/** 2 MiB of one byte, another one each time: a mixture, or a part, would show. */
const WRITER = `
  import { writeFileAtomic } from "./src/nn/io/file.ts";
  for (let i = 0; ; i++) {
    await writeFileAtomic(process.argv[2], new Uint8Array(2 << 20).fill(i));
    if (i === 0) console.log("writing");
  }`;

async function killWriter(script: string, folder: string, rng: Rng): Promise<string> {
  const child = spawn(process.execPath, [script, join(folder, "file")], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await new Promise((resolve) => setTimeout(resolve, rng.int(80)));
  child.kill("SIGKILL");
  await ended;
  const bytes = await readFile(join(folder, "file"));
  assert.equal(bytes.length, 2 << 20);
  assert.ok(bytes.equals(new Uint8Array(2 << 20).fill(bytes[0])), "the file is a mixture");
  const others = (await readdir(folder)).length - 1;
  assert.ok(others < 2, "files of earlier writers are left"); // each removes what the one before it left
  return others > 0 ? "killed in a write" : "killed between writes";
}

async function unhurt(command: Command, folder: string): Promise<unknown> {
  const own = await mkdtemp(join(folder, "unhurt-"));
  const { code, stderr } = await zerosiam(await command.line(own));
  assert.equal(code, 0, stderr);
  return command.left(own);
}

async function killCommand(command: Command, folder: string, rng: Rng, wanted: unknown): Promise<string> {
  const own = await mkdtemp(join(folder, "killed-"));
  const line = await command.line(own);
  const [told, ms] = [rng.int(8), rng.int(200)];
  const { code } = await zerosiam(line, { during: (child) => killAfter(child, told, ms) });
  const goesOn = await command.goesOn(own);
  const again = await zerosiam(line);
  assert.equal(again.code, 0, again.stderr);
  assert.ok(again.stderr.includes(goesOn), `expected "${goesOn}" in ${again.stderr}`);
  assert.deepEqual(await command.left(own), wanted);
  return code === null ? "killed in a command" : "too late for a command";
}

/** Kills `ms` after the process has told something `told` times. */
function killAfter(child: ChildProcess, told: number, ms: number): void {
  let heard = 0;
  const hear = () => {
    if (heard++ === told) setTimeout(() => child.kill("SIGKILL"), ms);
  };
  hear();
  child.stderr?.on("data", hear);
}
