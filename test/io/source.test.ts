// Weights from everywhere: a path, an address, a Blob or File, bytes, and back to bytes.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadDigits, loadImageSet } from "../../src/data/index.js";
import { type ByteSource, encodeTensors, loadDigitsModel, loadSafetensors, loadTensors } from "../../src/nn/index.js";
import { openDevice, tensor } from "../../src/tensor/index.js";

const PATH = resolve("assets/digits.safetensors");
let bytes: Uint8Array<ArrayBuffer>;
let server: Server;
let origin = "";

beforeAll(async () => {
  await openDevice();
  bytes = new Uint8Array(await readFile(PATH));
  server = createServer(({ url }, response) => {
    response.setHeader("connection", "close"); // on a busy machine a kept one may close while it is taken again
    if (url === "/weights") response.end(bytes);
    else response.writeHead(404).end("<html>not here</html>");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

const SOURCES: Record<string, () => ByteSource> = {
  "a file: URL": () => pathToFileURL(PATH),
  "an address": () => `${origin}/weights`,
  "a URL": () => new URL(`${origin}/weights`),
  "a Blob": () => new Blob([bytes]),
  "a File": () => new File([bytes], "digits.safetensors"),
  "an ArrayBuffer": () => bytes.buffer,
  "a Uint8Array inside a larger buffer": () => {
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    return larger.subarray(3);
  },
};

it.each(Object.keys(SOURCES))("weights come from %s as from a path", async (kind) => {
  const want = (await loadDigitsModel()).stateDict();
  const got = (await loadDigitsModel(SOURCES[kind]())).stateDict();
  expect([...got.keys()]).toEqual([...want.keys()]);
  for (const [name, value] of want) expect(await got.get(name)?.data()).toEqual(await value.data());
});

it("tensors go to bytes and come back", async () => {
  const encoded = await encodeTensors(new Map([["a", tensor([[1, 2]])]]), [["step", "5"]]);
  const { tensors, metadata } = await loadTensors(encoded);
  expect(await tensors.get("a")?.data()).toEqual(Float32Array.of(1, 2));
  expect(metadata.get("step")).toBe("5");
});

it("images come from bytes", async () => {
  const set = await loadImageSet(new Blob([new Uint8Array(await readFile("assets/digits-validation.safetensors"))]));
  expect(set.images).toEqual((await loadDigits("validation")).images);
});

it.each([
  ["an address that answers with no file", () => `${origin}/nowhere`, /\/nowhere: the server answers 404/],
  ["an address that nobody answers", () => "http://127.0.0.1:1/w", /127\.0\.0\.1:1\/w: cannot be fetched/],
  ["a File of another kind", () => new File(["GIF89a…"], "cat.gif"), /^cat\.gif: /],
])("%s is a CheckpointError that names it", async (_, source, message) => {
  await expect(loadSafetensors(source())).rejects.toMatchObject({
    name: "CheckpointError",
    message: expect.stringMatching(message),
    help: expect.stringMatching(/./),
  });
});

it.each([[null], [undefined], [3], [{}], [[]], [new Float32Array(2)]])("%o is no source", async (source) => {
  await expect(loadSafetensors(source as unknown as ByteSource)).rejects.toMatchObject({ name: "ConfigError" });
});
