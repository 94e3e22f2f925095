// The method that flags ask for, on the model that they name, with the alarm that listens to it.

import { checkSize, openImages } from "../../data/imageFolder.js";
import { Stream } from "../../data/streams/index.js";
import { tensorsOf } from "../../experiments/sweep/cellRunner.js";
import type { Classifier } from "../../nn/index.js";
import { loadModel, type Normalization } from "../../nn/models/registry.js";
import type { Tensor } from "../../tensor/index.js";
import { CollapseGuard } from "../../zerosiam/guard.js";
import {
  createMethod,
  fisherInformation,
  METHOD_OPTIONS,
  type Method,
  type MethodOptions,
} from "../../zerosiam/methods/index.js";
import { tell } from "./cells.js";
import { type MethodFlags, patternOf } from "./methodFlags.js";

export interface MethodSettings extends MethodFlags {
  model: string;
  weights: string;
  method: string;
  /** Images of a step. */
  batch: number;
}

/** What was made; disposing it frees all of it. */
interface MadeMethod extends Disposable {
  readonly method: Method;
  readonly guard: CollapseGuard | null;
}

/** Throws CheckpointError for files that cannot be read or do not fit, ConfigError for options that the method refuses. */
export async function makeMethod(settings: MethodSettings, normalization: Normalization): Promise<MadeMethod> {
  const { fisher: clean, alarm: response, rateFactor, ...rest } = settings;
  const model = await loadModel(rest.model, rest.weights, { say: tell });
  let fisher: Map<string, Tensor> | null = null;
  let method: Method | null = null;
  const dispose = (): void => {
    method?.dispose();
    for (const information of fisher?.values() ?? []) information.dispose();
    model.dispose();
  };
  try {
    if (clean !== undefined) fisher = await fisherOf(model, rest.model, clean, normalization);
    const history = response === "rollback" ? CollapseGuard.historyFor(rest.batch) : 0;
    method = createMethod(rest.method, model, { ...methodOptions(rest), history, ...(fisher && { fisher }) });
    const factor = rateFactor === undefined ? {} : { rateFactor };
    const guard = response ? new CollapseGuard(method, { response, ...factor }) : null;
    return { method, guard, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Those of the settings that are a method's. */
function methodOptions(settings: object): MethodOptions {
  const own = Object.entries(settings)
    .filter(([name]) => METHOD_OPTIONS.includes(name))
    .map(([name, value]) => [name, name === "frozen" ? patternOf(value) : value]);
  return Object.fromEntries(own) as unknown as MethodOptions;
}

/** From all images of a file or folder. */
async function fisherOf(
  model: Classifier,
  name: string,
  path: string,
  normalization: Normalization,
): Promise<Map<string, Tensor>> {
  using set = await openImages(path);
  checkSize(path, set, name); // their labels, if any, are not looked at
  return fisherInformation(model, tensorsOf(new Stream({ set, batchSize: 64, normalization }), model));
}
