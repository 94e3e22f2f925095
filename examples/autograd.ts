// Gradients, and who frees what: scope, keep, using.
import { backward, describeGraph, grad, keep, memory, noGrad, openDevice, scope, type Tensor, tensor } from "zerosiam";

await openDevice();

const w = tensor([0.5, -1, 2]).setRequiresGrad(true); // a leaf that wants a gradient
const x = tensor([1, 2, 3]);

const loss = w.mul(x).tanh().square().sum();
console.log(describeGraph(loss, new Map([["w", w]])));
backward(loss);
console.log("dL/dw", await w.grad?.data());

const [again] = grad(w.mul(x).sum(), [w]); // the same without touching .grad
console.log("d(Σwx)/dw = x:", await again.data());

const target = w.mul(x).stopGradient(); // a constant of whatever follows, and a node that describeGraph shows
const [through] = grad(w.sub(target).square().sum(), [w]);
console.log("only through the first w:", await through.data());

const constant = noGrad(() => w.mul(2)); // not recorded at all
console.log(constant.requiresGrad); // false

clearGradient(w);
const before = memory().tensors;
for (let step = 0; step < 3; step++) {
  // What is made inside is freed at the end, but for what is returned or kept.
  const value = scope(() => {
    const error = w.sub(1).square().sum();
    backward(error);
    if (w.grad) w.assign(w.detach().sub(w.grad.mul(0.1)));
    clearGradient(w);
    return error.detach();
  });
  console.log("step", step, "loss", await value.item());
  value.dispose();
}
console.log("tensors left behind:", memory().tensors - before); // 0

const kept: Tensor[] = [];
scope(() => {
  kept.push(keep(w.square())); // survives the scope: dispose() it yourself
});
for (const tensor of kept) {
  console.log(await tensor.data());
  tensor.dispose();
}

{
  using sum = w.sum(); // freed at the end of the block
  console.log(await sum.item());
}

function clearGradient(leaf: Tensor): void {
  leaf.grad?.dispose();
  leaf.grad = null;
}
