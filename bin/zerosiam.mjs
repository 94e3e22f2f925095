#!/usr/bin/env node
// The `zerosiam` command: in the installed package the built program, in a clone the sources (scripts/run.mjs).
import { existsSync } from "node:fs";

const runner = new URL("../scripts/run.mjs", import.meta.url);
if (existsSync(runner)) {
  process.argv.splice(2, 0, "cli");
  await import(runner.href);
} else {
  await import("../dist/node/cli.js");
}
