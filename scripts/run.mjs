// Runs a task of this clone, installing the packages of package-lock.json first when they are missing or stale.
// Plain Node, so that `npm test` and `npm run demo` work on a fresh clone: node scripts/run.mjs TASK [ARGS...]
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Where bundles of the clone's programs go: below ROOT, so that packages are found from there. */
const CACHE = "node_modules/.cache/zerosiam";

/** Each task gets the rest of the command line. */
const TASKS = {
  cli: (args) => runSource("src/cli/main.ts", args),
  "bench:peers": (args) => runSource("bench/peers.ts", args),
  example: ([name, ...args]) => runSource(`examples/${name}.ts`, args),
  data: (args) => runSource("scripts/make-data.ts", args),
  picture: (args) => runSource("scripts/picture.ts", args),
  readme: () => runSource("scripts/readme.ts", ["--write"]),
  docs: () => runSource("scripts/docs.ts", ["--write"]),
  mutants: (args) => runSource("scripts/mutants.ts", args),
  severities: (args) => runSource("scripts/severities.ts", args),
  alarm: (args) => runSource("scripts/alarm.ts", args),
  accuracy: (args) => runSource("scripts/accuracy.ts", args),
  "contact-sheet": (args) => runSource("scripts/contact-sheet.ts", args),
  fit: (args) => runSource("scripts/fit.ts", args),
  fuzz: (args) => runSource("test/fuzz/run.ts", args),
  soak: (args) => runSource("test/soak/run.ts", args),
  test: (args) => {
    // All in three processes: one that has made every kernel of every test ended without a word, twice of three times.
    const parts = args.length > 0 ? [args] : ["1/3", "2/3", "3/3"].map((part) => [`--shard=${part}`]);
    for (const part of parts) step("node_modules/vitest/vitest.mjs", ["run", ...part]);
  },
  "test:unit": (args) => runModule("node_modules/vitest/vitest.mjs", ["run", "--mode", "unit", ...args]),
  "test:browser": (args) => runModule("node_modules/vitest/vitest.mjs", ["run", "--mode", "browser", ...args]),
  build: (args) => runModule("scripts/build.mjs", args),
  check: (args) => {
    step("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", ...args]);
    step("node_modules/typescript/bin/tsc", ["--noEmit"]);
    step("node_modules/vitest/vitest.mjs", ["run", "test/layers.test.ts"]);
  },
};

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(TASKS, name ?? "")) fail(`usage: node scripts/run.mjs ${Object.keys(TASKS).join("|")} [ARGS...]`, 2);
if (Number.parseInt(process.versions.node, 10) < 20) fail(`Node ${process.version} is too old: 20 or newer is needed`);
if (!isInstalled()) install();
await TASKS[name](args);

/** Whether node_modules holds what package-lock.json asks for. npm leaves a lock file of its own there. */
function isInstalled() {
  const installedLock = join(ROOT, "node_modules/.package-lock.json");
  if (!existsSync(installedLock)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedLock, "utf8")).packages;
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    // Path "" is this package; optional packages may be for other systems.
    return path === "" || optional || devOptional || installed[path]?.version === version;
  });
}

function install() {
  console.error("zerosiam: installing packages from package-lock.json");
  // The npm that started this script, if one did: npx, yarn and pnpm leave another program's path there.
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined;
  const [command, prefix] = npm ? [process.execPath, [npm]] : ["npm", []];
  const options = { cwd: ROOT, stdio: ["ignore", 2, 2], shell: !npm && process.platform === "win32" };
  const { status, error } = spawnSync(
    command,
    [...prefix, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    options,
  );
  if (error) fail(`npm does not start: ${error.message}`);
  if (status !== 0) fail("npm ci failed: see above");
}

/** Bundles a TypeScript program (milliseconds) and runs it in this process, so that signals and exit codes are its own. */
async function runSource(source, args) {
  if (!existsSync(join(ROOT, source))) fail(`${source} does not exist`, 2);
  const [{ buildSync }, { nodeOptions }] = await Promise.all([import("esbuild"), import("./esbuild.mjs")]);
  const file = `${CACHE}/${source.replaceAll("/", "-").replace(/ts$/, "mjs")}`;
  const output = { entryPoints: [source], outfile: file, sourcemap: "inline", write: false };
  const { outputFiles } = buildSync({ ...nodeOptions(), ...output });
  // Written whole, then renamed: another run may be reading the last one.
  const path = join(ROOT, file);
  mkdirSync(join(ROOT, CACHE), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, outputFiles[0].contents);
  renameSync(`${path}.${process.pid}`, path);
  process.setSourceMapsEnabled(true);
  await runModule(file, args);
}

async function runModule(file, args) {
  const path = join(ROOT, file);
  process.argv = [process.execPath, path, ...args];
  await import(pathToFileURL(path).href);
}

function step(script, args) {
  const { status } = spawnSync(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message, code = 1) {
  console.error(`zerosiam: ${message}`);
  process.exit(code);
}
