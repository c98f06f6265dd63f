/** Hands a file to the visitor as a download. The page only; the worker has no document. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has read the address by the next task; keeping it would keep the file in memory.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
