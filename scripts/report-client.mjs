// The browser side of the report as text: what esbuild's `define` puts into the command-line program.
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** `{ REPORT_CLIENT }` for esbuild's `define`: the report's script and style sheet, charts included, as one JSON object. */
export function reportClientDefine() {
  const { outputFiles } = buildSync({
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    entryPoints: ["src/report/client/main.ts"],
    outdir: "client",
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    legalComments: "none",
  });
  const text = (extension) => outputFiles.find((file) => file.path.endsWith(extension)).text;
  return { REPORT_CLIENT: JSON.stringify({ script: text(".js"), style: text(".css") }) };
}
