// The random numbers in WGSL against those in JavaScript: u32 and uniforms bit for bit, normals within the tolerance.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device } from "../src/tensor/device/device.js";
import { randomNormal, randomU32, randomUniform, THREEFRY_WGSL, type Words } from "../src/tensor/rng.js";

const N = 1 << 16;
const KEY: Words = [0xdeadbeef, 77];
const CODE = `${THREEFRY_WGSL}
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let key = vec2u(${KEY[0]}u, ${KEY[1]}u);
  out[id.x] = randomU32(key, id.x);
  out[id.x + ${N}u] = bitcast<u32>(randomUniform(key, id.x));
  out[id.x + ${2 * N}u] = bitcast<u32>(randomNormal(key, id.x));
}`;

let device: Device;
let out: ArrayBuffer;
beforeAll(async () => {
  device = await Device.open();
  out = await run(device.gpu);
});
afterAll(() => device.destroy());

/** Runs CODE and reads its three streams of N words. */
async function run(gpu: GPUDevice): Promise<ArrayBuffer> {
  const size = 3 * N * 4;
  const results = gpu.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const copy = gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const compute = { module: gpu.createShaderModule({ code: CODE }) };
  const pipeline = await gpu.createComputePipelineAsync({ layout: "auto", compute });
  const layout = pipeline.getBindGroupLayout(0);
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, gpu.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: results } }] }));
  pass.dispatchWorkgroups(N / 64);
  pass.end();
  encoder.copyBufferToBuffer(results, 0, copy, 0, size);
  gpu.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  return copy.getMappedRange().slice(0);
}

describe("THREEFRY_WGSL", () => {
  it("gives the same u32 as JavaScript", () => {
    expect(Buffer.compare(Buffer.from(out, 0, N * 4), Buffer.from(randomU32(KEY, N).buffer))).toBe(0);
  });

  it("gives the same uniforms as JavaScript", () => {
    expect(Buffer.compare(Buffer.from(out, N * 4, N * 4), Buffer.from(randomUniform(KEY, N).buffer))).toBe(0);
  });

  it("gives normals within 4e-3: radius ≤ 5.8 times WGSL's 2⁻¹¹ for cos, and √2⁻²⁰ where log is near 0", () => {
    const got = new Float32Array(out, 2 * N * 4, N);
    const want = randomNormal(KEY, N);
    const worst = got.reduce((max, v, i) => Math.max(max, Math.abs(v - want[i])), 0);
    expect(got.every(Number.isFinite)).toBe(true);
    expect(worst).toBeLessThan(4e-3);
  });
});
