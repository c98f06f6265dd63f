/** Files of a drop with their places; a dropped folder is opened as deep as asked. */

/** A file with the folders above it, from the opened one on, with slashes. */
export interface PlacedFile {
  readonly path: string;
  readonly file: File;
}

export interface DroppedFiles {
  /** The folder's name, or that of the first file. */
  readonly name: string;
  readonly files: readonly PlacedFile[];
}

/**
 * Must be called inside the drop's handler: the browser empties the transfer afterwards.
 * @param depth how many levels of a folder are opened; model folders have one
 */
export async function droppedFiles(transfer: DataTransfer, depth = 1): Promise<DroppedFiles> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const loose = [...transfer.files];
  const folder = entries.find((entry) => entry !== null && isFolder(entry));
  if (folder) return { name: folder.name, files: await filesOf(folder, folder.name, depth) };
  return { name: loose[0]?.name ?? "", files: loose.map((file) => ({ path: file.name, file })) };
}

/** Files of a picker, those of a folder with the path that the browser gives them. */
export function pickedFiles(files: FileList | null): DroppedFiles {
  const placed = [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return { name: placed[0]?.path.split("/")[0] ?? "", files: placed };
}

// Chromium does not expose the entries' classes, so that only their flags tell them apart.
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

async function filesOf(folder: FileSystemDirectoryEntry, path: string, depth: number): Promise<PlacedFile[]> {
  const reader = folder.createReader();
  const files: PlacedFile[] = [];
  // A reader hands out its entries in portions; an empty one is the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return files;
    for (const entry of entries) {
      const place = `${path}/${entry.name}`;
      if (isFile(entry))
        files.push({ path: place, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
      else if (isFolder(entry) && depth > 1) files.push(...(await filesOf(entry, place, depth - 1)));
    }
  }
}
