// The four tiny nets of the step fixtures, with the fixtures' parameter names.
import {
  BatchNorm2d,
  Classifier,
  Conv2d,
  GroupNorm,
  LayerNorm,
  Linear,
  Module,
  type Norm,
  normal,
  Parameter,
  Sequential,
} from "../nn/index.js";
import { ConfigError, cat, type Tensor } from "../tensor/index.js";

/** `arch` of a step fixture's json. */
export type FixtureArch =
  | { kind: "conv"; norm: "bn" | "gn"; groups?: number; in_channels: number; width: number; classes: number }
  | { kind: "mlp"; in_channels: number; size: number; hidden: [number, number]; classes: number }
  | {
      kind: "vit";
      in_channels: number;
      size: number;
      patch: number;
      dim: number;
      heads: number;
      depth: number;
      mlp_ratio: number;
      classes: number;
    };

/** The net that `arch` describes. Throws ConfigError for a kind that is not known. */
export function fixtureNet(arch: FixtureArch): Classifier {
  if (arch.kind === "conv") return new ConvNet(arch);
  if (arch.kind === "mlp") return new MlpNet(arch);
  if (arch.kind === "vit") return new VitNet(arch);
  throw new ConfigError(`fixture: unknown architecture ${JSON.stringify(arch)}`, "kinds are conv, mlp and vit");
}

type ConvArch = Extract<FixtureArch, { kind: "conv" }>;
type MlpArch = Extract<FixtureArch, { kind: "mlp" }>;
type VitArch = Extract<FixtureArch, { kind: "vit" }>;

const normFor = (arch: ConvArch, channels: number): Norm =>
  arch.norm === "bn" ? new BatchNorm2d(channels) : new GroupNorm(arch.groups ?? 1, channels);

/** conv → norm → relu → two residual blocks → mean over H, W → head. */
class ConvNet extends Classifier {
  readonly numFeatures: number;
  readonly numClasses: number;
  readonly conv1: Conv2d;
  readonly norm1: Norm;
  readonly layer1: Block;
  readonly layer4: Block;
  readonly head: Linear;

  constructor(arch: ConvArch) {
    super();
    const { width, classes } = arch;
    this.numFeatures = 2 * width;
    this.numClasses = classes;
    this.conv1 = new Conv2d(arch.in_channels, width, 3, { padding: 1, bias: false });
    this.norm1 = normFor(arch, width);
    this.layer1 = new Block(arch, width, width, 1);
    this.layer4 = new Block(arch, width, 2 * width, 2);
    this.head = new Linear(2 * width, classes);
  }

  features(images: Tensor): Tensor {
    const x = this.norm1.forward(this.conv1.forward(images)).relu();
    return this.layer4.forward(this.layer1.forward(x)).mean([2, 3]);
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

class Block extends Module {
  readonly conv1: Conv2d;
  readonly norm1: Norm;
  readonly conv2: Conv2d;
  readonly norm2: Norm;
  readonly down: Conv2d | null = null;
  readonly norm_down: Norm | null = null;

  constructor(arch: ConvArch, inChannels: number, outChannels: number, stride: number) {
    super();
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });
    this.norm1 = normFor(arch, outChannels);
    this.conv2 = new Conv2d(outChannels, outChannels, 3, { padding: 1, bias: false });
    this.norm2 = normFor(arch, outChannels);
    if (stride !== 1) {
      this.down = new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
      this.norm_down = normFor(arch, outChannels);
    }
  }

  forward(x: Tensor): Tensor {
    const skip = this.down && this.norm_down ? this.norm_down.forward(this.down.forward(x)) : x;
    const inner = this.norm1.forward(this.conv1.forward(x)).relu();
    return this.norm2.forward(this.conv2.forward(inner)).add(skip).relu();
  }
}

/** flatten → fc1 → LayerNorm → relu → fc2 → LayerNorm → gelu → head. */
class MlpNet extends Classifier {
  readonly numFeatures: number;
  readonly numClasses: number;
  readonly fc1: Linear;
  readonly norm1: LayerNorm;
  readonly fc2: Linear;
  readonly norm2: LayerNorm;
  readonly head: Linear;

  constructor({ in_channels, size, hidden: [first, second], classes }: MlpArch) {
    super();
    this.numFeatures = second;
    this.numClasses = classes;
    this.fc1 = new Linear(in_channels * size * size, first);
    this.norm1 = new LayerNorm(first);
    this.fc2 = new Linear(first, second);
    this.norm2 = new LayerNorm(second);
    this.head = new Linear(second, classes);
  }

  features(images: Tensor): Tensor {
    const flat = images.reshape([images.shape[0], -1]);
    const inner = this.norm1.forward(this.fc1.forward(flat)).relu();
    return this.norm2.forward(this.fc2.forward(inner)).gelu();
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

/** A vision transformer whose feature is its class token. */
class VitNet extends Classifier {
  readonly numFeatures: number;
  readonly numClasses: number;
  readonly patch_embed: PatchEmbed;
  readonly cls_token: Parameter;
  readonly pos_embed: Parameter;
  readonly blocks: Sequential;
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(arch: VitArch) {
    super();
    const { dim, size, patch, classes } = arch;
    this.numFeatures = dim;
    this.numClasses = classes;
    this.patch_embed = new PatchEmbed(arch);
    this.cls_token = new Parameter(normal([1, 1, dim], 0.02));
    this.pos_embed = new Parameter(normal([1, 1 + (size / patch) ** 2, dim], 0.02));
    this.blocks = new Sequential(...Array.from({ length: arch.depth }, () => new TransformerBlock(arch)));
    this.norm = new LayerNorm(dim, { eps: 1e-6 });
    this.head = new Linear(dim, classes);
  }

  features(images: Tensor): Tensor {
    const patches = this.patch_embed.forward(images);
    const token = this.cls_token.broadcastTo([images.shape[0], 1, this.numFeatures]);
    const x = this.blocks.forward(cat([token, patches], 1).add(this.pos_embed));
    return this.norm.forward(x.slice([null, [0, 1]])).reshape([-1, this.numFeatures]);
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

class PatchEmbed extends Module {
  readonly proj: Conv2d;

  constructor({ in_channels, dim, patch }: VitArch) {
    super();
    this.proj = new Conv2d(in_channels, dim, patch, { stride: patch });
  }

  /** `[B, C, H, W]` to tokens `[B, H/p · W/p, dim]`, row by row. */
  forward(images: Tensor): Tensor {
    const grid = this.proj.forward(images);
    return grid.reshape([grid.shape[0], grid.shape[1], -1]).permute([0, 2, 1]);
  }
}

class TransformerBlock extends Module {
  readonly norm1: LayerNorm;
  readonly attn: Attention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;

  constructor({ dim, heads, mlp_ratio }: VitArch) {
    super();
    this.norm1 = new LayerNorm(dim, { eps: 1e-6 });
    this.attn = new Attention(dim, heads);
    this.norm2 = new LayerNorm(dim, { eps: 1e-6 });
    this.mlp = new Mlp(dim, mlp_ratio * dim);
  }

  forward(x: Tensor): Tensor {
    const attended = x.add(this.attn.forward(this.norm1.forward(x)));
    return attended.add(this.mlp.forward(this.norm2.forward(attended)));
  }
}

class Attention extends Module {
  readonly qkv: Linear;
  readonly proj: Linear;

  constructor(
    readonly dim: number,
    readonly heads: number,
  ) {
    super();
    this.qkv = new Linear(dim, 3 * dim);
    this.proj = new Linear(dim, dim);
  }

  forward(x: Tensor): Tensor {
    const [batch, tokens] = x.shape;
    const size = this.dim / this.heads;
    const qkv = this.qkv.forward(x).reshape([batch, tokens, 3, this.heads, size]).permute([2, 0, 3, 1, 4]);
    const [q, k, v] = [0, 1, 2].map((i) => qkv.slice([[i, i + 1]]).reshape([batch, this.heads, tokens, size]));
    const [attended] = q.scaledDotProductAttention(k, v);
    return this.proj.forward(attended.permute([0, 2, 1, 3]).reshape([batch, tokens, this.dim]));
  }
}

class Mlp extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(dim: number, hidden: number) {
    super();
    this.fc1 = new Linear(dim, hidden);
    this.fc2 = new Linear(hidden, dim);
  }

  forward(x: Tensor): Tensor {
    return this.fc2.forward(this.fc1.forward(x).gelu());
  }
}
