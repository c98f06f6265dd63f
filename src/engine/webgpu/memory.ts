/** Counts every GPU buffer of an executor and reuses the ones that results are read through. */
import { BufferUsage, MAP_READ } from "./constants.ts";

/** Makes labelled buffers and knows how many bytes are alive. */
export class Memory {
  readonly #device: GPUDevice;
  readonly #staging: GPUBuffer[] = [];
  #bytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of all buffers not yet released. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A zeroed buffer of at least `bytes`, a multiple of 4. */
  create(label: string, bytes: number, usage: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4);
    const { maxBufferSize } = this.#device.limits;
    if (size > maxBufferSize) {
      throw new Error(`"${label}" needs ${size} bytes; this device allows ${maxBufferSize} per buffer. Use a smaller batch or model.`);
    }
    this.#bytes += size;
    return this.#device.createBuffer({ label, size, usage });
  }

  /** Destroys a buffer; work already submitted still finishes. */
  release(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    buffer.destroy();
  }

  /** A mappable buffer of at least `bytes`, a used one where one is free. */
  takeStaging(bytes: number): GPUBuffer {
    const index = this.#staging.findIndex((buffer) => buffer.size >= bytes);
    const [found] = index < 0 ? [] : this.#staging.splice(index, 1);
    return found ?? this.create("staging", bytes, BufferUsage.MAP_READ | BufferUsage.COPY_DST);
  }

  /** Waits for the copies into a staging buffer and returns its first `bytes`; the buffer becomes free again. */
  async readStaging(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    if (bytes > 0) await buffer.mapAsync(MAP_READ, 0, Math.ceil(bytes / 4) * 4);
    const copy = bytes > 0 ? buffer.getMappedRange(0, Math.ceil(bytes / 4) * 4).slice(0, bytes) : new ArrayBuffer(0);
    buffer.unmap();
    this.#staging.push(buffer);
    return copy;
  }

  /** Releases the staging buffers that are free. */
  trim(): void {
    for (const buffer of this.#staging.splice(0)) this.release(buffer);
  }
}
