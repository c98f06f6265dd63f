/** Counts every GPU buffer of an executor and reuses the ones that results are read through. */
import { alignUp, BufferUsage, MAP_READ } from "./constants.ts";

/** Makes labelled buffers and knows how many bytes are alive. */
export class Memory {
  readonly #device: GPUDevice;
  readonly #staging: GPUBuffer[] = [];
  #bytes = 0;
  #closed = false;

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
      throw new Error(
        `"${label}" needs ${size} bytes; this device allows ${maxBufferSize} per buffer. Use a smaller batch or model.`,
      );
    }
    this.#bytes += size;
    return this.#device.createBuffer({ label, size, usage });
  }

  /** Destroys a buffer; work already submitted still finishes. */
  release(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    buffer.destroy();
    this.#trimIfAlone();
  }

  /** A mappable buffer of at least `bytes`, a used one where one is free. */
  takeStaging(bytes: number): GPUBuffer {
    const index = this.#staging.findIndex((buffer) => buffer.size >= bytes);
    const [found] = index < 0 ? [] : this.#staging.splice(index, 1);
    return found ?? this.create("staging", bytes, BufferUsage.MAP_READ | BufferUsage.COPY_DST);
  }

  /** Waits for the copies into a staging buffer and returns its first `bytes`; the buffer becomes free again. */
  async readStaging(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    const mapped = alignUp(bytes, 4);
    let copy: ArrayBuffer;
    try {
      await buffer.mapAsync(MAP_READ, 0, mapped);
      copy = buffer.getMappedRange(0, mapped).slice(0, bytes);
      buffer.unmap();
    } catch (error) {
      this.release(buffer);
      throw error;
    }
    this.#staging.push(buffer);
    this.#trimIfAlone();
    return copy;
  }

  /** Releases idle staging buffers, now and whenever one becomes idle. */
  close(): void {
    this.#closed = true;
    this.#trimIfAlone();
  }

  /** Staging buffers outlive neither the executor nor everything that could be read through them. */
  #trimIfAlone(): void {
    const idle = this.#staging.reduce((sum, staging) => sum + staging.size, 0);
    if (!this.#closed && this.#bytes !== idle) return;
    for (const buffer of this.#staging.splice(0)) this.release(buffer);
  }
}
