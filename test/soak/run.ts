// npm run soak: thousands of steps, and whether anything grows. --steps N (2000), --only NAMES, --browser: in Chromium.
import { parseOptions } from "../../scripts/lib/options.js";
import { openDevice } from "../../src/tensor/index.js";
import { launchChromium } from "../browser/lib/chromium.js";
import { serveSite } from "../browser/lib/site.js";
import { nativeOfChildren, nativeOfSelf } from "./lib/native.js";
import { Soak, type SoakCounts, type WorkloadName } from "./lib/soak.js";
import { growth, type Sample } from "./lib/verdict.js";

const SAMPLES = 8;
const USAGE = "usage: npm run soak [-- --steps N --only deep,sar,mixed --browser]";
const values = parseOptions(
  USAGE,
  {
    steps: { type: "string", default: "2000" },
    only: { type: "string", default: "deep,sar,mixed" },
    browser: { type: "boolean", default: false },
  },
  { steps: SAMPLES },
);

/** Runs one workload after another somewhere, and tells what is alive. */
interface Place {
  readonly name: string;
  start(workload: WorkloadName): Promise<void>;
  run(steps: number): Promise<Sample>;
}

const place = values.browser ? await chromium() : await node();
let failed = false;
console.log(`| on ${place.name} | steps | mappings | RSS, MiB | tensors | groups kept | forgotten | made |`);
console.log("|---|---|---|---|---|---|---|---|");
for (const workload of values.only.split(",") as WorkloadName[]) {
  await place.start(workload);
  const samples: Sample[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    samples.push(await place.run(Math.floor(Number(values.steps) / SAMPLES)));
    const { step, maps, rss, tensors, keptBindGroups, forgottenBindGroups, bindGroups } = samples[i];
    const row = [workload, step, maps, rss, tensors, keptBindGroups, forgottenBindGroups, bindGroups];
    console.log(`| ${row.map((value) => value.toLocaleString("en")).join(" | ")} |`);
  }
  const grown = growth(samples);
  for (const line of grown) console.error(`soak: ${workload} grows: ${line}`);
  failed ||= grown.length > 0;
}
process.exit(failed ? 1 : 0);

async function node(): Promise<Place> {
  const { adapter } = await openDevice();
  let soak: Soak | null = null;
  return {
    name: adapter.name,
    async start(workload) {
      soak?.dispose();
      soak = new Soak(workload);
    },
    run: async (steps) => ({ ...((await soak?.run(steps)) as SoakCounts), ...nativeOfSelf() }),
  };
}

async function chromium(): Promise<Place> {
  const site = await serveSite();
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${site.port}/`);
  await page.waitForFunction(() => "inPage" in globalThis);
  const adapter = await page.evaluate(() => inPage.open());
  return {
    name: `Chromium ${browser.version()}, ${adapter}`,
    start: (workload) => page.evaluate((name) => inPage.startSoak(name), workload),
    run: async (steps) => ({ ...(await page.evaluate((n) => inPage.soak(n), steps)), ...nativeOfChildren() }),
  };
}
