/** Compiles each kernel once per set of constants, asynchronously, and keeps pipelines and layouts for the device. */
import { STAGE_COMPUTE } from "./constants.ts";
import type { Binding, Dispatch } from "./dispatch.ts";

/** What the cache hands out: a pipeline and the layout its bind groups follow. */
export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #compiled = new Map<string, Promise<CompiledKernel>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of different pipelines made so far. */
  get size(): number {
    return this.#compiled.size;
  }

  /** The pipeline of a dispatch, compiled on first use. Rejects with the compiler's message. */
  compile(dispatch: Dispatch): Promise<CompiledKernel> {
    const signature = dispatch.bindings.map(accessOf).join("");
    const key = `${dispatch.kernel.name} ${signature} ${JSON.stringify(dispatch.constants)}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiled = this.#create(dispatch, signature, key);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  async #create(dispatch: Dispatch, signature: string, label: string): Promise<CompiledKernel> {
    const layout = this.#layout(signature);
    const pipeline = await this.#device.createComputePipelineAsync({
      label,
      layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: this.#module(dispatch), entryPoint: "main", constants: dispatch.constants },
    });
    return { pipeline, layout };
  }

  #module({ kernel }: Dispatch): GPUShaderModule {
    const known = this.#modules.get(kernel.name);
    if (known !== undefined) return known;
    const module = this.#device.createShaderModule({ label: kernel.name, code: kernel.code });
    this.#modules.set(kernel.name, module);
    return module;
  }

  /** Binding 0 is the uniform block; the others are storage, `r` read-only or `w` writable. */
  #layout(signature: string): GPUBindGroupLayout {
    const known = this.#layouts.get(signature);
    if (known !== undefined) return known;
    const storage = [...signature].map((access): GPUBufferBindingType =>
      access === "r" ? "read-only-storage" : "storage",
    );
    const types: GPUBufferBindingType[] = ["uniform", ...storage];
    const layout = this.#device.createBindGroupLayout({
      label: `u${signature}`,
      entries: types.map((type, binding) => ({ binding, visibility: STAGE_COMPUTE, buffer: { type } })),
    });
    this.#layouts.set(signature, layout);
    return layout;
  }
}

function accessOf(binding: Binding): "r" | "w" {
  return binding.kind === "inputs" || binding.access === "read" ? "r" : "w";
}
