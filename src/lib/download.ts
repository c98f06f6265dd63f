/** Fetches a file with progress in bytes. The error of a failed fetch names the address and the status. */

/** The whole file; `progress` hears the bytes so far and, when the server tells it, the total. */
export async function download(
  address: string | URL,
  progress?: (loaded: number, total: number | undefined) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const response = await fetch(address, signal === undefined ? {} : { signal });
  if (!response.ok || response.body === null) {
    throw new Error(
      `${String(address)} could not be loaded: the server answered ${response.status} ${response.statusText}.`,
    );
  }
  const total = Number(response.headers.get("content-length")) || undefined;
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    loaded += part.value.length;
    progress?.(loaded, total);
  }
  return joinBytes(chunks, loaded);
}

function joinBytes(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
