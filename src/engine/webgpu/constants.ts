/** WebGPU's numeric constants by name: the global objects that hold them exist in browsers only. */

export const BufferUsage = {
  MAP_READ: 0x0001,
  COPY_SRC: 0x0004,
  COPY_DST: 0x0008,
  UNIFORM: 0x0040,
  STORAGE: 0x0080,
  QUERY_RESOLVE: 0x0200,
} as const;

export const MAP_READ = 0x0001;
export const STAGE_COMPUTE = 0x4;

/** Tensors start at multiples of this many bytes: the largest offset alignment a device may demand. */
export const ALIGNMENT = 256;
export const ALIGNED_FLOATS = ALIGNMENT / 4;

/** Largest number of workgroups along one axis of a dispatch, on every device. */
export const MAX_GROUPS = 65_535;

/** In a uniform block: this step input is not there. */
export const ABSENT = 0xffff_ffff;

export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
