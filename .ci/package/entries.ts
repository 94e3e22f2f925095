// A program of a user: every entry has its exports, all share one copy of the code, and an op can be declared outside.
import * as zerosiam from "zerosiam";
import { Stream } from "zerosiam/data";
import { Runner } from "zerosiam/experiments";
import { elementwise, OPS, of, ulp } from "zerosiam/kernels";
import * as nn from "zerosiam/nn";
import { apply, openDevice, Tensor, tensor } from "zerosiam/tensor";
import { ZeroSiam } from "zerosiam/zerosiam";

function check(ok: boolean, what: string): void {
  if (!ok) throw new Error(what);
}

check(
  zerosiam.Tensor === Tensor && zerosiam.ZeroSiam === ZeroSiam && zerosiam.Stream === Stream,
  "entries share one copy of the code",
);
check(OPS.length > 0 && nn.Module !== undefined && zerosiam.Runner === Runner, "every entry has its exports");
await openDevice();
const product: Tensor = tensor([[1, 2]]).matmul(tensor([[3], [4]]));
check((await product.item()) === 11, "the engine computes");

const cube = elementwise({
  name: "cube",
  doc: "x³",
  wgsl: "x * x * x",
  value: ([x = Number.NaN]) => x ** 3,
  saves: ["x"],
  vjp: (g, { x }) => [x ? g.mul(x.square()).mul(3) : null], // 3x²
  tolerance: ulp(2),
  samples: [of([3])],
});
const [cubed] = apply(cube, [tensor([1, 2])], []);
check((await cubed?.sum().item()) === 9, "an op of one's own runs");
