// A program of a user: every entry has its exports, and all share one copy of the code.
import * as zerosiam from "zerosiam";
import { Stream } from "zerosiam/data";
import { Runner } from "zerosiam/experiments";
import { defineOp, elementwise, OPS } from "zerosiam/kernels";
import * as nn from "zerosiam/nn";
import { openDevice, Tensor, tensor } from "zerosiam/tensor";
import { ZeroSiam } from "zerosiam/zerosiam";

function check(ok: boolean, what: string): void {
  if (!ok) throw new Error(what);
}

check(
  zerosiam.Tensor === Tensor && zerosiam.ZeroSiam === ZeroSiam && zerosiam.Stream === Stream,
  "entries share one copy of the code",
);
check(
  OPS.length > 0 &&
    defineOp !== undefined &&
    elementwise !== undefined &&
    nn.Module !== undefined &&
    zerosiam.Runner === Runner,
  "every entry has its exports",
);
await openDevice();
const product: Tensor = tensor([[1, 2]]).matmul(tensor([[3], [4]]));
check((await product.item()) === 11, "the engine computes");
