// `zerosiam bench`: how fast each op and each method's step is on this machine.
import type { Command } from "commander";
import { type CommonOptions, numbersFlag } from "./lib/options.js";
import { type Session, withSession } from "./lib/session.js";

interface BenchFlags extends CommonOptions {
  sizes?: number[];
  quick?: true;
  gradients?: true;
}

export function addBench(program: Command): void {
  program
    .command("bench")
    .description("time every op, or those named, and the methods' steps")
    .argument("[kernel...]", "ops by name, or `step` for whole adaptation steps; all without any")
    .addOption(numbersFlag("--sizes <a,b>", "side lengths of the inputs", { min: 16, max: 16_384, integer: true }))
    .option("--quick", "small inputs and few rounds: under a minute on a software adapter")
    .option("--gradients", "also each op together with its gradients")
    .action(async (names: string[], flags: BenchFlags) => {
      // Loaded late: no other command needs it. It is the clone's bench/ folder, and part of the built program.
      const { selectWork } = await import("../../bench/index.js");
      selectWork(names); // a wrong name is told before a device is opened
      await withSession("bench", flags, (session) => bench(session, names, flags));
    });
}

async function bench(session: Session, names: readonly string[], flags: BenchFlags): Promise<void> {
  const { runBench, tableHeader, tableRow } = await import("../../bench/index.js");
  const { sizes, quick = false, gradients = false } = flags;
  const options = { names, ...(sizes && { sizes }), quick, gradients };
  const result = await runBench(session.device, options, {
    onPeaks({ copyGbs, matmulGflops }) {
      const peaks = `a copy moves ${copyGbs.toFixed(1)} GB/s, the best matmul does ${matmulGflops.toFixed(1)} GFLOP/s`;
      session.say(session.colors.dim(`${peaks}: what "of peak" refers to\n${LEGEND}\n`));
      session.say(session.colors.bold(tableHeader()));
    },
    onRow: (row) => session.say(tableRow(row)),
    stopped: () => session.interrupt.requested,
  });
  await session.save(session.common(0, { names, sizes: sizes ?? null, quick, gradients }), { ...result });
}

const LEGEND =
  "ms: median on the device's clock (*: the wall's); bytes: moved by an op, held at most by a step; ÷: its time by theirs";
