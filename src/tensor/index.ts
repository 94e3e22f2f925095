// Tensors and autograd, with every operation installed as a method.
import { OPS } from "../kernels/index.js";
import { installMethods } from "./methods.js";

installMethods(OPS);

// For the declaration files, which drop imports of values: with this the ops' types come along.
export type {} from "../kernels/index.js";

export { type BackwardOptions, backward, grad, isRecording, noGrad } from "./autograd/backward.js";
export { describeGraph, type LeafNames } from "./autograd/describe.js";
export { type GradcheckOptions, gradcheck } from "./autograd/gradcheck.js";
export { type Edge, GradNode } from "./autograd/graph.js";
export { arange, type CreateOptions, cat, eye, full, type NestedArray, ones, tensor, zeros } from "./create.js";
export { currentDevice, openDevice, setCurrentDevice } from "./current.js";
export { type AdapterSummary, listAdapters } from "./device/adapter/index.js";
export { type AdapterInfo, Device, type DeviceOptions } from "./device/device.js";
export type { DType, TypedArray } from "./dtype.js";
export * from "./errors.js";
export { memory } from "./memory.js";
export { Rng, type RngState } from "./rng.js";
export { keep, scope } from "./scope.js";
export { formatShape, type Shape, sizeOf } from "./shape.js";
export { Tensor } from "./tensor.js";
