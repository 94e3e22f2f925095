// What every command that computes needs: an open device, a terminal, Ctrl-C, and the part that all JSON shares.

import { type LiveView, liveView } from "../../report/terminal.js";
import { forTerminal } from "../../report/text/printable.js";
import { type Device, openDevice } from "../../tensor/index.js";
import { type Colors, colorsFor } from "./colors.js";
import { checkDocument, sayOn, takesStdout, writeDocument } from "./document.js";
import { EXIT } from "./failure.js";
import { type Interrupt, listenForInterrupt } from "./interrupt.js";
import type { CommonOptions } from "./options.js";
import { VERSION, versions } from "./versions.js";

/** The part that every JSON document has. */
export interface CommonJson {
  adapter: string;
  versions: Record<string, string>;
  seed: number;
  config: Record<string, unknown>;
  /** Present, and true, only when the run was stopped. */
  interrupted?: true;
}

export interface Session {
  readonly device: Device;
  readonly interrupt: Interrupt;
  readonly colors: Colors;
  /** A line of results, on stdout. */
  say(line: string): void;
  /** A line on the way there, on stderr. */
  tell(line: string): void;
  /** A live view, on stderr. */
  view(methods: readonly string[], total: number): LiveView;
  /** The common part, as it stands now. */
  common(seed: number, config: Record<string, unknown>): CommonJson;
  /** Writes the common part and `document` where `--json` says; nothing without it. */
  save(common: CommonJson, document: Record<string, unknown>): Promise<void>;
}

/**
 * Opens the device, runs `body` and sets the exit code to 130 if Ctrl-C was pressed meanwhile.
 * Throws what `body` throws, DeviceError without an adapter, ConfigError if `--json` cannot be written.
 */
export async function withSession(
  name: string,
  options: CommonOptions,
  body: (session: Session) => Promise<void>,
): Promise<void> {
  await checkDocument(options.json);
  const colors = colorsFor(takesStdout(options.json) ? process.stderr : process.stdout);
  const onTheWay = colorsFor(process.stderr);
  let live: LiveView | null = null;
  // Before anything is printed: whoever sees a line may press Ctrl-C.
  using interrupt = listenForInterrupt((line) => {
    if (live) live.interject(`\n${line}`);
    else tell(line);
  });
  tell(`${onTheWay.bold(`zerosiam ${name}`)} ${onTheWay.dim(VERSION)}`);
  const device = await openDevice(options.adapter === undefined ? {} : { adapter: options.adapter });
  const { adapter } = device;
  tell(onTheWay.dim(`adapter: ${adapter.name} (${adapter.driver}; found by: ${adapter.how})`));
  await body({
    device,
    interrupt,
    colors,
    say: sayOn(options.json),
    tell,
    view(methods, total) {
      const now = (): number => performance.now() / 1000;
      live = liveView(methods, total, { terminal: process.stderr, colors: onTheWay, now });
      return live;
    },
    common: (seed, config) => ({
      adapter: adapter.name,
      versions: versions(adapter.driver),
      seed,
      config,
      ...(interrupt.requested ? { interrupted: true as const } : {}),
    }),
    save: (common, document) => writeDocument(options.json, { ...common, ...document }),
  });
  if (interrupt.requested) process.exitCode = EXIT.interrupted;
}

function tell(line: string): void {
  process.stderr.write(`${forTerminal(line)}\n`);
}
