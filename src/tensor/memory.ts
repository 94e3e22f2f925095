// What is alive: tensors, graph nodes, buffers and bytes.

import { liveNodeCount } from "./autograd/graph.js";
import { constantCount } from "./create.js";
import { checkDevice, currentDevice } from "./current.js";
import type { Device } from "./device/device.js";
import { liveTensorCount } from "./tensor.js";

/** Counts of one device's buffers, and of all live tensors (cached scalars aside) and graph nodes. Throws DeviceError when no device is open. */
export function memory(device: Device = currentDevice()) {
  checkDevice("memory", device);
  return { tensors: liveTensorCount() - constantCount(), nodes: liveNodeCount(), ...device.stats };
}
