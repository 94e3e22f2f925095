// `npm run bench:peers`: this engine and other WebGPU libraries, taking turns on one adapter in one run.
import { Command } from "commander";
import { colorsFor } from "../src/cli/lib/colors.js";
import { debugging, reportFailure } from "../src/cli/lib/failure.js";
import type { CommonOptions } from "../src/cli/lib/options.js";
import { withSession } from "../src/cli/lib/session.js";
import { pretendBrowser } from "./peers/browser.js";
import { compare, type PeerRow } from "./peers/compare.js";
import { PEER_VERSIONS } from "./peers/install.js";
import { type Jax, jax } from "./peers/jax.js";
import type { Library } from "./peers/library.js";
import { type Loaders, loadPeers } from "./peers/load.js";
import { type Ort, onnx } from "./peers/onnx.js";
import { tasks } from "./peers/tasks.js";
import { type Tf, tfjs } from "./peers/tfjs.js";
import { zerosiam } from "./peers/zerosiam.js";

const LOADERS: Loaders<Library> = {
  "jax-js": (packages) => jax(packages.require("@jax-js/jax") as Jax),
  async tfjs(packages) {
    packages.require("@tensorflow/tfjs-backend-webgpu");
    return tfjs(packages.require("@tensorflow/tfjs") as Tf);
  },
  "onnxruntime-web": async (packages) =>
    onnx((await packages.import("onnxruntime-web/dist/ort.webgpu.bundle.min.mjs")) as Ort),
};

async function main(options: CommonOptions & { quick?: true }): Promise<void> {
  await withSession("bench:peers", options, async (session) => {
    pretendBrowser(options.adapter);
    const peers = await loadPeers(session, LOADERS);
    session.say(describeHeader(peers));
    const rows: PeerRow[] = [];
    for (const task of tasks(options.quick === true)) {
      if (session.interrupt.requested) break;
      const row = await compare(task, zerosiam(session.device), peers);
      rows.push(row);
      session.say(describeRow(row, peers));
    }
    const common = session.common(0, { quick: options.quick === true, peers: PEER_VERSIONS });
    await session.save(common, { rows });
  });
}

function describeHeader(peers: readonly Library[]): string {
  const names = ["zerosiam", ...peers.map(({ name }) => name), "best ÷ ours"];
  return `\nmedian ms of one computation, encoding and waiting included\n\n${line("", names)}`;
}

function describeRow({ work, ours_ms, peers, ratio, wrong }: PeerRow, libraries: readonly Library[]): string {
  const times = libraries.map(({ name }) => (name in wrong ? "wrong" : (peers[name]?.toFixed(2) ?? "–")));
  return line(work, [ours_ms.toFixed(2), ...times, ratio === null ? "–" : ratio.toFixed(2)]);
}

function line(work: string, cells: readonly string[]): string {
  return [work.padEnd(40), ...cells.map((cell) => cell.padStart(15))].join(" ");
}

const program = new Command("bench:peers")
  .description("time this engine and other WebGPU libraries side by side")
  .option("--quick", "smaller shapes")
  .option("--json <file>", "write the results as one JSON document")
  .option("--adapter <name>", "use this adapter: part of its name, or lavapipe, swiftshader, nvidia, system")
  .option("--debug", "print stacks of errors (also by the variable DEBUG)")
  .exitOverride()
  .action(main);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  const write = (text: string): void => void process.stderr.write(text);
  process.exitCode = reportFailure(error, write, colorsFor(process.stderr), debugging(process.argv, process.env));
}
