/** Counts every GPU buffer of an executor, knows when there is no room, and reuses the ones that results are read through. */
import { OutOfDeviceMemoryError, type HeldMemory, type MemoryPurpose } from "../executor.ts";
import { alignUp, BufferUsage, MAP_READ } from "./constants.ts";

/** Makes labelled buffers and knows how many bytes are alive. */
export class Memory {
  readonly #device: GPUDevice;
  readonly #mostBytes: number;
  readonly #staging: GPUBuffer[] = [];
  /** What the device says of buffers that were asked for and not yet checked. */
  #unchecked: Promise<GPUError | null>[] = [];
  /** Buffers made inside `together`. */
  #made: GPUBuffer[] | undefined;
  readonly #held: Record<MemoryPurpose, number> = { weights: 0, trained: 0, activations: 0, other: 0 };
  readonly #purposes = new WeakMap<GPUBuffer, MemoryPurpose>();
  #closed = false;

  /** `mostBytes` bounds what may be alive at one time. */
  constructor(device: GPUDevice, mostBytes = Infinity) {
    this.#device = device;
    this.#mostBytes = mostBytes;
  }

  /** Bytes of all buffers not yet released. */
  get bytes(): number {
    const { weights, trained, activations, other } = this.#held;
    return weights + trained + activations + other;
  }

  /** The same by purpose. */
  get held(): HeldMemory {
    return { ...this.#held };
  }

  /**
   * A zeroed buffer of at least `bytes`, a multiple of 4.
   * @throws OutOfDeviceMemoryError when it is larger than the device or the bound allows; what the device finds out later,
   * `checkRoom` tells
   */
  create(label: string, bytes: number, usage: number, purpose: MemoryPurpose = "other"): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4);
    const { maxBufferSize } = this.#device.limits;
    if (size > maxBufferSize) {
      throw new OutOfDeviceMemoryError(
        `"${label}" needs ${size} bytes; this device allows ${maxBufferSize} per buffer. Use a smaller batch or model.`,
      );
    }
    if (this.bytes + size > this.#mostBytes) {
      throw new OutOfDeviceMemoryError(
        `"${label}" needs ${size} bytes; ${this.bytes} of ${this.#mostBytes} are taken. Use a smaller batch or model.`,
      );
    }
    this.#device.pushErrorScope("out-of-memory");
    const buffer = this.#device.createBuffer({ label, size, usage });
    this.#unchecked.push(this.#device.popErrorScope());
    this.#held[purpose] += size;
    this.#purposes.set(buffer, purpose);
    this.#made?.push(buffer);
    return buffer;
  }

  /** Runs `make`, and releases the buffers it made when it throws half-way. */
  together<Made>(make: () => Made): Made {
    const made: GPUBuffer[] = [];
    this.#made = made;
    try {
      return make();
    } catch (error) {
      for (const buffer of made) this.release(buffer);
      throw error;
    } finally {
      this.#made = undefined;
    }
  }

  /** Waits for what the device says of all buffers so far. @throws OutOfDeviceMemoryError when one of them got no room. */
  async checkRoom(): Promise<void> {
    const errors = await Promise.all(this.#unchecked.splice(0));
    const error = errors.find((found) => found !== null);
    if (error) throw new OutOfDeviceMemoryError(`The device has no room for the run: ${error.message}`);
  }

  /** Destroys a buffer; work already submitted still finishes. */
  release(buffer: GPUBuffer): void {
    this.#held[this.#purposes.get(buffer) ?? "other"] -= buffer.size;
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
    if (!this.#closed && this.bytes !== idle) return;
    for (const buffer of this.#staging.splice(0)) this.release(buffer);
  }
}
