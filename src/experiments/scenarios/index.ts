// The scenarios by name: what methods are judged on.
import { checkImageSource } from "../../data/imageSet.js";
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/errors.js";
import { checkOptions } from "../../tensor/options.js";
import { blindSpot } from "./blindSpot.js";
import { noiseFirst } from "./noiseFirst.js";
import { pooled } from "./pooled.js";
import { returnToSource } from "./returnToSource.js";
import { RESETS, SCENARIO_OPTIONS, type Scenario, type ScenarioMaker, type ScenarioOptions } from "./scenario.js";
import { sequence } from "./sequence.js";

export type { Phase, ResetPolicy, Scenario, ScenarioOptions } from "./scenario.js";

const SCENARIO_MAKERS = {
  iid: sequence({ order: "shuffle", batchSize: 64 }, "phase"),
  continual: sequence({ order: "shuffle", batchSize: 64 }, "never"),
  "label-shift": sequence({ order: "imbalanced", batchSize: 64 }, "phase"),
  "class-ordered": pooled({ order: "class-mixed", batchSize: 16 }),
  mixed: pooled({ order: "shuffle", batchSize: 64 }),
  "batch-1": pooled({ order: "shuffle", batchSize: 1 }),
  "label-shift-batch-1": pooled({ order: "imbalanced", batchSize: 1 }),
  "blind-spot": blindSpot,
  "noise-first": noiseFirst,
  "return-to-source": returnToSource,
} satisfies Record<string, ScenarioMaker>;

/** A scenario by name; `SCENARIOS` lists them. */
export type ScenarioName = keyof typeof SCENARIO_MAKERS;

/** The names that `createScenario` knows. */
export const SCENARIOS: readonly ScenarioName[] = Object.freeze(Object.keys(SCENARIO_MAKERS) as ScenarioName[]);

/** A scenario by name; options replace its defaults, or are refused. Rejects with ConfigError or ShapeError for what does not fit. */
export async function createScenario(
  name: ScenarioName | (string & Record<never, never>), // any string, and editors offer the names
  options: ScenarioOptions,
): Promise<Scenario> {
  if (typeof name !== "string" || !Object.hasOwn(SCENARIO_MAKERS, name)) {
    throw new ConfigError(`unknown scenario ${formatValue(name)}`, `choose one of ${SCENARIOS.join(", ")}`);
  }
  const owner = `createScenario(${JSON.stringify(name)})`;
  checkOptions(owner, options, SCENARIO_OPTIONS);
  checkImageSource(owner, options.set);
  const { reset } = options;
  if (reset !== undefined && !RESETS.includes(reset)) {
    throw new ConfigError(`${owner}: unknown reset ${formatValue(reset)}`, `choose one of ${RESETS.join(", ")}`);
  }
  return SCENARIO_MAKERS[name as ScenarioName](options);
}
