// Computing one cell: a fresh model, a method, a scenario, and what came of it.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { checkImages, checkLabelled, openImages } from "../../data/imageFolder.js";
import { imageAt, type OpenImages } from "../../data/imageSet.js";
import { Stream } from "../../data/streams/index.js";
import { createScenario, type Scenario, type ScenarioOptions } from "../../experiments/scenarios/index.js";
import type { Classifier, Module } from "../../nn/index.js";
import { loadModel, modelEntry, type Normalization } from "../../nn/models/registry.js";
import type { Tensor } from "../../tensor/index.js";
import { createMethod, fisherInformation, type Method, type MethodOptions } from "../../zerosiam/methods/index.js";
import { misclassified, runScenario, upload } from "../runner.js";
import type { CellResult, CellSetting } from "./cell.js";
import { cellResult } from "./cellResult.js";
import type { SweepConfig } from "./config.js";
import { optionsFor } from "./options.js";
import type { Finished } from "./results.js";

/** Runs cells of one sweep. Two runs of a setting give the same result, to the last bit, on adapters of one kind. */
export class CellRunner implements Disposable {
  private constructor(
    readonly config: SweepConfig,
    private readonly images: ReadonlyMap<string, OpenImages>,
    /** Fingerprint of version, weights and data: cells that differ in it do not belong together. */
    readonly inputs: string,
  ) {}

  /**
   * Opens the data. Throws CheckpointError when a file is not there or does not fit the model.
   * @param version of this program
   */
  static async open(config: SweepConfig, version: string): Promise<CellRunner> {
    const hash = createHash("sha256")
      .update(`${version} ${config.model}\n`)
      .update(await readWeights(config));
    const opened = new Map<string, OpenImages>();
    try {
      for (const [part, path] of Object.entries(config.data)) {
        const images = await openImages(path);
        opened.set(part, images);
        checkImages(path, images, config.model);
        if (part !== "clean") checkLabelled(path, images);
        hash.update(`${part} ${images.count}\n`).update(images.labels);
        for (let i = 0; i < images.count; i++) hash.update(imageAt(images, i));
      }
    } catch (error) {
      for (const images of opened.values()) images[Symbol.dispose]();
      throw error;
    }
    return new CellRunner(config, opened, hash.digest("hex").slice(0, 16));
  }

  [Symbol.dispose](): void {
    for (const images of this.images.values()) images[Symbol.dispose]();
  }

  /** Null when `stopped` says so before the end: half a cell is none. */
  async run(setting: CellSetting, stopped: () => boolean): Promise<Computed | null> {
    const scenario = await this.#scenario(setting);
    const runners = await this.#withMethod(setting, (method) => runScenario(method, scenario, { stopped }));
    return runners && timesApart(cellResult(scenario, runners, { curves: this.config.curves }));
  }

  /** Of the cell's part; which images a limit leaves is drawn by the seed, unless `pick` says otherwise. */
  #scenario(setting: CellSetting): Promise<Scenario> {
    const { seed, batchSize } = setting;
    const clean = this.images.get("clean");
    const source: CellSetting = { ...setting, method: "source" };
    const options: ScenarioOptions = {
      set: this.#part(setting),
      normalization: this.#normalization,
      pick: "draw",
      seed,
      ...(batchSize === null ? {} : { batchSize }),
      ...(clean ? { clean } : {}),
      ...optionsFor("stream", setting),
      misclassified: (stream) => this.#withMethod(source, (method) => misclassified(method, stream)),
    };
    return createScenario(setting.stream, options);
  }

  get #normalization(): Normalization {
    return modelEntry(this.config.model).normalization;
  }

  #part({ part }: CellSetting): OpenImages {
    return this.images.get(part) as OpenImages;
  }

  /** A fresh model and method for `use`. */
  async #withMethod<T>(setting: CellSetting, use: (method: Method) => Promise<T>): Promise<T> {
    const { method: name, seed, lr, lrPredictor } = setting;
    const rates: MethodOptions = { lr: lr ?? 0, ...(lrPredictor === null ? {} : { lrPredictor }) };
    const model = await loadModel(this.config.model, this.config.weights);
    const wanted = typeof setting.fisher === "number" && name === "eata";
    let fisher: Map<string, Tensor> | null = null;
    try {
      if (wanted) fisher = this.#fisher(model, setting);
      const options = { ...rates, seed, ...optionsFor("method", setting), ...(fisher && { fisher }) };
      const method = createMethod(name, model, options);
      try {
        return await use(method);
      } finally {
        method.dispose();
      }
    } finally {
      for (const information of fisher?.values() ?? []) information.dispose();
      model.dispose();
    }
  }

  /** From as many clean images as the setting says, in batches of 64. */
  #fisher(model: Classifier, setting: CellSetting): Map<string, Tensor> {
    const set = this.images.get("clean") ?? this.#part(setting);
    const shown = { limit: setting.fisher as number, pick: "draw", seed: setting.seed, batchSize: 64 } as const;
    const stream = new Stream({ set, ...shown, normalization: this.#normalization });
    return fisherInformation(model, tensorsOf(stream, model));
  }
}

/** The batches of a stream as tensors on the device of `model`, each of which lives until the next is asked for. */
export function* tensorsOf(stream: Stream, model: Module): Generator<Tensor> {
  for (const batch of stream) {
    using images = upload(batch, model);
    yield images;
  }
}

/** What a run of a cell gives. */
type Computed = Required<Pick<Finished, "result" | "seconds">>;

/** Throws CheckpointError as loading them would. */
async function readWeights({ model, weights }: SweepConfig): Promise<Uint8Array> {
  (await loadModel(model, weights)).dispose();
  return readFile(weights);
}

/** The times out of the result: all else is the same in every run. */
function timesApart({ phases, ...rest }: CellResult): Computed {
  const entries = Object.entries(phases);
  return {
    result: {
      ...rest,
      phases: Object.fromEntries(entries.map(([name, phase]) => [name, { ...phase, secondsPerImage: null }])),
    },
    seconds: Object.fromEntries(entries.map(([name, { secondsPerImage }]) => [name, secondsPerImage])),
  };
}
