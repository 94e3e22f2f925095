// Puts the hooks in place before the worker starts: node --import ./scripts/mutants/register.mjs scripts/mutants/worker.ts
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
