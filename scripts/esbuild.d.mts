// Types of esbuild.mjs, for the tests.
import type { BuildOptions } from "esbuild";
export declare function nodeOptions(): BuildOptions;
export declare function browserOptions(): BuildOptions;
