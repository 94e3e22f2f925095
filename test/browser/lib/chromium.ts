// Starts a browser that has WebGPU on a machine without a GPU: Chromium, headless, on SwiftShader.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where systems put Chromium; the variable CHROMIUM comes first. */
const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** A host name for this machine that is no secure context, as `localhost` and `127.0.0.1` are. */
export const INSECURE_HOST = "insecure.test";

const FLAGS = [
  "--no-sandbox", // containers have no user namespaces
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // Nothing outside of this machine is reached.
  `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
  "--no-proxy-server",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser with an empty profile, which goes when it is closed. Throws when there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = PLACES.find((place) => place && existsSync(place));
  if (!executablePath) {
    throw new Error(
      "no Chromium found: apt-get install -y --no-install-recommends chromium, or set CHROMIUM to its path",
    );
  }
  return chromium.launch({ executablePath, args: FLAGS });
}
