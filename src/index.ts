// zerosiam: test-time adaptation that resists collapse, on a self-contained WebGPU tensor and autograd engine.
export * as nn from "./nn/index.js";
export * from "./tensor/index.js";
export * from "./zerosiam/index.js";
