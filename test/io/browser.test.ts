// What stands in for files in browsers: all that cannot work there is refused by name, with what to do instead.
import { expect, it } from "vitest";
import { assetPath } from "../../src/nn/io/assets.browser.js";
import { pathOf, saveSafetensors, writeFileAtomic } from "../../src/nn/io/file.browser.js";
import { openSafetensors } from "../../src/nn/io/open.browser.js";

it.each([
  ["saveSafetensors", () => saveSafetensors("w.safetensors"), "w.safetensors", "nn.writeSafetensors()"],
  ["writeFileAtomic", () => writeFileAtomic("w.safetensors"), "w.safetensors", "nn.encodeTensors()"],
  ["openSafetensors", () => openSafetensors("images.safetensors"), "images.safetensors", "loadImageSet"],
  ["a file: URL", async () => pathOf(new URL("file:///w")), "file:///w", "<input type=file>"],
  ["assetPath in a bundle", () => assetPath("digits.safetensors"), "assets/digits.safetensors", "?url"],
])("%s is refused", async (_, call, what, remedy) => {
  await expect(call()).rejects.toMatchObject({
    name: "CheckpointError",
    message: expect.stringContaining(what),
    help: expect.stringContaining(remedy),
  });
});
