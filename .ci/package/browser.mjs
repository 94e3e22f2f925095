// The package in Chromium as pages get it: built by vite, built by webpack, and unbuilt from a plain <script type=module>.
// Each must build without a warning and adapt; the page of the guide, with its worker, must build and start. node
// browser.mjs, in a project that has the package and the bundlers.
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import webpack from "webpack";

/** README's example, as a page: what differs is where a bundler puts the files of assets/. */
const page = (
  imports,
  model,
  digits,
) => `import { createScenario, loadDigits, loadDigitsModel, nn, openDevice, tensor, ZeroSiam } from "zerosiam";
${imports}
async function adapt() {
  await openDevice();
  const model = await loadDigitsModel(${model});
  const method = new ZeroSiam(model, { lr: 1e-3, lrPredictor: 1e-2 });
  const scenario = await createScenario("class-ordered", { set: await loadDigits("validation"${digits}), limit: 4 });
  let updates = 0;
  for (const { stream } of scenario.phases) {
    for (const batch of stream) {
      const { metrics } = method.step(tensor(batch.images, batch.shape));
      if ((await metrics.read()).updated) updates++;
    }
  }
  const saved = new Blob([await nn.encodeTensors(method.state())]);
  method.loadState((await nn.loadTensors(saved)).tensors);
  const refused = await nn.saveTensors("state.safetensors", method.state()).catch((error) => error.name);
  return { updates, refused };
}
adapt().then((result) => { globalThis.result = result; }, (error) => { globalThis.result = { error: String(error) }; });
`;
const html = (head) => `<!doctype html><meta charset="utf-8">${head}`;

rmSync("pages", { recursive: true, force: true });
const pages = { plain: plain(), vite: await withVite(), webpack: await withWebpack() };
const guide = await guidePage();

const server = createServer(serve);
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--no-proxy-server"],
});
for (const [name, path] of Object.entries(pages)) {
  const tab = await browser.newPage();
  const printed = [];
  tab.on("console", (message) => ["warning", "error"].includes(message.type()) && printed.push(message.text()));
  tab.on("pageerror", (error) => printed.push(String(error)));
  await tab.goto(`http://127.0.0.1:${server.address().port}/${path}`);
  const result = await tab
    .waitForFunction(() => globalThis.result, null, { timeout: 60_000 })
    .then((handle) => handle.jsonValue(), String);
  const ok = result?.updates === 3 && result?.refused === "CheckpointError";
  console.log(`${ok ? "passed" : "FAILED"}: ${name} ${JSON.stringify(result)} ${ok ? "" : printed.join("\n")}`);
  if (!ok) process.exitCode = 1;
  await tab.close();
}
const tab = await browser.newPage();
await tab.goto(`http://127.0.0.1:${server.address().port}/${guide}`);
await tab.click("#start");
const said = tab.locator("#said").filter({ hasText: "ready on" });
const ready = await said.waitFor({ timeout: 60_000 }).then(() => true, String);
if (ready !== true) fail("the guide's page, built by vite", [ready, await tab.textContent("body")]);
else console.log("passed: the guide's page, built by vite");
await browser.close();
server.closeAllConnections();
server.close();

/** No bundler: an import map, and the package's own assets. */
function plain() {
  const map = { imports: { zerosiam: "/node_modules/zerosiam/dist/browser/index.js" } };
  write(
    "plain/index.html",
    html(`<script type="importmap">${JSON.stringify(map)}</script><script type="module" src="main.js"></script>`),
  );
  write("plain/main.js", page("", "", ""));
  return "pages/plain/index.html";
}

async function withVite() {
  write("vite/index.html", html('<script type="module" src="./main.js"></script>'));
  const imports =
    'import modelUrl from "zerosiam/assets/digits.safetensors?url";\nimport digitsUrl from "zerosiam/assets/digits-validation.safetensors?url";';
  write("vite/main.js", page(imports, "modelUrl", ", digitsUrl"));
  return viteBuilt("vite");
}

/** The page of docs/guide/browser.md: a bundler has to find its worker. */
function guidePage() {
  const read = (file) => readFileSync(`node_modules/zerosiam/${file}`);
  for (const name of ["page.ts", "worker.ts"]) write(`guide/${name}`, read(`examples/browser/${name}`));
  write("guide/index.html", String(read("examples/browser/index.html")).replace("page.js", "page.ts"));
  write("guide/public/digits.safetensors", read("assets/digits.safetensors"));
  return viteBuilt("guide");
}

/** Builds a folder of `pages`, and tells where its page is. */
async function viteBuilt(folder) {
  const warnings = [];
  const warn = (text) => warnings.push(text);
  await build({
    ...{ root: resolve("pages", folder), base: "./", logLevel: "warn", build: { target: "es2022", emptyOutDir: true } },
    customLogger: {
      info() {},
      warn,
      warnOnce: warn,
      error: warn,
      clearScreen() {},
      hasErrorLogged: () => false,
      hasWarned: false,
    },
  });
  if (warnings.length > 0) fail("vite warns", warnings);
  return `pages/${folder}/dist/index.html`;
}

async function withWebpack() {
  const address = (name) => `new URL("zerosiam/assets/${name}.safetensors", import.meta.url)`;
  write("webpack/main.js", page("", address("digits"), `, ${address("digits-validation")}`));
  write("webpack/dist/index.html", html('<script type="module" src="main.js"></script>'));
  const stats = await new Promise((done, failed) =>
    webpack(
      {
        ...{ mode: "production", context: resolve("pages/webpack"), entry: "./main.js", performance: { hints: false } },
        output: { path: resolve("pages/webpack/dist"), filename: "main.js", publicPath: "auto" },
      },
      (error, result) => (error ? failed(error) : done(result)),
    ),
  );
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  const messages = [...errors, ...warnings].map(({ message }) => message);
  if (messages.length > 0) fail("webpack warns", messages);
  return "pages/webpack/dist/index.html";
}

function fail(what, messages) {
  console.error(`${what}:\n${messages.join("\n")}`);
  process.exitCode = 1;
}

function write(path, text) {
  const file = join("pages", path);
  mkdirSync(resolve(file, ".."), { recursive: true });
  writeFileSync(file, text);
}

function serve({ url }, response) {
  const file = resolve(`.${new URL(url, "http://page").pathname}`);
  if (!file.startsWith(process.cwd()) || !existsSync(file)) return response.writeHead(404).end();
  const types = { ".html": "text/html", ".js": "text/javascript" };
  response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
  createReadStream(file).pipe(response);
}
