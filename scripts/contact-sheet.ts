// Draws every corruption at every severity on one PNG, to look at: npm run contact-sheet [FILE]
import { deflateSync } from "node:zlib";
import { CORRUPTION_NAMES, corrupt, type Severity } from "../src/data/corruptions/index.js";
import { loadDigits } from "../src/data/digits.js";
import { writeFileAtomic } from "../src/nn/io/file.js";
import { Rng } from "../src/tensor/rng.js";

const SIZE = 28;
const ZOOM = 2;
const SAMPLES = 4; // digits shown of each severity

/** A grey PNG: signature, header, deflated rows with filter 0, end. */
function encodePng(pixels: Uint8Array, width: number): Uint8Array {
  const height = pixels.length / width;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND")]);
}

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Copies an image into the sheet, enlarged. */
function paste(sheet: Uint8Array, width: number, image: Uint8Array, left: number, top: number): void {
  for (let y = 0; y < SIZE * ZOOM; y++) {
    for (let x = 0; x < SIZE * ZOOM; x++) {
      sheet[(top + y) * width + left + x] = image[Math.floor(y / ZOOM) * SIZE + Math.floor(x / ZOOM)];
    }
  }
}

const path = process.argv[2] ?? "contact-sheet.png";
const { images } = await loadDigits("validation");
const cell = SIZE * ZOOM + 2;
const width = (5 * SAMPLES + 1) * cell;
const sheet = new Uint8Array(width * CORRUPTION_NAMES.length * cell).fill(128);
const rng = new Rng(0);
for (const [row, name] of CORRUPTION_NAMES.entries()) {
  for (let column = 0; column <= 5 * SAMPLES; column++) {
    const severity = Math.ceil(column / SAMPLES);
    const index = (row + (column % SAMPLES)) % 1000;
    const clean = images.slice(index * SIZE * SIZE, (index + 1) * SIZE * SIZE);
    const image = severity === 0 ? clean : corrupt(clean, name, severity as Severity, rng.fork(name).fork(column));
    paste(sheet, width, image, column * cell, row * cell);
  }
}
await writeFileAtomic(path, encodePng(sheet, width));
console.log(`${path}: rows ${CORRUPTION_NAMES.join(", ")}; first column clean, then severities 1 to 5`);
