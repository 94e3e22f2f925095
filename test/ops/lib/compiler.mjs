// Compiles WGSL without a GPU: kernels as JSON on stdin, those that fail as JSON on stdout. A process of its own, since
// Dawn wants one instance a process, and the tests beside it use another.
import { create } from "webgpu";

const gpu = create(["backend=null"]);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice({ requiredFeatures: ["subgroups", "shader-f16"] });
let text = "";
for await (const chunk of process.stdin) text += chunk;

const failures = [];
for (const { label, code } of JSON.parse(text)) {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  device.createComputePipeline({ layout: "auto", compute: { module } });
  const error = await device.popErrorScope();
  if (error) failures.push({ label, message: error.message });
}
process.stdout.write(JSON.stringify(failures), () => process.exit(gpu ? 0 : 1)); // `gpu` must live until here
