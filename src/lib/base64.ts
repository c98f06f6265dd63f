/** f32 arrays as base64 text (little-endian bytes), for run records in JSON. */

/** Base64 of the array's bytes. */
export function base64FromFloats(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = "";
  // String.fromCharCode takes its characters as arguments, of which engines allow a bounded number.
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(text);
}

/** The inverse. Throws when the text is not base64 of whole f32 numbers. */
export function floatsFromBase64(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (bytes.length % 4 !== 0) throw new Error(`Expected whole 4-byte numbers in base64, got ${bytes.length} bytes.`);
  return new Float32Array(bytes.buffer);
}
