// Streams of images: what is shown, in which order, how corrupted.
export { normalize } from "./normalize.js";
export { ORDER_NAMES, type Order } from "./order.js";
export type { Sample } from "./population.js";
export { type Batch, Stream, type StreamOptions } from "./stream.js";
