// The report in a browser: it draws everything, in light and dark, on a desk and on a phone, and asks the network nothing.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderReport } from "../../src/report/html.js";
import { bundleClient } from "../report/client.js";
import { sampleEvaluation, sampleReport } from "../report/sample.js";
import { launchChromium } from "./lib/chromium.js";

let browser: Browser;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-report-"));
  const client = bundleClient();
  await writeFile(join(folder, "demo.html"), renderReport(sampleReport(), client));
  await writeFile(join(folder, "evaluation.html"), renderReport(sampleEvaluation(), client));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

/** Opens a report; an exception in it, a message of the policy or a request beside the file itself fails the test. */
async function open(name: string, options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
  const page = await browser.newPage(options);
  const address = pathToFileURL(join(folder, name)).href;
  page.on("pageerror", (error) => expect.fail(`the page threw: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error") expect.fail(`the page printed: ${message.text()}`);
  });
  page.on("request", (request) => expect(request.url()).toBe(address));
  await page.goto(address);
  await page.waitForSelector(".chart canvas");
  return page;
}

/** For each canvas whether anything is painted on it. */
function painted(page: Page): Promise<boolean[]> {
  return page.locator("canvas").evaluateAll((all) =>
    (all as HTMLCanvasElement[]).map((canvas) => {
      const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [0] };
      return data.some((value) => value !== 0);
    }),
  );
}

describe("a report", () => {
  it("draws five charts and four strips, each with something on it", async () => {
    const page = await open("demo.html");
    expect(await painted(page)).toEqual(new Array(9).fill(true));
    expect(await page.locator(".u-legend").first().textContent()).toMatch(/^image2560Source\d+\.\d %Tent/);
    await page.close();
  });

  it("draws accuracy against rate", async () => {
    const page = await open("evaluation.html");
    expect(await painted(page)).toEqual([true]);
    await page.close();
  });

  it("takes the colours of the theme, also when it changes", async () => {
    const page = await open("demo.html");
    const strip = page.locator("canvas#strip-0");
    const corner = () =>
      strip.evaluate((canvas: HTMLCanvasElement) => {
        const pixel = canvas.getContext("2d")?.getImageData(canvas.width - 1, 0, 1, 1).data ?? [];
        return Array.from(pixel.slice(0, 3));
      });
    const light = await corner();
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForFunction((before) => {
      const canvas = document.querySelector<HTMLCanvasElement>("canvas#strip-0");
      return canvas?.getContext("2d")?.getImageData(canvas.width - 1, 0, 1, 1).data[0] !== before;
    }, light[0]);
    expect(Math.max(...(await corner()))).toBeLessThan(Math.min(...light));
    await page.close();
  });

  it("fits a phone without scrolling sideways", async () => {
    const page = await open("demo.html", { viewport: { width: 360, height: 640 } });
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content).toBeLessThanOrEqual(screen);
    await page.close();
  });

  it("tells the share under the pointer", async () => {
    const page = await open("demo.html");
    await page.locator("canvas#strip-0").hover({ position: { x: 2, y: 2 } });
    expect(await page.locator("#strip-0-at").textContent()).toMatch(/^image 16: class 0 has 100 %$/);
    await page.close();
  });
});
