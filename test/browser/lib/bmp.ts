// A picture file that browsers read, in a dozen lines: Windows' bitmap, uncompressed.
import { type ImageSet, imageAt } from "../../../src/data/imageSet.js";

/** Image `index` of a set of 28 × 28 grey ones. */
export function grey28(set: ImageSet, index: number): Buffer {
  const side = 28;
  const header = Buffer.alloc(54);
  header.write("BM");
  const fields = [
    [54, 10],
    [40, 14],
    [side, 18],
    [-side, 22],
  ]; // where pixels start, size of the rest, width, rows from the top
  for (const [value, at] of fields) header.writeInt32LE(value, at);
  header.writeUInt16LE(1, 26); // planes
  header.writeUInt16LE(24, 28); // bits a pixel; rows of 84 bytes need no padding
  header.writeInt32LE(header.length + 3 * side * side, 2);
  return Buffer.concat([header, ...Array.from(imageAt(set, index), (grey) => Buffer.of(grey, grey, grey))]);
}
