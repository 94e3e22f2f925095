// Linking: a kernel has the functions that its main reaches, and no others.
import { expect, test } from "vitest";
import { kernelTexts } from "../../scripts/accuracy/kernels.js";
import { OPS } from "../../src/kernels/index.js";
import { link, piecesOf } from "../../src/kernels/lib/text/link.js";

const LIBRARY = piecesOf(`/// Doubles, {not} a block.
fn twice(x: f32) -> f32 { return x + x; }

fn four(x: f32) -> f32 { // calls unused(x) in a comment
  if (x > 0.0) { return twice(twice(x)); }
  return 0.0;
}
fn unused(x: f32) -> f32 { return x; }
`);
const MAIN = `const SIZE = 4u;
fn own(x: f32) -> f32 { return x; }
@compute @workgroup_size(64)
fn main() { y[0] = four(f32(SIZE)); }`;

test("takes what main calls, directly or through others, each with its comment, in the order of the text", () => {
  expect(link([...LIBRARY, ...piecesOf(MAIN)])).toBe(`/// Doubles, {not} a block.
fn twice(x: f32) -> f32 { return x + x; }

fn four(x: f32) -> f32 { // calls unused(x) in a comment
  if (x > 0.0) { return twice(twice(x)); }
  return 0.0;
}

const SIZE = 4u;

@compute @workgroup_size(64)
fn main() { y[0] = four(f32(SIZE)); }`);
});

test("a function that calls itself or is named like a variable brings nothing else along", () => {
  const text = "fn a() { a(); }\nfn b() { let c = 1; }\nfn c() {}\nfn main() { b(); }";
  expect(link(piecesOf(text))).toBe("fn b() { let c = 1; }\nfn main() { b(); }");
});

test.each(["fn main() { if (true) { return; }", "fn main()", "fn main() {\nfn other() {}"])(
  "leaves what is no WGSL for the compiler to tell: %j",
  (text) => expect(link(piecesOf(text))).toBe(text),
);

test.each(OPS.map((op) => [op.name, op] as const))(
  "%s: no kernel has a function that its main does not reach",
  (_, op) => {
    for (const text of kernelTexts(op, op.samples)) {
      const code = text.replace(/\/\/.*$/gm, "");
      const bodies = new Map(code.split(/^(?=fn )/m).map((part) => [/^fn (\w+)/.exec(part)?.[1] ?? "", part]));
      bodies.delete("");
      const reached = new Set(["main"]);
      for (const name of reached) {
        for (const other of bodies.keys())
          if (new RegExp(`\\b${other}\\(`).test(bodies.get(name)?.slice(3 + name.length) ?? "")) reached.add(other);
      }
      expect([...bodies.keys()].filter((name) => !reached.has(name))).toEqual([]);
    }
  },
);
