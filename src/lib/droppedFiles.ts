/** Files of a drop; a dropped folder is opened one level deep, which is how model folders are made. */

export interface DroppedFiles {
  /** The folder's name, or that of the first file. */
  readonly name: string;
  readonly files: readonly File[];
}

/** Must be called inside the drop's handler: the browser empties the transfer afterwards. */
export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFiles> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const loose = [...transfer.files];
  const folder = entries.find((entry) => entry instanceof FileSystemDirectoryEntry);
  if (!folder) return { name: loose[0]?.name ?? "dropped-model", files: loose };
  return { name: folder.name, files: await filesOf(folder) };
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  // A reader hands out its entries in portions; an empty one is the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (entry instanceof FileSystemFileEntry)
        files.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
    }
  }
}
