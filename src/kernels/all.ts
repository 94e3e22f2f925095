// Every operation, a line each.
export { add } from "./add.js";
export { broadcastTo } from "./broadcastTo.js";
export { mean } from "./mean.js";
export { mul } from "./mul.js";
export { reshape } from "./reshape.js";
export { stopGradient } from "./stopGradient.js";
export { sum } from "./sum.js";
