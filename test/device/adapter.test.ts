// Adapter discovery, each case in a process of its own: Dawn wants one instance, and variables choose the driver.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserOptions, nodeOptions } from "../../scripts/esbuild.mjs";

const ADAPTER = new URL("../../src/tensor/device/adapter/", import.meta.url).pathname;
// Inside node_modules, so that the bundle finds the packages it leaves external.
const CACHE = new URL("../../node_modules/.cache/zerosiam/test-adapter/", import.meta.url).pathname;
const SCRIPT = `
import { fstatSync, openSync } from "node:fs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { openGpu, listAdapters } from "${ADAPTER}index.ts";
import { pollGently } from "${ADAPTER}polling.ts";
const facts = ({ name, driver, how, adapter }) => ({ name, driver, how, f16: adapter.features.has("shader-f16") });
const cases = {
  open: async (adapter) => facts(await openGpu(adapter ? { adapter } : {})),
  list: () => listAdapters(),
  async twice() {
    const [a, b] = await Promise.all([openGpu(), openGpu()]);
    const devices = await Promise.all([a.adapter.requestDevice(), b.adapter.requestDevice()]);
    return { sameInstance: a.gpu === b.gpu, sameAdapter: a.adapter === b.adapter, devices: devices.length };
  },
  async device() {
    const opened = await openGpu();
    (await opened.adapter.requestDevice()).destroy();
    return { how: opened.how };
  },
  async workers(count, ...args) {
    const answers = [];
    for (let i = 0; i < count; i++) {
      const worker = new Worker(new URL(import.meta.url), { argv: args });
      const ended = new Promise((done) => worker.once("exit", done));
      answers.push(await new Promise((done, fail) => worker.once("message", done).once("error", fail)));
      await ended;
    }
    return { answers, stderr: fstatSync(2).isFIFO(), next: openSync(".") };
  },
  async poll() {
    const device = await (await openGpu()).adapter.requestDevice();
    const original = globalThis.setImmediate;
    const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(buffer, 0, new Uint32Array([1, 2, 3, 4]));
    const mapped = pollGently(() => buffer.mapAsync(GPUMapMode.READ));
    const restored = [globalThis.setImmediate === original];
    await new Promise((done) => setImmediate(() => done(restored.push(globalThis.setImmediate === original))));
    await mapped;
    restored.push(globalThis.setImmediate === original);
    return { restored, read: [...new Uint32Array(buffer.getMappedRange())] };
  },
};
const [name, ...args] = process.argv.slice(2);
const answer = await cases[name](...args).catch((error) => ({ error: error.name, message: error.message }));
if (isMainThread) console.log(JSON.stringify(answer));
else parentPort.postMessage(answer);
`;

beforeAll(async () => {
  const stdin = { contents: SCRIPT, resolveDir: ADAPTER, loader: "ts" } as const;
  await build({ ...nodeOptions(), stdin, outfile: join(CACHE, "cases.mjs") });
});

afterAll(() => rm(CACHE, { recursive: true, force: true }));

/** Runs a command with a pipe as its stderr: Node's own are sockets. */
const PIPED = ["sh", "-c", 'exec 3>&1; "$0" "$@" 2>&1 >&3 | cat >&2'];

interface Answer {
  readonly error?: string;
  readonly message?: string;
  readonly [field: string]: unknown;
}

interface WorkersAnswer {
  readonly answers: readonly Answer[];
  /** Whether descriptor 2 is still the pipe that it was. */
  readonly stderr: boolean;
  /** The descriptor of the next file that is opened. */
  readonly next: number;
}

/** Runs a case, as the last arguments of the command `by`, and parses its answer; rejects when the process crashes. */
function run<T = Answer>(args: string[], variables: NodeJS.ProcessEnv = {}, by: string[] = []): Promise<T> {
  const { ZEROSIAM_ADAPTER: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const env = { ...inherited, ...variables };
    const [command, ...rest] = [...by, process.execPath, join(CACHE, "cases.mjs"), ...args];
    execFile(command, rest, { env }, (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout) as T);
    });
  });
}

test("lists every way to an adapter, and opens one of those that work", async () => {
  const ways = await run<Record<string, unknown>[]>(["list"]);
  for (const way of ways) expect(way.ok ? way.name : way.reason).not.toBe("");
  const working = ways.filter((way) => way.ok).map(({ how, name, driver }) => ({ how, name, driver }));
  const { how, name, driver } = await run(["open"]);
  expect(working).toContainEqual({ how, name, driver });
});

test("opens SwiftShader from npm when asked, by option or by variable", async () => {
  const byOption = await run(["open", "swiftshader"]);
  expect(byOption).toMatchObject({ how: "swiftshader", name: expect.stringContaining("swiftshader") });
  expect(await run(["open"], { ZEROSIAM_ADAPTER: "swiftshader" })).toEqual(byOption);
});

test("falls back to SwiftShader when the user's driver does not exist", async () => {
  expect(await run(["open"], { VK_DRIVER_FILES: "/nonexistent.json" })).toMatchObject({ how: "swiftshader" });
});

test("unpacks SwiftShader once, also when several processes start with an empty cache or without a home", async () => {
  const cache = await mkdtemp(join(tmpdir(), "zerosiam-test-"));
  try {
    const answers = await Promise.all([1, 2, 3].map(() => run(["open", "swiftshader"], { XDG_CACHE_HOME: cache })));
    for (const answer of answers) expect(answer.how).toBe("swiftshader");
    expect(await readdir(join(cache, "zerosiam"))).toEqual([expect.stringMatching(/^swiftshader-[\d.]+$/)]);
    await writeFile(join(cache, "file"), "");
    const homeless = await run(["open", "swiftshader"], { XDG_CACHE_HOME: join(cache, "file"), TMPDIR: cache });
    expect(homeless.how).toBe("swiftshader");
    expect(await readdir(cache)).toEqual(["file", "zerosiam"]);
  } finally {
    await rm(cache, { recursive: true });
  }
});

test("without any driver, the error carries the loader's own reason and the fix", async () => {
  const { error, message } = await run(["open", "system"], { VK_DRIVER_FILES: "/nonexistent.json" });
  expect(error).toBe("DeviceError");
  expect(message).toMatch(/user \(VK_DRIVER_FILES=\/nonexistent.json\): .*vkCreateInstance: Found no drivers!/);
  expect(message).toContain("help: unset or mend VK_DRIVER_FILES");
});

test("a name that no adapter has is an error that lists the names there are", async () => {
  const { error, message } = await run(["open", "voodoo 2"]);
  expect(error).toBe("DeviceError");
  expect(message).toContain('no adapter is called "voodoo 2"; there is\n  ');
  expect(message).toContain("SwiftShader Device (Subzero) (swiftshader)");
});

test("workers that open an adapter and end leave the process its stderr", async () => {
  const { answers, stderr, next } = await run<WorkersAnswer>(["workers", "2", "device"], {}, PIPED);
  for (const { how } of answers) expect(how).toMatch(/^(system|nvidia|user)$/);
  expect({ stderr, nextIsFree: next > 2 }).toEqual({ stderr: true, nextIsFree: true });
});

test("a worker that cannot open SwiftShader says why, not that there is none", async () => {
  const { answers } = await run<WorkersAnswer>(["workers", "1", "open", "swiftshader"]);
  expect(answers[0].error).toBe("DeviceError");
  expect(answers[0].message).toMatch(
    /swiftshader \(npm .*\): a worker thread cannot choose a driver: start Node with VK_DR/,
  );
  expect(answers[0].message).not.toContain("SwiftShader Device");
});

test("an adapter opens without a folder for temporary files", async () => {
  expect(await run(["open"], { TMPDIR: "/nonexistent" }, PIPED)).toEqual(await run(["open"]));
});

test("two calls at once share Dawn's instance and get an adapter each", async () => {
  expect(await run(["twice"])).toEqual({ sameInstance: true, sameAdapter: false, devices: 2 });
});

test("gentle polling reads the right bytes and gives setImmediate back at once", async () => {
  expect(await run(["poll"])).toEqual({ restored: [true, true, true], read: [1, 2, 3, 4] });
});

test("a browser bundle holds no Node code", async () => {
  const entryPoints = [join(ADAPTER, "index.ts"), join(ADAPTER, "polling.ts")];
  const result = await build({ ...browserOptions(), entryPoints, write: false, outdir: CACHE });
  for (const { text } of result.outputFiles) expect(text).not.toMatch(/"node:|require\(|import\(|from "webgpu"/);
});
