// The library in a browser: every op once, an adaptation step against Node's, and what goes wrong with devices.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { openDevice } from "../../src/tensor/index.js";
import { INSECURE_HOST, launchChromium } from "./lib/chromium.js";
import { fixturePath, type Site, serveSite } from "./lib/site.js";
import type { Fixture, StepOutcome } from "./page/step.js";
import { zeroSiamStep } from "./page/step.js";

let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await serveSite();
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

/** A fresh page; what it prints as an error fails the test that asks for it. */
async function openPage(host = "127.0.0.1"): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => expect.fail(`the page threw: ${error}`));
  await page.goto(`http://${host}:${site.port}/`);
  await page.waitForFunction(() => "inPage" in globalThis);
  return page;
}

describe("every op", () => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage();
    await page.evaluate(() => inPage.open());
  });
  afterAll(() => page?.close());

  it.each(OPS.map(({ name }) => name))("%s equals its reference", async (name) => {
    expect(await page.evaluate((op) => inPage.checkOp(op), name)).toBe("");
  });
});

describe("a ZeroSiam step", () => {
  // Both are float32 computations of what the fixture holds in float64. Its tolerance says how far one may be from that
  // (it is the measured error of float32 steps with room to spare), so that two may be twice as far from each other.
  const NAME = "gn_conv";

  it("gives Node's logits, loss and parameters", async () => {
    const page = await openPage();
    await page.evaluate(() => inPage.open());
    const inBrowser = await page.evaluate((name) => inPage.step(name), NAME);
    await page.close();
    const fixture = JSON.parse(readFileSync(fixturePath(`/fixtures/zerosiam/${NAME}.json`), "utf8"));
    await openDevice();
    const inNode = await zeroSiamStep(
      fixture as Fixture,
      readFileSync(fixturePath(`/fixtures/zerosiam/${NAME}.safetensors`)),
    );
    const { atol, rtol } = fixture.runs.zerosiam.suggested_tol.step1;
    expect(Object.keys(inBrowser)).toEqual(Object.keys(inNode));
    expect(farthest(inBrowser, inNode, 2 * atol, 2 * rtol)).toMatchObject({ ok: true });
  });
});

/** The value that is farthest from its counterpart, in units of what is allowed: abs + rel · |want|. */
function farthest(got: StepOutcome, want: StepOutcome, abs: number, rel: number) {
  let worst = { name: "", at: 0, got: 0, want: 0, units: 0 };
  for (const [name, values] of Object.entries(want)) {
    for (const [at, value] of values.entries()) {
      const units = Math.abs(got[name][at] - value) / (abs + rel * Math.abs(value));
      if (!(units <= worst.units)) worst = { name, at, got: got[name][at], want: value, units };
    }
  }
  return { ...worst, ok: worst.units <= 1 };
}

it("tells a page in its console of a loop that leaves tensors behind", async () => {
  const page = await openPage();
  const [message] = await Promise.all([page.waitForEvent("console"), page.evaluate(() => inPage.warn())]);
  expect(message.type()).toBe("warning");
  expect(message.text()).toBe("ZeroSiamWarning: a warning of a test\n  help: none is needed");
  await page.close();
});

describe("a device that fails", () => {
  it("is refused with what helps where the page has no WebGPU", async () => {
    const page = await openPage(INSECURE_HOST);
    const failure = await page.evaluate(() => inPage.openFailure({}));
    expect(failure).toMatchObject({ name: "DeviceError", message: expect.stringContaining("no navigator.gpu") });
    expect(failure?.help).toContain("https://");
    await page.close();
  });

  it("is refused when the browser's adapter has another name", async () => {
    const page = await openPage();
    const failure = await page.evaluate(() => inPage.openFailure({ adapter: "no such adapter" }));
    expect(failure).toMatchObject({
      name: "DeviceError",
      help: expect.stringContaining("leave the adapter option out"),
    });
    await page.close();
  });

  it("rejects what is read after the device was lost", async () => {
    const page = await openPage();
    const failure = await page.evaluate(() => inPage.lossFailure());
    expect(failure).toMatchObject({ name: "DeviceLostError", help: expect.stringContaining("open a new device") });
    await page.close();
  });

  it("refuses a tensor beyond the memory budget, with the numbers", async () => {
    const page = await openPage();
    const failure = await page.evaluate(() => inPage.budgetFailure(2 ** 20, 2 ** 20));
    expect(failure).toMatchObject({ name: "OutOfMemoryError", message: expect.stringContaining("4194304 bytes") });
    expect(failure?.help).toContain("memoryBudget");
    await page.close();
  });
});
