// Opens an adapter in Node: goes through the ways until one leads to an adapter that fits.
import { DeviceError } from "../../errors.js";
import { createInstance, loadDawn, preloadLoader } from "./dawn.js";
import { describeAdapter, matchesName, type OpenedGpu } from "./describe.js";
import { type Closed, missingAdapter } from "./missing.js";
import { probe } from "./probe.js";
import { type Choice, choose, type Way, withDrivers } from "./ways.js";

type Instance = Omit<OpenedGpu, "adapter">;

// One instance serves all devices of the process, also those of other copies of this module (see dawn.ts).
const OPENED = Symbol.for("zerosiam.dawn.opened");
const shared = globalThis as { [OPENED]?: Instance[] };
shared[OPENED] ??= [];
const openedBefore = shared[OPENED];

const BEST: GPURequestAdapterOptions = { powerPreference: "high-performance" };

let last: Promise<unknown> = Promise.resolve();

/** openGpu() in Node. Calls queue up, so that two at once share an instance. Throws DeviceError. */
export function openInNode(adapter?: string): Promise<OpenedGpu> {
  const choice = choose(adapter || process.env.ZEROSIAM_ADAPTER || undefined);
  const result = last.then(async () => (await openAgain(choice)) ?? (await openFirst(choice)));
  last = result.catch(() => undefined);
  return result;
}

async function openAgain({ ways, name }: Choice): Promise<OpenedGpu | undefined> {
  const instance = openedBefore.find(
    (one) => ways.some((way) => way.how === one.how) && (!name || matchesName(name, one.name, one.driver)),
  );
  const adapter = await instance?.gpu.requestAdapter(BEST);
  return instance && adapter ? { ...instance, adapter } : undefined;
}

async function openFirst(choice: Choice): Promise<OpenedGpu> {
  await loadDawn(); // without it every way is closed, and no driver would help
  const closed: Closed = new Map();
  let software: OpenedGpu | undefined;
  for (const way of choice.ways) {
    // An installed software driver gives way to NVIDIA's, but not to SwiftShader, which is slower.
    if (software && way.how === "swiftshader") break;
    const found = await openWay(way, choice.name, closed);
    if (!found) continue;
    if (choice.name || !found.adapter.info.isFallbackAdapter) return remember(found);
    software ??= found;
  }
  if (software) return remember(software);
  throw await missingAdapter(choice, closed);
}

function remember(found: OpenedGpu): OpenedGpu {
  const { adapter: _, ...instance } = found;
  openedBefore.push(instance);
  return found;
}

/** The adapter at the end of `way`; undefined when there is none, or none of that name. A reason to try it no further goes to `closed`. */
async function openWay(way: Way, name: string | undefined, closed: Closed): Promise<OpenedGpu | undefined> {
  try {
    const drivers = way.drivers();
    if (drivers.loader) preloadLoader(drivers.loader);
    return await withDrivers(drivers, async () => {
      const first = await requestAdapter(way);
      if (!first || !name || matchesName(name, first.name, first.driver)) return first;
      const exact = (await probe(way)).names.find((candidate) => matchesName(name, candidate));
      return exact === undefined ? undefined : requestAdapter(way, `adapter=${exact}`);
    });
  } catch (error) {
    // A closed way is not the end of the search.
    if (!(error instanceof DeviceError)) throw error;
    closed.set(way, error);
    return undefined;
  }
}

async function requestAdapter(way: Way, ...flags: string[]): Promise<OpenedGpu | undefined> {
  const gpu = await createInstance(...flags);
  const adapter = await gpu.requestAdapter(BEST);
  return adapter ? { adapter, gpu, ...describeAdapter(adapter.info), how: way.how } : undefined;
}
