// Options of the tasks that search for defects: a wrong one ends the process with a usage line and exit code 2.
import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options given, `--help` answered. Those of `integers` are integers of at least the bound there. */
export function parseOptions<const T extends Options>(
  usage: string,
  options: T,
  integers: Readonly<Record<string, number>>,
) {
  if (process.argv.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    const { values } = parseArgs({ options });
    for (const [name, least] of Object.entries(integers)) {
      const text = (values as Readonly<Record<string, string | undefined>>)[name];
      if (text === undefined || (/^\d+$/.test(text) && Number(text) >= least)) continue;
      throw new RangeError(`--${name} takes an integer ≥ ${least}, not "${text}"`);
    }
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}
