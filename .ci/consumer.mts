// A program of a user, for .ci/run: type-checked against the packed package and run on what it installs.
import assert from "node:assert/strict";
import * as zerosiam from "zerosiam";
import { OPS } from "zerosiam/kernels";
import * as nn from "zerosiam/nn";
import { openDevice, Tensor, tensor } from "zerosiam/tensor";
import { ZeroSiam } from "zerosiam/zerosiam";

assert.equal(zerosiam.Tensor, Tensor, "entries share one copy of the code");
assert.equal(zerosiam.ZeroSiam, ZeroSiam);
assert.ok(OPS.length > 0 && nn.Module);
await openDevice();
const product: Tensor = tensor([[1, 2]]).matmul(tensor([[3], [4]]));
assert.equal(await product.item(), 11);
