// What a file is that is no safetensors file, by its first bytes: so that an error can name it and say what to do.

interface Kind {
  /** With its article: "a PNG image". */
  readonly name: string;
  readonly help: string;
}

/** As many bytes of a file as `kindOf` looks at. */
export const KIND_BYTES = 256;

const WEIGHTS = "in Python: safetensors.torch.save_file(torch.load(PATH, weights_only=True), NEW), its state dict only";
const ARRAYS = "in Python: safetensors.numpy.save_file({'images': …, 'labels': …}, NEW)";
const IMAGES = "a stream file holds images U8 [N, H, W, C] and labels [N] as safetensors";
const FETCH = "fetch the file itself";

const starts =
  (text: string) =>
  (head: string): boolean =>
    head.startsWith(text);

/** Tried in order; `head` has one character for each byte. */
const KINDS: readonly (Kind & { readonly is: (head: string) => boolean })[] = [
  { name: "a NumPy archive (.npz)", help: ARRAYS, is: (head) => isZip(head) && /\.npy/.test(head) },
  { name: "a PyTorch checkpoint (.pt, .pth)", help: WEIGHTS, is: (head) => isZip(head) && /data\.pkl/.test(head) },
  { name: "a zip archive", help: "unpack it, and name the file in it", is: isZip },
  {
    name: "a Python pickle (.pkl, an old .pt or .pth)",
    help: WEIGHTS,
    is: (head) => head.startsWith("\x80") && head.charCodeAt(1) <= 5,
  },
  { name: "a NumPy array (.npy)", help: ARRAYS, is: starts("\x93NUMPY") },
  { name: "an HDF5 file (.h5)", help: "save the weights as safetensors", is: starts("\x89HDF\r\n") },
  { name: "a GGUF file", help: "take the model's safetensors", is: starts("GGUF") },
  { name: "a PNG image", help: IMAGES, is: starts("\x89PNG\r\n") },
  { name: "a JPEG image", help: IMAGES, is: starts("\xff\xd8\xff") },
  { name: "a GIF image", help: IMAGES, is: starts("GIF8") },
  { name: "compressed (gzip)", help: "unpack it first", is: starts("\x1f\x8b") },
  { name: "a Git LFS pointer", help: "fetch what it points to: git lfs pull", is: starts("version https://git-lfs") },
  {
    name: "a web page",
    help: `${FETCH}, not the page that shows it; where nothing is there, some servers answer with a page too`,
    is: (head) => /^\s*<(!doctype|html)/i.test(head),
  },
  {
    name: "an index of a checkpoint in several files (.index.json)",
    help: "name one of the .safetensors files that it lists",
    is: (head) => /^\s*\{/.test(head) && /"(weight_map|total_size)"/.test(head),
  },
  {
    name: "a JSON document",
    help: "name a .safetensors file",
    is: (head) => /^\s*[{[]/.test(head) && !head.includes("\0"),
  },
];

function isZip(head: string): boolean {
  return head.startsWith("PK\x03\x04");
}

/** What the file with these first bytes is; null where they tell nothing. */
export function kindOf(first: Uint8Array): Kind | null {
  const head = String.fromCharCode(...first.subarray(0, KIND_BYTES));
  return KINDS.find(({ is }) => is(head)) ?? null;
}
