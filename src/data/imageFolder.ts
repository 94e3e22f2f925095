// The images of `--data`: one stream file, or all stream files of a folder and its folders in the order of their names.
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, helpFor } from "../nn/io/cause.js";
import { modelEntry } from "../nn/models/registry.js";
import { CheckpointError } from "../tensor/index.js";
import { type ImageSource, isLabelled, type MadeImages, type OpenImages, openImageSet } from "./imageSet.js";

/** Images of one file or several, one after another. */
export interface OpenFolder extends OpenImages {
  /** The images of each file, by its name. They are open as long as the whole is. */
  readonly files: ReadonlyMap<string, MadeImages>;
}

/**
 * Opens them: the images stay on the disk until they are shown.
 * Throws CheckpointError when nothing is there, a file is malformed, or the images differ in size.
 */
export async function openImages(path: string): Promise<OpenFolder> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false, // reading it as a file tells the reason
  );
  if (!isFolder) {
    const set = await openImageSet(path);
    return { ...set, files: new Map([[basename(path), set]]) };
  }
  const names = (await streamFiles(path)).sort(compareNames);
  if (names.length === 0) {
    throw new CheckpointError(
      `${path}: no .safetensors file in this folder`,
      "name a stream file, or a folder of them",
    );
  }
  const sets: OpenImages[] = [];
  try {
    for (const name of names) sets.push(await openImageSet(join(path, name)));
    return concatenate(path, names, sets);
  } catch (error) {
    for (const set of sets) set[Symbol.dispose]();
    throw error;
  }
}

/** Paths below `folder`. Hidden files are none of a person's: `._a.safetensors` is what macOS notes about `a`. */
async function streamFiles(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await list(join(folder, below))) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`; // on every system, as names are sorted by it
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) found.push(...(await streamFiles(folder, name)));
    else if (/\.safetensors$/i.test(entry.name)) found.push(name);
  }
  return found;
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new CheckpointError(`${folder}: cannot be read (${describe(cause)})`, helpFor(cause), { cause });
  }
}

/** Numbers in names by their size, all else by code units: part9 before part10, the same on every machine. */
function compareNames(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.split(/(\d+)/));
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const bySize = i % 2 === 1 ? Number(left[i]) - Number(right[i]) : 0; // digits stand at odd places
    if (bySize !== 0) return bySize;
    if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return left.length - right.length;
}

function concatenate(path: string, names: readonly string[], sets: readonly OpenImages[]): OpenFolder {
  const [{ height, width, channels }] = sets;
  const sizeOf = (set: OpenImages): string => `${set.height} × ${set.width} × ${set.channels}`;
  const odd = sets.findIndex((set) => sizeOf(set) !== sizeOf(sets[0]));
  if (odd >= 0) {
    const clash = `${names[0]} has images of ${sizeOf(sets[0])}, ${names[odd]} of ${sizeOf(sets[odd])}`;
    throw new CheckpointError(`${path}: ${clash}`, "a stream has images of one size");
  }
  const labels = new Int32Array(sets.reduce((sum, { count }) => sum + count, 0));
  const starts: number[] = [];
  let at = 0;
  for (const set of sets) {
    starts.push(at);
    labels.set(set.labels, at);
    at += set.count;
  }
  const make = (index: number): Uint8Array => {
    const file = starts.findLastIndex((start) => start <= index);
    return sets[file].make(index - starts[file]);
  };
  const close = (): void => {
    for (const set of sets) set[Symbol.dispose]();
  };
  const files = new Map(names.map((name, i) => [name, sets[i]]));
  return { count: at, height, width, channels, labels, make, files, [Symbol.dispose]: close };
}

/** Throws CheckpointError for images of which none has a label. */
export function checkLabelled(path: string, set: ImageSource): void {
  if (isLabelled(set)) return;
  throw new CheckpointError(
    `${path}: the images have no labels`,
    "accuracy wants them: add labels [N], U8, I32 or I64",
  );
}

/** Throws CheckpointError unless the images have the input shape of the model `name`. */
export function checkSize(path: string, set: ImageSource, name: string): void {
  const { inputShape } = modelEntry(name);
  const shape = [set.channels, set.height, set.width];
  if (String(shape) !== String(inputShape)) {
    throw new CheckpointError(
      `${path}: images are [${shape.join(", ")}], but ${name} takes [${inputShape.join(", ")}]`,
      "channels, height, width: scale the images beforehand, or choose another model",
    );
  }
}

/** Throws CheckpointError unless the images have the input shape of the model `name`, and labels, if any, its classes. */
export function checkImages(path: string, set: ImageSource, name: string): void {
  checkSize(path, set, name);
  const { classes } = modelEntry(name);
  const odd = set.labels.findIndex((label) => label >= classes.length);
  if (odd < 0) return;
  throw new CheckpointError(
    `${path}: label ${odd} is ${set.labels[odd]}, but ${name} has ${classes.length} classes`,
    `labels are class indices from 0 to ${classes.length - 1}`,
  );
}
