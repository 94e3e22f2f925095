// The command line: the subcommands, and what all of them share.
import { Command } from "commander";
import { addAdapt } from "./adapt.js";
import { addBench } from "./bench.js";
import { addDemo } from "./demo.js";
import { addDoctor } from "./doctor.js";
import { addEvaluate } from "./evaluate.js";
import { checkClashes } from "./lib/clashes.js";
import { VERSION } from "./lib/versions.js";
import { addMerge } from "./merge.js";
import { addParity } from "./parity.js";
import { addReport } from "./report.js";
import { addReproduce } from "./reproduce.js";
import { addSweep } from "./sweep.js";
import { addTrain } from "./train.js";

const COMMANDS = [
  addDemo,
  addDoctor,
  addAdapt,
  addTrain,
  addEvaluate,
  addReproduce,
  addSweep,
  addMerge,
  addReport,
  addParity,
  addBench,
];

/** The program, ready to parse; it throws CommanderError instead of exiting. `writeError` gets the help of a line without a command. */
export function createProgram(writeError: (text: string) => void): Command {
  const program = new Command("zerosiam")
    .description("Test-time adaptation that does not collapse, on WebGPU")
    .version(VERSION)
    .configureOutput({ writeErr: writeError, outputError: () => {} }) // reportFailure tells, as it does of all errors
    .exitOverride()
    .hook("preAction", (_, command) => checkClashes(command));
  for (const add of COMMANDS) add(program);
  for (const command of program.commands) {
    command
      .option("--json <file>", "write the results as one JSON document")
      .option("--adapter <name>", "use this adapter: part of its name, or lavapipe, swiftshader, nvidia, system")
      .option("--debug", "print stacks of errors (also by the variable DEBUG)");
  }
  return program;
}
