// Unit tests, and with `--mode browser` those that drive a browser. One forked process runs all files: Dawn crashes in
// threads, and now and then hangs in isolated forks.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("src", import.meta.url));

export default defineConfig(({ mode }) => ({
  resolve: {
    // The package's own name, as the examples import it.
    alias: [
      { find: /^zerosiam$/, replacement: `${src}/index.ts` },
      { find: /^zerosiam\/(tensor|kernels|nn|zerosiam)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    include: mode === "browser" ? ["test/browser/**/*.test.ts"] : ["test/**/*.test.ts"],
    exclude: mode === "browser" ? [] : ["test/browser/**"],
    pool: "forks",
    isolate: false,
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}));
