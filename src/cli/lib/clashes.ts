// Files that a command line names twice: what would be written over an input, or over another output.
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import { ConfigError } from "../../tensor/errors.js";

/** Options that name a file to be written, wherever a command has them with `<file>`. */
const OUTPUTS: readonly string[] = ["json", "save", "predictions", "report", "out", "checkpoint", "export"];
/** Options that name what is read. */
const INPUTS: readonly string[] = ["weights", "data", "resume", "config", "fisher"];
/** A state may be saved over the one that it went on from. */
const SUCCESSION: readonly string[] = ["--save", "--resume"];

interface Named {
  readonly flag: string;
  readonly path: string;
}

/** Throws ConfigError when a file that the command would write is one that it reads, or writes for another flag. */
export function checkClashes(command: Command): void {
  const given = (names: readonly string[], kind: RegExp): Named[] =>
    command.options.flatMap((option): Named[] => {
      const path: unknown = command.getOptionValue(option.attributeName());
      const takes = names.includes(option.attributeName()) && kind.test(option.flags) && typeof path === "string";
      return takes ? [{ flag: option.long ?? option.flags, path }] : [];
    });
  const operands = command.args.map((path): Named => ({ flag: "the command line", path }));
  checkOutputs(given(OUTPUTS, /<file>/), [...given(INPUTS, /./), ...operands]);
}

/** Throws ConfigError for two outputs that are one file, and for one that is an input or would become one. */
export function checkOutputs(outputs: readonly Named[], inputs: readonly Named[]): void {
  for (const [i, output] of outputs.entries()) {
    const clash = [...outputs.slice(0, i), ...inputs].find((other) => isSame(output, other));
    if (clash) {
      throw new ConfigError(`${output.flag}: ${output.path} is named by ${clash.flag} too`, "name another file");
    }
    const folder = inputs.find(({ path }) => isDataOf(output.path, path));
    if (folder) {
      throw new ConfigError(
        `${output.flag}: ${output.path} lies in ${folder.path}, whose .safetensors files are data`,
        "name a file elsewhere",
      );
    }
  }
}

/** The file of `--json`, for commands whose other outputs are named by what they read. */
export function jsonOf({ json }: { json?: string }): Named[] {
  return json === undefined ? [] : [{ flag: "--json", path: json }];
}

function isSame(output: Named, other: Named): boolean {
  if (SUCCESSION.includes(output.flag) && SUCCESSION.includes(other.flag)) return false;
  const own = identityOf(output.path);
  return own !== null && own === identityOf(other.path);
}

/** The same for all names of one file: links, `./x` and `x`. Null for what is no file: a device takes several outputs. */
function identityOf(path: string): string | null {
  if (!existsSync(path)) return placeOf(path);
  const found = statSync(path, { bigint: true });
  return found.isFile() ? `${found.dev}:${found.ino}` : null;
}

/** Absolute, links of the folder resolved. */
function placeOf(path: string): string {
  const folder = dirname(resolve(path));
  return join(existsSync(folder) ? realpathSync(folder) : folder, basename(path));
}

/** Whether a file of this name would be read as data of the folder from now on. */
function isDataOf(path: string, folder: string): boolean {
  if (!/\.safetensors$/i.test(path) || !existsSync(folder) || !statSync(folder).isDirectory()) return false;
  const way = relative(realpathSync(folder), placeOf(path));
  return way !== ".." && !way.startsWith(`..${sep}`) && resolve(way) !== way;
}
