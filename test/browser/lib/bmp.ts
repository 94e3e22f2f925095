// A picture file that browsers read, in a dozen lines: Windows' bitmap, uncompressed.
import { type ImageSet, imageAt } from "../../../src/data/imageSet.js";

/** Image `index` of a set of 28 × 28 grey ones. */
export function grey28(set: ImageSet, index: number): Buffer {
  const side = 28;
  const header = Buffer.alloc(54);
  header.write("BM");
  header.writeInt32LE(54 + 3 * side * side, 2); // bytes of the file
  header.writeInt32LE(54, 10); // where its pixels start
  header.writeInt32LE(40, 14); // bytes of the rest of the header
  header.writeInt32LE(side, 18);
  header.writeInt32LE(-side, 22); // rows from the top
  header.writeUInt16LE(1, 26); // planes
  header.writeUInt16LE(24, 28); // bits a pixel; rows of 84 bytes need no padding
  return Buffer.concat([header, ...Array.from(imageAt(set, index), (grey) => Buffer.of(grey, grey, grey))]);
}
