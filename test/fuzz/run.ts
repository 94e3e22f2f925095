// npm run fuzz: random programs against the references. --runs N (2000), --seed S (the time), --path P to run one again;
// before them malformed files, --files N (33000).
import { parseOptions } from "../../scripts/lib/options.js";
import type { StoredTensor } from "../../src/nn/io/safetensors.js";
import { openDevice } from "../../src/tensor/index.js";
import { fuzz } from "./lib/check.js";
import { fuzzFiles } from "./lib/files.js";

const values = parseOptions(
  "usage: npm run fuzz [-- --runs N --files N --seed S --path P]",
  {
    ...{ runs: { type: "string", default: "2000" }, files: { type: "string", default: "33000" } },
    ...{ seed: { type: "string" }, path: { type: "string" } },
  },
  { runs: 1, files: 1 },
);
const [runs, seed] = [Number(values.runs), Number(values.seed ?? Date.now() % 2 ** 31)];
if (!Number.isInteger(seed)) {
  console.error("fuzz: --seed takes an integer");
  process.exit(2);
}
const weights: [string, StoredTensor][] = [
  ["conv.weight", { dtype: "F32", shape: [2, 3], data: new Uint8Array(24).map((_, i) => i) }],
  ["labels", { dtype: "U8", shape: [3], data: Uint8Array.of(7, 8, 9) }],
  ["empty", { dtype: "I64", shape: [4, 0], data: new Uint8Array(0) }],
];
fuzzFiles(weights, { runs: Number(values.files), seed });
console.log(`fuzz: ${values.files} malformed files refused by type, or read and written again, seed ${seed}`);
const device = await openDevice();
console.log(`fuzz: ${runs} programs on ${device.adapter.name}, seed ${seed}`);
const { tally, failure } = await fuzz(device, {
  runs,
  seed,
  ...(values.path === undefined ? {} : { path: values.path }),
});
if (failure) {
  console.error(`fuzz: wrong; run it again with: npm run fuzz -- --seed ${failure.seed} --path ${failure.path}\n`);
  console.error(failure.report);
  process.exit(1);
}
const { programs, steps, ops, gradients, sharp, kinks } = tally;
console.log(`fuzz: ${programs} programs right, ${steps} calls of ${ops.size} ops`);
console.log(
  `fuzz: ${gradients} gradients compared, ${sharp} of them within 1 % or less; ${kinks} programs at a kink left out`,
);
device.destroy();
process.exit(0);
