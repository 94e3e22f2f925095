// Safetensors bytes: round trips, every kind of lie that a header can tell. Mutated files: test/fuzz.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../src/nn/io/safetensors.js";
import { CheckpointError } from "../../src/tensor/errors.js";

const entries: [string, StoredTensor][] = [
  ["conv.weight2", { dtype: "F32", shape: [1], data: Uint8Array.of(9, 8, 7, 6) }],
  ["conv.weight", { dtype: "F32", shape: [2, 3], data: new Uint8Array(24).map((_, i) => i) }],
  ["labels", { dtype: "U8", shape: [3], data: Uint8Array.of(7, 8, 9) }],
  ["__proto__", { dtype: "F16", shape: [], data: Uint8Array.of(1, 2) }],
  ["empty", { dtype: "I64", shape: [4, 0], data: new Uint8Array(0) }],
];

/** A file of this header text (or these bytes) and data. */
function fileOf(header: string | Uint8Array, data: ArrayLike<number> = [], claimed?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const out = new Uint8Array(8 + text.length + data.length);
  new DataView(out.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  out.set(text, 8);
  out.set(data, 8 + text.length);
  return out;
}

describe("readSafetensors", () => {
  it("returns what writeSafetensors was given, names of Object.prototype included", () => {
    const metadata: [string, string][] = [
      ["format", "pt"],
      ["__proto__", "é"],
    ];
    const file = readSafetensors(writeSafetensors(entries, metadata));
    expect(file.metadata).toEqual(new Map(metadata));
    expect(file.tensors).toEqual(new Map(entries));
  });

  it("reads at any alignment, from Node buffers too, and gives plain views", () => {
    const bytes = writeSafetensors(entries);
    const shifted = Buffer.alloc(bytes.length + 1);
    shifted.set(bytes, 1);
    const file = readSafetensors(shifted.subarray(1));
    expect(file.tensors).toEqual(new Map(entries));
    expect(file.tensors.get("labels")?.data.constructor).toBe(Uint8Array);
  });

  it("accepts a file with nothing in it, padding after the header and fields it does not know", () => {
    expect(readSafetensors(fileOf("{}   ")).tensors.size).toBe(0);
    const extra = '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":[true,"["]}}';
    expect(readSafetensors(fileOf(extra, [5])).tensors.get("a")?.data[0]).toBe(5);
  });

  const tensor = (fields: string): string => `{"a":{${fields}}}`;
  const u8 = (name: string, begin: number, end: number): string =>
    `"${name}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;
  const lies: [string, Uint8Array, RegExp][] = [
    ["a file shorter than the header length", Uint8Array.of(1, 0, 0), /3 bytes are no safetensors file/],
    ["a header longer than the file", fileOf("{}", [], 3n), /header of 3 bytes in a file with 2 bytes/],
    ["a header over 100 MB", fileOf("{}", [], 100_000_001n), /over the cap/],
    ["a header of 2⁶⁴ − 1 bytes", fileOf("{}", [], 2n ** 64n - 1n), /over the cap/],
    ["a header of no bytes", fileOf(""), /not JSON/],
    ["a header that is not UTF-8", fileOf(Buffer.from('{"\xff":1}', "latin1")), /not JSON in UTF-8/],
    ["a header that is not JSON", fileOf('{"a":'), /not JSON/],
    ["a header that is a list", fileOf("[]"), /not a JSON object/],
    ["a header with a space in front", fileOf(" {}"), /not a JSON object/],
    ["a header nested a million deep", fileOf("[".repeat(1e6) + "]".repeat(1e6)), /header/],
    [
      "40 MB of brackets",
      fileOf(`{"a":${"[]".repeat(2e7)}}`, new Uint8Array(4e7 + 100)), // as much data, else its size alone is refused
      /nests deeper|not JSON/,
    ],
    ["lists in a list", fileOf(`{"a":{"x":[[]]}}`), /nests deeper than a tensor's shape, at byte 11/],
    ["an object four deep", fileOf(`{"a":{"x":{"y":{}}}}`), /nests deeper than a tensor's shape, at byte 15/],
    [
      "a rank of 33",
      fileOf(tensor(`"dtype":"U8","shape":[${"1,".repeat(32)}1],"data_offsets":[0,1]`), [1]),
      /list of more than 32 elements/,
    ],
    [
      "a header out of proportion to its data",
      fileOf(`{${" ".repeat(2 ** 20)}}`),
      /header of 1048578 bytes for 0 bytes/,
    ],
    ["a name twice", fileOf(`{${u8("a", 0, 1)},${u8("a", 1, 2)}}`, [1, 2]), /the key "a" twice/],
    ["a name twice, once escaped", fileOf(`{${u8("a", 0, 1)},${u8("\\u0061", 1, 2)}}`, [1, 2]), /"a" twice/],
    [
      "a field twice",
      fileOf(tensor('"dtype":"U8","dtype":"I8","shape":[],"data_offsets":[0,1]'), [1]),
      /"dtype" twice/,
    ],
    ["metadata that is no object", fileOf('{"__metadata__":"x"}'), /metadata "__metadata__" is not of the right type/],
    ["metadata values that are not text", fileOf('{"__metadata__":{"k":1}}'), /metadata "k" is not of the right type/],
    ["a tensor that is a number", fileOf('{"a":1}'), /tensor "a": dtype, shape or data_offsets/],
    ["a tensor that is null", fileOf('{"a":null}'), /tensor "a": dtype, shape/],
    ["no dtype but a __proto__ that has one", fileOf('{"a":{"__proto__":{"dtype":"U8"}}}'), /dtype, shape/],
    [
      "a dtype named like a method",
      fileOf(tensor('"dtype":"toString","shape":[],"data_offsets":[0,0]')),
      /unknown dtype/,
    ],
    ["a negative size", fileOf(tensor('"dtype":"U8","shape":[-1],"data_offsets":[0,1]'), [1]), /integers ≥ 0/],
    ["a fractional size", fileOf(tensor('"dtype":"U8","shape":[1.5],"data_offsets":[0,1]'), [1]), /integers ≥ 0/],
    ["an infinite offset", fileOf(tensor('"dtype":"U8","shape":[1],"data_offsets":[0,1e999]'), [1]), /integers ≥ 0/],
    ["three offsets", fileOf(tensor('"dtype":"U8","shape":[1],"data_offsets":[0,1,1]'), [1]), /data_offsets/],
    [
      "a shape that overflows",
      fileOf(tensor('"dtype":"U8","shape":[9007199254740991,2],"data_offsets":[0,1]'), [1]),
      /overflows/,
    ],
    ["offsets beyond the data", fileOf(`{${u8("a", 0, 3)}}`, [1, 2]), /offsets 0–3 lie outside the 2 bytes/],
    ["offsets that run backwards", fileOf(tensor('"dtype":"U8","shape":[1],"data_offsets":[1,0]'), [1]), /lie outside/],
    [
      "a shape that needs other bytes than the offsets span",
      fileOf(tensor('"dtype":"F32","shape":[2],"data_offsets":[0,4]'), [1, 2, 3, 4]),
      /F32 \[2\] needs 8 bytes, its offsets span 4/,
    ],
    ["overlapping tensors", fileOf(`{${u8("a", 0, 2)},${u8("b", 1, 3)}}`, [1, 2, 3]), /"b" overlaps/],
    ["a hole between tensors", fileOf(`{${u8("a", 0, 1)},${u8("b", 2, 3)}}`, [1, 2, 3]), /"b" leaves a hole/],
    ["trailing bytes", fileOf(`{${u8("a", 0, 1)}}`, [1, 2, 3]), /3 bytes of data, of which tensors cover 1/],
  ];
  const others: [string, ArrayLike<number> | string][] = [
    ["a NumPy archive", "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\0images.npy"],
    ["a PyTorch checkpoint", "PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\x12\0archive/data.pkl"],
    ["a zip archive", "PK\x03\x04\x14\0\0\0a.txt"],
    ["a Python pickle", "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."],
    ["a NumPy array", "\x93NUMPY\x01\0v\0{'descr': '|u1'"],
    ["an HDF5 file", "\x89HDF\r\n\x1a\n"],
    ["a GGUF file", "GGUF\x03\0\0\0\0\0"],
    ["a PNG image", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
    ["a JPEG image", "\xff\xd8\xff\xe0\0\x10JFIF\0"],
    ["a GIF image", "GIF89a\x01\0\x01\0"],
    ["compressed (gzip)", "\x1f\x8b\x08\0\0\0\0\0\0\x03"],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0"],
    ["a web page", "\n<!DOCTYPE html><html>"],
    ["an index of a checkpoint in several files", '{\n  "metadata": {\n    "total_size": 1},\n  "weight_map"'],
    ["a JSON document", '[{"a": 1}, 2]'],
  ];
  it.each(others)("names %s, by its first bytes", (name, text) => {
    const error = thrownBy(() => readSafetensors(Buffer.from(String(text), "latin1"), "w.safetensors"));
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as CheckpointError).message).toContain(`w.safetensors: this is ${name}`);
    expect((error as CheckpointError).help).not.toBe("");
  });

  it.each(lies)("refuses %s", (_, bytes, message) => {
    const error = thrownBy(() => readSafetensors(bytes, "weights.safetensors"));
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as CheckpointError).message).toMatch(message);
    expect((error as CheckpointError).message).toMatch(/^weights\.safetensors: .*\n {2}help: /);
  });
});

describe("writeSafetensors", () => {
  it("writes the same bytes for any order of the tensors, the data aligned", () => {
    const bytes = writeSafetensors(entries);
    expect(writeSafetensors([...entries].reverse())).toEqual(bytes);
    for (const { dtype, data } of readSafetensors(bytes).tensors.values()) {
      if (dtype === "F32") expect(data.byteOffset % 4).toBe(0);
    }
  });

  it("round-trips any names and metadata", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "binary" })), fc.string({ unit: "binary" }), (names, text) => {
        const tensors = names
          .filter((name) => name !== "__metadata__")
          .map((name, i) => [name, { dtype: "U8", shape: [1], data: Uint8Array.of(i) } as StoredTensor] as const);
        const file = readSafetensors(writeSafetensors(tensors, [[text, text]]));
        expect(file.tensors).toEqual(new Map(tensors));
        expect(file.metadata).toEqual(new Map([[text, text]]));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it("refuses a name given twice, the reserved name, and data that do not fit the shape", () => {
    const labels: StoredTensor = { dtype: "U8", shape: [3], data: Uint8Array.of(7, 8, 9) };
    const twice: [string, StoredTensor][] = [
      ["a", labels],
      ["a", labels],
    ];
    expect(() => writeSafetensors(twice)).toThrow(/"a" is given twice/);
    expect(() => writeSafetensors([["__metadata__", labels]])).toThrow(/reserved/);
    expect(() => writeSafetensors([["a", { ...labels, shape: [4] }]])).toThrow(/needs 4 bytes, its data have 3/);
    expect(() => writeSafetensors([["a", { ...labels, shape: [-3, -1] }]])).toThrow(CheckpointError);
    const deep = { ...labels, shape: [3, ...new Array<number>(32).fill(1)] };
    expect(() => writeSafetensors([["a", deep]])).toThrow(/rank 33/);
  });

  it("refuses metadata that are no strings, which the reader would refuse", () => {
    const number = [["step", 5]] as unknown as [string, string][];
    expect(() => writeSafetensors([], number)).toThrow(/metadata "step" is number, not a string/);
    const long: [string, string] = ["note", "x".repeat(2 ** 20)];
    expect(() => writeSafetensors([], [long])).toThrow(/header of \d+ bytes for 0 bytes of data/);
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return null;
  } catch (error) {
    return error;
  }
}
