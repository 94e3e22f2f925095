// Compiles everything.ts, entries.ts and every snippet of the package's pages as users would: each TypeScript × module
// resolution × skipLibCheck × compiler options. node matrix.mjs, in a project that has the package and the TypeScripts.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = "node_modules/zerosiam";
const TYPESCRIPTS = ["5.9", "6.0", "7.0"];
const RESOLUTIONS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};
/** Runs of the compiler at a time. */
const AT_ONCE = 2;

const programs = [...copied("everything.ts", "entries.ts"), ...examples(), ...snippets(), ...signatures()];
console.log(`${programs.length} programs`);

const runs = TYPESCRIPTS.flatMap((version) =>
  Object.keys(RESOLUTIONS).flatMap((resolution) =>
    [true, false].flatMap((skipLibCheck) =>
      ["plain", "init"].map((options) => ({ version, resolution, skipLibCheck, options })),
    ),
  ),
);
let failed = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let run = runs.shift(); run; run = runs.shift()) {
      const { version, resolution, skipLibCheck, options } = run;
      const printed = await compile(run);
      if (printed !== "") failed++;
      const name = `TypeScript ${version}, ${resolution}, skipLibCheck ${skipLibCheck}, ${options}`;
      console.log(`${printed === "" ? "passed" : "FAILED"}: ${name}${printed && `\n${printed}`}`);
    }
  }),
);
process.exitCode = failed > 0 ? 1 : 0;

/** What the compiler says; nothing where all is well. */
async function compile({ version, resolution, skipLibCheck, options }) {
  const folder = `configs/${version}-${resolution}-${skipLibCheck}-${options}`;
  mkdirSync(folder, { recursive: true });
  if (options === "init") await tsc(version, ["--init"], folder);
  // Up to TypeScript 5.9 the DOM has no WebGPU. `plain` is what README asks for.
  const types = version === "5.9" ? ["@webgpu/types"] : [];
  const plain = { strict: true, target: "es2022", lib: ["es2022", "dom", "esnext.disposable"], types };
  const compilerOptions = {
    ...(options === "plain" ? plain : { types }),
    ...{ ...RESOLUTIONS[resolution], skipLibCheck, noEmit: true, rootDir: "../.." },
  };
  const init = options === "init" ? { extends: "./tsconfig.json" } : {};
  const config = { ...init, compilerOptions, files: programs.map((path) => `../../${path}`) };
  writeFileSync(`${folder}/run.json`, JSON.stringify(config));
  return tsc(version, ["--pretty", "false", "-p", "run.json"], folder);
}

function tsc(version, args, cwd) {
  const program = join(process.cwd(), `node_modules/typescript-${version}/lib/tsc.js`);
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (text) => {
    printed += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0 ? "" : `${printed}exit code ${code}`));
  });
}

function copied(...names) {
  for (const name of names) cpSync(new URL(name, import.meta.url), name);
  return names;
}

/** The package's examples, which the guides show piece by piece. */
function examples() {
  cpSync(join(PACKAGE, "examples"), "examples", { recursive: true });
  const names = readdirSync("examples", { recursive: true, encoding: "utf8" });
  return names.flatMap((name) => (name.endsWith(".ts") ? [`examples/${name}`] : []));
}

/** The ts blocks of README and docs, each as a program: but for those of the package's own files, and for examples in pieces. */
function snippets() {
  const pages = readdirSync(PACKAGE, { recursive: true, encoding: "utf8" }).filter((path) =>
    /^(README|docs[/\\](?!ops[/\\]|guide[/\\]|lost-device).*)\.md$/.test(path),
  );
  const blocks = pages.flatMap((page) =>
    [...readFileSync(join(PACKAGE, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text], i) => ({
      name: `${page.replace(/\W/g, "_")}_${i}`,
      text,
    })),
  );
  return written(
    "snippets",
    blocks.filter(({ text }) => !/from "\.\.?\//.test(text)),
  );
}

/** The signatures on the ops' pages, each as a claim on what the package's Tensor has. */
function signatures() {
  const pages = readdirSync(join(PACKAGE, "docs/ops")).map((name) => [
    name,
    readFileSync(join(PACKAGE, "docs/ops", name), "utf8"),
  ]);
  const claims = pages
    .filter(([, text]) => !text.includes("the published types leave it out"))
    .map(([name, text]) => {
      const methods = text
        .match(/^```ts\n([\s\S]*?)^```$/m)[1]
        .trim()
        .split("\n")
        .map((line) => line.replace(/^\w+\./, ""));
      return `({} as Z.Tensor) satisfies { ${methods.join("; ")} }; // ${name}`;
    });
  const types = [...new Set(claims.join().match(/\b[A-Z]\w*(Options|2d|Type)\b|\bShape\b|\bTensor\b/g))].filter(
    (name) => name !== "DType" && name !== "Shape" && name !== "Tensor",
  );
  const text = `import type * as Z from "zerosiam/tensor";
import type { ${types.join(", ")} } from "zerosiam/kernels";
type Tensor = Z.Tensor;
type Shape = Z.Shape;
type DType = Z.DType;
${claims.join("\n")}
`;
  return written("signatures", [{ name: "ops", text }]);
}

function written(folder, blocks) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return blocks.map(({ name, text }) => {
    const path = `${folder}/${name}.ts`;
    writeFileSync(path, /^(import|export)\b/m.test(text) ? text : `${text}\nexport {};\n`);
    return path;
  });
}
