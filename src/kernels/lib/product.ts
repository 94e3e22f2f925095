// Choosing the tile of a product for the adapter at hand: what matmul, linear and the convolutions call.
import type { Caps, Dispatch } from "../../tensor/op.js";
import { registerTile } from "./registerTile.js";
import { subgroupTile } from "./subgroupTile.js";
import type { Product } from "./tile.js";

/** The launch of a product, tiled for the adapter. */
export function product(p: Product, caps: Caps): Dispatch {
  return caps.subgroupSize > 0 && caps.kind === "software" ? subgroupTile(p, caps.subgroupSize) : registerTile(p);
}
