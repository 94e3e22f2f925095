// Images: sets of them, the digits, corruptions, and the streams that methods see.
export type { Params } from "./corruptions/corruption.js";
export {
  CORRUPTION_NAMES,
  CORRUPTIONS,
  type Corruption,
  type CorruptionName,
  corrupt,
  type Severity,
} from "./corruptions/index.js";
export { type DigitsPart, loadDigits } from "./digits.js";
export {
  type ImageSet,
  type ImageSource,
  loadImageSet,
  type MadeImages,
  type OpenImages,
  openImageSet,
} from "./imageSet.js";
export { noiseImages } from "./noise.js";
export * from "./streams/index.js";
