// Malformed safetensors files: refused by type, or what reads the same when it is written again.
import fc from "fast-check";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../../../src/nn/io/safetensors.js";
import { CheckpointError } from "../../../../src/tensor/errors.js";
import type { AttackOptions, Counts } from "./attack.js";

const ENTRIES: readonly [string, StoredTensor][] = [
  ["conv.weight", { dtype: "F32", shape: [2, 3], data: new Uint8Array(24).map((_, i) => i) }],
  ["labels", { dtype: "U8", shape: [3], data: Uint8Array.of(7, 8, 9) }],
  ["empty", { dtype: "I64", shape: [4, 0], data: new Uint8Array(0) }],
];

/** Mutates a good file; throws fast-check's report of the first mutant that does harm. */
export async function readMalformed({ runs, seed }: AttackOptions): Promise<Counts> {
  const valid = writeSafetensors(ENTRIES, [["k", "v"]]);
  const headerEnd = 8 + Number(new DataView(valid.buffer).getBigUint64(0, true));
  const edit = fc.record({ at: fc.nat(headerEnd - 1), byte: fc.nat(255) });
  // Bytes of JSON's own alphabet reach deeper than random ones.
  const jsonEdit = fc.record({ at: fc.nat(headerEnd - 1), byte: fc.constantFrom(...Buffer.from('0129-e.,:"[]{} ')) });
  const mutation = fc.record({
    edits: fc.array(fc.oneof(edit, jsonEdit), { maxLength: 3 }),
    cut: fc.option(fc.nat(valid.length), { freq: 1 }), // as often none: what is short is refused before it is looked into
    extra: fc.oneof(fc.constant([]), fc.uint8Array({ maxLength: 3 })),
  });
  const counts = { "refused by type": 0, "read and written again": 0 };
  const property = fc.property(mutation, ({ edits, cut, extra }) => {
    const bytes = Uint8Array.of(...valid.subarray(0, cut ?? valid.length), ...extra);
    for (const { at, byte } of edits) if (at < bytes.length) bytes[at] = byte;
    const file = read(bytes);
    counts[file === null ? "refused by type" : "read and written again"]++;
    if (file === null) return true;
    const again = read(writeSafetensors(file.tensors, file.metadata));
    return again !== null && textOf(again) === textOf(file);
  });
  fc.assert(property, { numRuns: runs, seed });
  return counts;
}

/** Null where the file is refused by type. */
function read(bytes: Uint8Array) {
  try {
    return readSafetensors(bytes);
  } catch (error) {
    if (error instanceof CheckpointError) return null;
    throw error;
  }
}

/** Names, dtypes, shapes, bytes and metadata, in the order of names. */
function textOf({ tensors, metadata }: ReturnType<typeof readSafetensors>): string {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted.map(([name, t]) => [name, t.dtype, t.shape, [...t.data]]), [...metadata].sort()]);
}
