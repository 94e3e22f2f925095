// A site on this machine: a page with the library and the page's half of these tests, built as the package is.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { browserOptions } from "../../../scripts/esbuild.mjs";

export interface Site extends AsyncDisposable {
  readonly port: number;
}

/** Serves the page at `/`, and files of test/fixtures below `/fixtures/`, on 127.0.0.1 and a free port. */
export async function serveSite(): Promise<Site> {
  const files = new Map([
    ["/", { type: "text/html", body: '<!doctype html><script type="module" src="/page.js"></script>' }],
    ["/page.js", { type: "text/javascript", body: await bundle() }],
  ]);
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

async function bundle(): Promise<string> {
  const entryPoints = ["test/browser/page/main.ts"];
  // The root of the clone, where tests and tasks run: the soak, a bundle itself, cannot tell it by its own place.
  const absWorkingDir = process.cwd();
  const { outputFiles } = await build({ ...browserOptions(), absWorkingDir, entryPoints, write: false });
  return outputFiles[0].text;
}

/** `/fixtures/zerosiam/gn_conv.json` and the like; one folder and a plain name, nothing above. */
function fixture(url: string): { type: string; body: Uint8Array } | undefined {
  if (!/^\/fixtures\/\w+\/[\w.-]+$/.test(url)) return undefined;
  return { type: "application/octet-stream", body: readFileSync(fixturePath(url)) };
}

/** The file behind `/fixtures/…`. */
export function fixturePath(url: string): string {
  return fileURLToPath(new URL(`../..${url}`, import.meta.url));
}
