// The README's picture, docs/collapse.png: what each method predicts, out of a demo's report. npm run picture [REPORT]
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launchChromium } from "../test/browser/lib/chromium.js";

const report = resolve(process.argv[2] ?? "report.html");
const browser = await launchChromium();
try {
  const page = await browser.newPage({
    viewport: { width: 1000, height: 800 },
    deviceScaleFactor: 1.5,
    colorScheme: "light",
  });
  await page.goto(pathToFileURL(report).href);
  await page.locator("figure.strips").screenshot({ path: "docs/collapse.png", animations: "disabled" });
} finally {
  await browser.close();
}
