// zerosiam: test-time adaptation that does not collapse, on a self-contained WebGPU tensor and autograd engine.
export * as nn from "./nn/index.js";
export * from "./tensor/index.js";
export * from "./zerosiam/index.js";
