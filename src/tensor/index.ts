// Tensors and autograd, with every operation installed as a method.
import { OPS } from "../kernels/index.js";
import { installMethods } from "./methods.js";

installMethods(OPS);

// For the declaration files, which drop imports of values: with this the ops' types come along.
export type {} from "../kernels/index.js";

export { type BackwardOptions, backward, grad, isRecording, noGrad } from "./autograd/backward.js";
export { describeGraph, type LeafNames } from "./autograd/describe.js";
export { type Differentiable, type GradcheckOptions, gradcheck } from "./autograd/gradcheck.js";
export { type Edge, GradNode, type NodeParts, type Saved } from "./autograd/graph.js";
export { arange, type CreateOptions, cat, eye, full, type NestedArray, ones, tensor, zeros } from "./create.js";
export { currentDevice, deviceOf, openDevice, setCurrentDevice, withDevice } from "./current.js";
export type { AdapterWay, OpenGpuOptions } from "./device/adapter/describe.js";
export { type AdapterSummary, listAdapters } from "./device/adapter/index.js";
export type { Caps } from "./device/caps.js";
export { Device, type DeviceStats } from "./device/device.js";
export type { KernelSource } from "./device/pipelines.js";
export type { PoolStats } from "./device/pool.js";
export type { KernelTime } from "./device/profiler.js";
export type { AdapterInfo, DeviceOptions } from "./device/request.js";
export type { DeviceWarning } from "./device/warn.js";
export type { DType, TypedArray } from "./dtype.js";
export * from "./errors.js";
export { memory } from "./memory.js";
export { Rng, type RngState, type Words } from "./rng.js";
export { apply } from "./run.js";
export { keep, scope } from "./scope.js";
export { formatShape, type Shape, sizeOf } from "./shape.js";
export type { Storage } from "./storage.js";
export { Tensor } from "./tensor.js";
