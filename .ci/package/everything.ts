// A program of a user that calls every op, layer, model, optimiser and method; names.mjs holds that none is left out.
import {
  ones as allOnes,
  zeros as allZeros,
  arange,
  backward,
  cat,
  createMethod,
  eye,
  full,
  grad,
  keep,
  METHODS,
  nn,
  noGrad,
  openDevice,
  scope,
  type Tensor,
  tensor,
} from "zerosiam";

await openDevice();

const a = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const b = tensor([
  [2, 2, 2],
  [3, 3, 3],
]);
const index = tensor([0, 1], null, { dtype: "i32" });
const images = tensor(new Float32Array(2 * 4 * 8 * 8).fill(0.5), [2, 4, 8, 8]);
const filters = tensor(new Float32Array(4 * 4 * 3 * 3).fill(0.1), [4, 4, 3, 3]);
const ones = tensor([1, 1, 1, 1]);
const zeros = tensor([0, 0, 0, 0]);
const key = tensor([1, 2], null, { dtype: "u32" });
const mask = a.gt(b).logicalAnd(a.ne(3)).logicalOr(a.eq(b).logicalNot());

const ops: readonly Tensor[] = [
  ...[a.abs(), a.cos(), a.erf(), a.exp(), a.floor(), a.gelu("tanh"), a.log(), a.neg(), a.reciprocal(), a.relu()],
  ...[a.round(), a.rsqrt(), a.sigmoid(), a.sign(), a.silu(), a.sin(), a.softplus(2), a.sqrt(), a.square(), a.tanh()],
  ...[a.add(1), a.sub(b), a.mul(2), a.div(b), a.pow(2), a.maximum(b), a.minimum(3), a.clamp(0, 4), a.clamp(null, 1)],
  ...[a.ge(b), a.gt(2), a.le(b), a.lt(b), a.ne(b), a.eq(1), a.isFinite(), mask, mask.where(a, 0), a.cast("i32")],
  ...[a.sum(), a.sum(1, true), a.mean([0, 1]), a.max(0), a.min(), a.var(1), a.logsumexp(1), a.argmax(1)],
  ...[a.softmax(1), a.logSoftmax(), a.softmaxEntropy(), a.klDivergence(b), a.symmetricKL(b, 1)],
  ...[a.crossEntropy(index), a.logSoftmax().nllLoss(index)],
  ...[a.reshape([3, 2]), a.permute([1, 0]), a.transpose(0, 1), a.broadcastTo([4, 2, 3]), a.flip(1), a.tril()],
  ...[
    a.pad(
      [
        [1, 0],
        [0, 2],
      ],
      7,
    ),
    a.slice([[0, 1], null]),
    a.concat([b], 0),
    a.stopGradient(),
  ],
  ...[a.indexSelect(index), a.indexAdd(index, 0, 3), a.embedding(index)],
  ...[
    a.gather(tensor([[0], [2]], null, { dtype: "i32" }), 1),
    b.scatterAdd(
      tensor(
        [
          [0, 1, 2],
          [2, 1, 0],
        ],
        null,
        { dtype: "i32" },
      ),
      1,
      [2, 3],
    ),
  ],
  ...[a.matmul(b.transpose()), a.linear(b), images.conv2d(filters, ones, { padding: 1 })],
  ...[images.avgPool2d(2), images.adaptiveAvgPool2d([1, 2]), ...images.maxPool2d(2)],
  ...[
    ...images.batchNorm(ones, zeros),
    images.batchNormEval(zeros, ones),
    ...images.groupNorm(ones, zeros, { groups: 2 }),
  ],
  ...[...a.layerNorm(), ...a.rmsNorm(), ...images.scaledDotProductAttention(images, images)],
  ...[images.rotaryEmbedding(1, 0), key.randomNormal([3]), key.randomUniform([3])],
];
for (const result of ops) if (!(await result.data()).every((v) => !Number.isNaN(v))) throw new Error(`${result}: NaN`);

// What only the engine calls is there, and not among a user's methods.
// @ts-expect-error
a.softmaxBackward(b, 1);

class Net extends nn.Classifier {
  readonly numFeatures = 4;
  readonly numClasses = 3;
  readonly body = new nn.Sequential(
    new nn.Conv2d(4, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.GroupNorm(2, 4),
    new nn.GELU(),
  );
  readonly norm = new nn.LayerNorm(4);
  readonly fc = new nn.Linear(4, 3);

  features(x: Tensor): Tensor {
    return this.norm.forward(this.body.forward(x).mean([2, 3]));
  }

  classify(features: Tensor): Tensor {
    return this.fc.forward(features);
  }
}

const net = new Net();
for (const Kind of [nn.SGD, nn.Adam, nn.AdamW]) {
  const optimizer = new Kind(net.namedParameters(), { lr: 1e-3 });
  scope(() => {
    backward(net.forward(images).crossEntropy(index));
    optimizer.step();
    optimizer.zeroGrad();
  });
  optimizer.dispose();
}
const bytes = await nn.encodeTensors(net.stateDict(), [["trained", "a little"]]);
await nn.loadWeights(net, new Blob([bytes]));
new nn.DigitsNet().dispose();
new nn.ResNet20({ norm: (channels) => new nn.GroupNorm(8, channels) }).dispose();

for (const name of METHODS) {
  const method = createMethod(name, new Net(), { lr: 1e-3, lrPredictor: 1e-3 });
  const { logits, metrics } = method.step(images);
  const values: number = (await logits.data()).length;
  if (values !== 6 || !(await metrics.read())) throw new Error(`${name}: no answer`);
  method.reset();
  method.loadState(method.state());
  method.dispose();
}

const kept = scope(() => keep(noGrad(() => cat([eye(2), full([2, 2], 3), allOnes([2, 2]), allZeros([2, 2])]))));
const three = arange(3).setRequiresGrad(true);
const [slope] = grad(three.square().sum(), [three]);
if (kept.shape[0] !== 8 || slope.shape[0] !== 3) throw new Error("wrong shapes");
