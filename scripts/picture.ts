// The README's pictures, out of reports: npm run picture -- collapse REPORT (a demo's), rates REPORT (reproduce's overview)
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { JUDGED } from "../src/experiments/reproduce/protocol.js";
import { launchChromium } from "../test/browser/lib/chromium.js";

interface Picture {
  readonly shown: string;
  /** What the text beside the picture has, or nobody can read there. */
  readonly hidden: string;
}

const OTHER_STREAMS = `figure:not(${JUDGED.map((stream) => `:has([aria-label*="${stream}"])`).join()})`;
const PICTURES: Readonly<Record<string, Picture>> = {
  collapse: { shown: "figure.strips", hidden: "[hidden]" },
  rates: { shown: "section:has(#rates) .grid", hidden: `${OTHER_STREAMS}, figcaption, details, .u-value` },
};

const [name, report] = process.argv.slice(2);
const picture = PICTURES[name];
if (!picture || !report) throw new Error(`usage: npm run picture -- ${Object.keys(PICTURES).join("|")} REPORT`);
const browser = await launchChromium();
try {
  const page = await browser.newPage({
    viewport: { width: 1000, height: 800 },
    deviceScaleFactor: 1.5,
    colorScheme: "light",
  });
  await page.goto(pathToFileURL(resolve(report)).href);
  await page.addStyleTag({ content: `${picture.hidden} { display: none !important }` });
  await page.locator(picture.shown).screenshot({ path: `docs/${name}.png`, animations: "disabled" });
} finally {
  await browser.close();
}
