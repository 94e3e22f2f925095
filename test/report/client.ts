// Bundles the report's browser side for tests, with the options that the package build uses.
import { build } from "esbuild";
import type { ReportClient } from "../../src/zerosiam/report/html.js";

/** The script and the style sheet of the report, as text. */
export async function bundleClient(): Promise<ReportClient> {
  const { outputFiles } = await build({
    entryPoints: ["src/zerosiam/report/client/main.ts"],
    outdir: "client",
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
  });
  const text = (ext: string): string => outputFiles.find((file) => file.path.endsWith(ext))?.text ?? "";
  return { script: text(".js"), style: text(".css") };
}
