// All tests but those of the browser (`--mode browser`); `--mode unit` runs those that need no adapter, and gives them none.
// Two forked processes share the files, without isolation: Dawn crashes in threads, and now and then hangs in forks that
// are made anew for each file.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/**
 * Tests that need no adapter, and few seconds together: those of the corruptions alone would take two. They get none: one
 * that comes to need it fails here.
 */
const UNIT = [
  "test/{metrics,report,unit}/**/*.test.ts",
  "test/streams/!(corruptions).test.ts",
  "test/ops/{compile,declarations,errors,launches,shapes}.test.ts",
  "test/{docs,layers,rng}.test.ts",
  "test/{cli/output,data/imageSet,io/convert,io/safetensors}.test.ts",
];
const INCLUDED: Readonly<Record<string, readonly string[]>> = { browser: ["test/browser/**/*.test.ts"], unit: UNIT };

const src = fileURLToPath(new URL("src", import.meta.url));

export default defineConfig(({ mode }) => ({
  resolve: {
    // The package's own name, as the examples import it.
    alias: [
      { find: /^zerosiam$/, replacement: `${src}/index.ts` },
      { find: /^zerosiam\/(tensor|kernels|nn|zerosiam|data|experiments)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    include: [...(INCLUDED[mode] ?? ["test/**/*.test.ts"])],
    exclude: mode in INCLUDED ? [] : ["test/{browser,unit}/**"],
    env: mode === "unit" ? { ZEROSIAM_ADAPTER: "system", VK_DRIVER_FILES: "/nonexistent" } : {},
    pool: "forks",
    isolate: false,
    // The two together take three fifths of the time that one does, on two cores.
    maxWorkers: 2,
    globalSetup: mode === "browser" ? [] : ["test/cli/bundle.ts"],
    // None of them should take ten seconds; but a software adapter compiles kernels on the cores that it has, and on a slow
    // machine with others at work a minute was not enough. They are to end what hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
}));
