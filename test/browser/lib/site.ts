// A site on this machine: a page with the library and the page's half of these tests, and the guide's page, built as the
// package is.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type OutputFile } from "esbuild";
import { browserOptions } from "../../../scripts/esbuild.mjs";

export interface Site extends AsyncDisposable {
  readonly port: number;
}

interface Served {
  readonly type: string;
  readonly body: string | Uint8Array;
}

const BYTES = "application/octet-stream";

/** A page of examples/browser, as a server hands it out, and its scripts. */
const EXAMPLE = "/examples/browser/";
const EXAMPLE_SCRIPTS = ["page", "worker"];

/**
 * Serves the tests' page at `/`, that of examples/browser with the digits' weights at `/examples/browser/`, and files of
 * test/fixtures below `/fixtures/`, on 127.0.0.1 and a free port.
 */
export async function serveSite(): Promise<Site> {
  const files = new Map<string, Served>([
    ["/", { type: "text/html", body: '<!doctype html><script type="module" src="/page.js"></script>' }],
    [EXAMPLE, { type: "text/html", body: readFileSync(`.${EXAMPLE}index.html`) }],
    [`${EXAMPLE}digits.safetensors`, { type: BYTES, body: readFileSync("assets/digits.safetensors") }],
  ]);
  const scripts = { page: "test/browser/page/main.ts" };
  const example = Object.fromEntries(EXAMPLE_SCRIPTS.map((name) => [name, `.${EXAMPLE}${name}.ts`]));
  for (const [folder, entries] of [
    ["/", scripts],
    [EXAMPLE, example],
  ] as const) {
    for (const { path, contents } of await bundle(entries)) {
      files.set(`${folder}${basename(path)}`, { type: "text/javascript", body: contents });
    }
  }
  const server = createServer(({ url = "/" }, response) => {
    const file = files.get(url) ?? fixture(url);
    response.writeHead(file ? 200 : 404, { "content-type": file?.type ?? "text/plain" }).end(file?.body);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Each of the scripts, by its name, with all that it imports. */
async function bundle(entryPoints: Record<string, string>): Promise<OutputFile[]> {
  // The root of the clone, where tests and tasks run: the soak, a bundle itself, cannot tell it by its own place.
  const absWorkingDir = process.cwd();
  const output = { outdir: "out", write: false } as const;
  return (await build({ ...browserOptions(), absWorkingDir, entryPoints, ...output })).outputFiles;
}

/** `/fixtures/zerosiam/gn_conv.json` and the like; one folder and a plain name, nothing above. */
function fixture(url: string): Served | undefined {
  if (!/^\/fixtures\/\w+\/[\w.-]+$/.test(url)) return undefined;
  return { type: BYTES, body: readFileSync(fixturePath(url)) };
}

/** The file behind `/fixtures/…`. */
export function fixturePath(url: string): string {
  return fileURLToPath(new URL(`../..${url}`, import.meta.url));
}
