// docs/guide/browser.md in a browser: its page adapts in its worker, its state goes out and in again, its device is shared.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ImageSet, loadDigits } from "../../src/data/index.js";
import { readSafetensors } from "../../src/nn/io/safetensors.js";
import { grey28 } from "./lib/bmp.js";
import { INSECURE_HOST, launchChromium } from "./lib/chromium.js";
import { type Site, serveSite } from "./lib/site.js";

const BATCH = 8;
let site: Site;
let browser: Browser;
let digits: ImageSet;

beforeAll(async () => {
  [site, browser, digits] = await Promise.all([serveSite(), launchChromium(), loadDigits("test")]);
});

afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

/** In the page itself, and not in its worker: an error to look for a GPU at all. */
function forbidGpu(): void {
  const get = () => {
    throw new Error("the page looks for a GPU");
  };
  Object.defineProperty(navigator, "gpu", { get });
}

/** The example's page; an exception in it fails the test. */
async function openExample(host = "127.0.0.1"): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => expect.fail(`the page threw: ${error}`));
  await page.addInitScript(forbidGpu);
  await page.goto(`http://${host}:${site.port}/examples/browser/`);
  return page;
}

/** What the page says once it has said `lines` lines; the last of them. */
async function said(page: Page, lines: number): Promise<string> {
  const text = page.locator("#said");
  await page.waitForFunction((n) => (document.querySelector("#said")?.textContent ?? "").split("\n").length > n, lines);
  return ((await text.textContent()) ?? "").split("\n")[lines - 1];
}

const file = (name: string, buffer: Buffer) => ({ name, mimeType: "application/octet-stream", buffer });

/** Hands the page a batch of digits as picture files. */
async function show(page: Page, batch: number): Promise<void> {
  const pictures = Array.from({ length: BATCH }, (_, i) => file(`${i}.bmp`, grey28(digits, batch * BATCH + i)));
  await page.setInputFiles("#pictures", pictures);
}

const labels = (batch: number) => [...digits.labels.subarray(batch * BATCH, (batch + 1) * BATCH)];
const tensors = (line: string) => Number(/(\d+) tensors$/.exec(line)?.[1]);
const classes = (line: string) => line.split(",")[0].split(" ").map(Number);

describe("the guide's page", () => {
  it("adapts in its worker, saves what was learnt, and goes on from there in another visit to the same numbers", async () => {
    const first = await openExample();
    await first.click("#start");
    expect(await said(first, 1)).toMatch(/^ready on /);
    await show(first, 0);
    const right = classes(await said(first, 2)).filter((found, i) => found === labels(0)[i]);
    expect(right.length).toBeGreaterThan(BATCH / 2); // clean digits, of which the source knows 97 of 100
    const [download] = await Promise.all([first.waitForEvent("download"), first.click("#save")]);
    expect(download.suggestedFilename()).toBe("learnt.safetensors");
    const saved = readFileSync(await download.path());
    expect([...readSafetensors(saved).tensors.keys()]).toContain("predictor.weight");
    await show(first, 1);
    const whole = await said(first, 4);
    await show(first, 2);
    expect(tensors(await said(first, 5))).toBe(tensors(whole)); // a step leaves none behind
    await first.close();

    const second = await openExample();
    await second.setInputFiles("#weights", "assets/digits.safetensors"); // a file of the user's, instead of an address
    await second.setInputFiles("#saved", file("learnt.safetensors", saved));
    await second.click("#start");
    await show(second, 1);
    const resumed = await said(second, 2);
    expect(resumed.split(",").slice(0, 2)).toEqual(whole.split(",").slice(0, 2)); // classes and loss
    expect(tensors(whole)).toBeGreaterThan(10);
    await second.close();
  });

  it("says which file is none, and takes another", async () => {
    const page = await openExample();
    await page.setInputFiles("#weights", file("weights.pth", Buffer.from("PK\u0003\u0004 and so on")));
    await page.click("#start");
    expect(await said(page, 1)).toMatch(/^CheckpointError: weights\.pth: this is a zip archive/);
    await page.setInputFiles("#weights", []);
    await page.click("#start");
    await page.locator("#said").filter({ hasText: "ready on" }).waitFor();
    await page.close();
  });

  it("says what it needs where there is no WebGPU", async () => {
    const page = await openExample(INSECURE_HOST);
    await page.click("#start");
    expect(await said(page, 1)).toBe("DeviceError: openDevice: this browser has no navigator.gpu");
    expect(await said(page, 2)).toContain("help: use a browser with WebGPU, on an https:// or localhost page");
    await page.close();
  });
});

it("a device that the page has is used, and left to it", async () => {
  const page = await browser.newPage();
  page.on("pageerror", (error) => expect.fail(`the page threw: ${error}`));
  await page.goto(`http://127.0.0.1:${site.port}/`);
  await page.waitForFunction(() => "inPage" in globalThis);
  const images = Array.from(digits.images.subarray(0, BATCH * 28 * 28), (value) => value / 255);
  const { logits, after } = await page.evaluate((values) => inPage.answerOnOwn(values), images);
  const best = labels(0)
    .map((_, i) => logits.slice(10 * i, 10 * i + 10))
    .map((row) => row.indexOf(Math.max(...row)));
  expect(best.filter((found, i) => found === labels(0)[i]).length).toBeGreaterThan(BATCH / 2);
  expect(after).toBe(7);
  await page.close();
});
