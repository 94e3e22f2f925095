// Errors keep their names where the classes lose theirs.
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import type * as errors from "../../src/tensor/errors.js";

test("every error has its name after minifying", async () => {
  const { outputFiles } = buildSync({
    entryPoints: ["src/tensor/errors.ts"],
    ...{ bundle: true, minify: true, format: "esm", write: false },
  });
  const code = outputFiles[0].text;
  const minified = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`
  )) as typeof errors;
  expect(minified.ShapeError.name).not.toBe("ShapeError"); // the class has lost it
  const names = Object.entries(minified).map(([exported, Kind]) => [exported, new Kind("what", "remedy").name]);
  expect(names.length).toBeGreaterThan(10);
  expect(names).toEqual(names.map(([exported]) => [exported, exported]));
});
