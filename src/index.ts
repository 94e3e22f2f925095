// zerosiam: test-time adaptation that resists collapse, on a self-contained WebGPU tensor and autograd engine.
export * from "./data/index.js";
export * from "./experiments/index.js";
export * as nn from "./nn/index.js";
export {
  loadDigitsModel,
  loadModel,
  MODELS,
  type ModelEntry,
  modelEntry,
  type Normalization,
  registerModel,
} from "./nn/index.js";
export * from "./tensor/index.js";
export * from "./zerosiam/index.js";
