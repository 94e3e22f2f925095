// Neural networks: modules, layers, initialisation, optimisers, models and their files.
export * from "./init.js";
export {
  type Checkpoint,
  encodeTensors,
  type LoadOptions,
  loadTensors,
  loadWeights,
  saveTensors,
  type WeightOptions,
} from "./io/checkpoint.js";
export { toFloat32, toInt32, toStored } from "./io/convert.js";
export { saveSafetensors, writeFileAtomic } from "./io/file.js";
export { type OpenSafetensors, type OpenTensor, openSafetensors } from "./io/open.js";
export {
  readSafetensors,
  type Safetensors,
  type StoredDType,
  type StoredTensor,
  writeSafetensors,
} from "./io/safetensors.js";
export { type ByteSource, loadSafetensors } from "./io/source.js";
export { GELU, MaxPool2d, ReLU } from "./layers/activation.js";
export { BatchNorm2d, type BatchNormOptions } from "./layers/batchNorm.js";
export { Conv2d, type Conv2dOptions } from "./layers/conv2d.js";
export { Linear, type LinearOptions } from "./layers/linear.js";
export { GroupNorm, LayerNorm, Norm, type NormOptions } from "./layers/norm.js";
export { Classifier } from "./models/classifier.js";
export { DigitsNet } from "./models/digitsNet.js";
export {
  loadDigitsModel,
  loadModel,
  MODELS,
  type ModelEntry,
  modelEntry,
  type Normalization,
  registerModel,
} from "./models/registry.js";
export { ResNet20, type ResNet20Options } from "./models/resnet20.js";
export { Module, Sequential } from "./module.js";
export { Adam, type AdamOptions, AdamW } from "./optim/adam.js";
export { assignAll, checkRates, Optimizer, type Parameters, type Update } from "./optim/optimizer.js";
export { sharpen } from "./optim/sam.js";
export { SGD, type SGDOptions } from "./optim/sgd.js";
export { Parameter } from "./parameter.js";
export { assignState, type LoadReport, type MatchOptions } from "./state.js";
