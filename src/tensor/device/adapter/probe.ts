// Looks down every way to an adapter, each in a process of its own: drivers may crash, and talk only to native stderr.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { delimiter, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { DAWN_FLAGS, dawnError } from "./dawn.js";
import { type AdapterFacts, type AdapterSummary, type Drivers, describeAdapter } from "./describe.js";
import { allWays, type Way } from "./ways.js";

/** Runs in the child. The names of all adapters come only in the error for a name that does not exist. */
const SCRIPT = `
import { writeSync } from "node:fs";
const [webgpu, flags] = JSON.parse(process.argv[1]);
const { create } = await import(webgpu);
const gpu = create(flags);
const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
if (adapter) {
  const { vendor, architecture, device, description } = adapter.info;
  const limits = {};
  for (const name in adapter.limits) limits[name] = adapter.limits[name];
  let names = "";
  try {
    await create([...flags, "adapter=no such adapter"]).requestAdapter();
  } catch (error) {
    names = error.message;
  }
  const facts = { vendor, architecture, device, description };
  writeSync(1, JSON.stringify({ facts, features: [...adapter.features].sort(), limits, names }));
}
`;

const TIMEOUT_MS = 60_000;

interface Found {
  readonly facts: AdapterFacts;
  readonly features: string[];
  readonly limits: Record<string, number>;
  readonly names: string;
}

/** listAdapters() in Node. */
export async function probeAll(ways: readonly Way[] = allWays()): Promise<AdapterSummary[]> {
  const summaries: AdapterSummary[] = [];
  for (const way of ways) summaries.push(await probe(way));
  return summaries;
}

/** What is at the end of one way, or why nothing is. Never rejects. */
export async function probe(way: Way): Promise<AdapterSummary> {
  try {
    const { stdout, stderr } = await runScript(way.drivers());
    if (!stdout) return unavailable(way, reasonFrom(stderr) || "Dawn found no adapter and gave no reason");
    const { facts, features, limits, names } = JSON.parse(stdout) as Found;
    const all = [...names.matchAll(/name: '(.*)'/g)].map((match) => match[1]);
    return { ...unavailable(way, ""), ok: true, ...describeAdapter(facts), names: all, features, limits };
  } catch (error) {
    return unavailable(way, (error as Error).message);
  }
}

/** The summary of a way that leads nowhere. */
export function unavailable({ how, where }: Way, reason: string): AdapterSummary {
  return { how, where, ok: false, reason, name: "", driver: "", names: [], features: [], limits: {} };
}

/** Runs SCRIPT with `drivers`. Rejects, with what the child said, when it crashes or takes longer than TIMEOUT_MS. */
function runScript({ manifest, loader }: Drivers): Promise<{ stdout: string; stderr: string }> {
  const webgpu = dawnAddress();
  const env = { ...process.env };
  if (manifest) env.VK_DRIVER_FILES = manifest;
  if (loader) env.LD_LIBRARY_PATH = [dirname(loader), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  const args = ["--input-type=module", "--eval", SCRIPT, JSON.stringify([webgpu, DAWN_FLAGS])];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      const how = error.signal ? `stopped by ${error.signal}` : `exited with ${error.code}`;
      reject(new Error(`the driver's process ${how}: ${reasonFrom(stderr) || "no message"}`, { cause: error }));
    });
  });
}

/** Throws DeviceError where the package is not installed. */
function dawnAddress(): string {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve("webgpu")).href;
  } catch (cause) {
    throw dawnError(cause);
  }
}

/** What the driver and Dawn complained about, as one line. */
function reasonFrom(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() && !/^\s+at |artificially reduced/.test(line));
  return [...new Set(lines.map((line) => line.replace(/^(Warning|Error): /, "").trim()))].join("; ");
}
