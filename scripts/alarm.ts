// How often the collapse alarm is wrong, how late it comes, and what rolling back is worth: on the validation part.
// npm run alarm [JSON]
import { writeDocument } from "../src/cli/lib/document.js";
import { CORRUPTION_NAMES } from "../src/data/corruptions/index.js";
import { loadDigits } from "../src/data/digits.js";
import { Stream } from "../src/data/streams/index.js";
import { openDevice } from "../src/tensor/index.js";
import { holdBack, Probe, watch } from "./alarm/run.js";
import { type Row, summaryOf } from "./alarm/summary.js";

/** The alarm's rule was chosen in view of seeds 1 and 2, its first form in view of seed 0 on the test part. */
const SEEDS = [3, 4, 5];
const LIMIT = 200;
/** Of the probe alone. */
const PROBE = { limit: 10, seed: 1000, order: "shuffle", batchSize: 10 * CORRUPTION_NAMES.length } as const;

const SETTINGS = [
  { method: "source", lr: 0 },
  ...[1e-5, 5e-5, 1e-3, 5e-3].map((lr) => ({ method: "tent", lr })),
  ...[1e-4, 1e-3, 1e-2, 3e-2].map((lr) => ({ method: "zerosiam", lr, lrPredictor: Number((10 * lr).toPrecision(3)) })),
];

const { adapter } = await openDevice();
const set = await loadDigits("validation");
const all = { set, corruptions: CORRUPTION_NAMES, pick: "draw" } as const;
const probe = await Probe.of(new Stream({ ...all, ...PROBE }));
const streams = {
  continual: (seed: number) => new Stream({ ...all, order: "as-is", batchSize: 64, limit: LIMIT, seed }),
  "class-ordered": (seed: number) => new Stream({ ...all, order: "class-mixed", batchSize: 16, limit: LIMIT, seed }),
  mixed: (seed: number) => new Stream({ ...all, order: "shuffle", batchSize: 64, limit: LIMIT, seed }),
  "clean, class-ordered": (seed: number) => new Stream({ set, order: "class-mixed", batchSize: 16, seed }),
};

const rows: Row[] = [];
for (const [name, make] of Object.entries(streams)) {
  for (const seed of SEEDS) {
    const stream = make(seed);
    let source = Number.NaN;
    for (const { method, ...rates } of SETTINGS) {
      const watched = await watch(method, rates, stream, probe);
      if (method === "source") source = watched.accuracy;
      const heldBack = watched.warnings.length > 0 ? await holdBack(method, rates, stream) : null;
      const row: Row = { stream: name, method, lr: rates.lr, seed, images: stream.length, source, watched, heldBack };
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  }
}
console.log(`\n${summaryOf(rows)}\n\n${adapter.name}, seeds ${SEEDS.join(", ")}`);
const [path] = process.argv.slice(2);
await writeDocument(path, { adapter: adapter.name, seeds: SEEDS, limit: LIMIT, rows });
