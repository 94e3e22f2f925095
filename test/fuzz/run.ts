// npm run fuzz: attacks with random input, each with a verdict. --what NAMES (files,programs; or all), --runs N of each,
// --files N of files alone, --seed S (the time), --path P to run a wrong program again.
import { parseOptions } from "../../scripts/lib/options.js";
import { openDevice } from "../../src/tensor/index.js";
import { ATTACKS } from "./lib/attacks/index.js";

const USAGE = `usage: npm run fuzz [-- --what NAMES --runs N --files N --seed S --path P]; names: all, ${Object.keys(ATTACKS).join(", ")}`;
const { path, ...values } = parseOptions(
  USAGE,
  {
    ...{ what: { type: "string", default: "files,programs" }, runs: { type: "string" }, files: { type: "string" } },
    ...{ seed: { type: "string" }, path: { type: "string" } },
  },
  { runs: 1, files: 1, seed: 0 },
);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const names = values.what === "all" ? Object.keys(ATTACKS) : values.what.split(",");
for (const name of names) {
  if (Object.hasOwn(ATTACKS, name)) continue;
  console.error(`--what: no attack is called "${name}"\n${USAGE}`);
  process.exit(2);
}

const { adapter } = await openDevice();
for (const name of names) {
  const { attack, ...whole } = ATTACKS[name];
  const runs = Number((name === "files" && values.files) || (values.runs ?? whole.runs));
  try {
    const counts = await attack({ runs, seed, ...(path === undefined ? {} : { path }) });
    const all = Object.entries(counts).map(([what, count]) => `${count.toLocaleString("en")} ${what}`);
    console.log(`fuzz: ${name} on ${adapter.name}, seed ${seed}: ${all.join(", ")}`);
  } catch (error) {
    console.error(
      `fuzz: ${name}: wrong; run it again with: npm run fuzz -- --what ${name} --runs ${runs} --seed ${seed}`,
    );
    console.error(error);
    process.exit(1);
  }
}
process.exit(0);
