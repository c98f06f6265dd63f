/** Finds the files of one adapter among those that somebody opened: a folder, loose files, or an archive of either. */
import { peftFileNames } from "../interop/peftFormat.ts";
import { messageOf } from "../lib/errors.ts";
import { unzip } from "../lib/zip.ts";
import { missingAdapter, studioFileNames } from "./adapterFiles.ts";

export interface OpenedFile {
  /** With the folders above it, from where it was opened, with slashes. */
  readonly path: string;
  read(): Promise<Uint8Array>;
}

/** PEFT wrote weights as pickles once, which run code when they are read. */
const pickledWeights = "adapter_model.bin";
const adapterNames: ReadonlySet<string> = new Set([
  ...Object.values(studioFileNames),
  ...Object.values(peftFileNames),
  pickledWeights,
]);
const describing: readonly string[] = [studioFileNames.description, peftFileNames.config];

/**
 * Contents by name, of the folder nearest to the top that describes an adapter.
 * @throws when there is none, when there are several, or when an archive cannot be unpacked
 */
export async function adapterFolder(opened: readonly OpenedFile[]): Promise<Map<string, Uint8Array>> {
  const folders = foldersOf(opened);
  const [archive, ...others] = opened.filter(({ path }) => /\.zip$/i.test(path));
  if (folders.size > 0 || archive === undefined) return read(chosenFolder(folders, opened));
  const [next] = others;
  if (next !== undefined) {
    throw new Error(`Open one adapter at a time; got ${nameOf(archive.path)} and ${nameOf(next.path)}.`);
  }
  const unpacked = await unpack(archive);
  return read(chosenFolder(foldersOf(unpacked), unpacked));
}

async function unpack(archive: OpenedFile): Promise<OpenedFile[]> {
  const bytes = await archive.read();
  try {
    // Others may be as large as a model; their names are enough to say what was found.
    const paths: string[] = [];
    const files = unzip(bytes, (path) => {
      paths.push(path);
      return adapterNames.has(nameOf(path));
    });
    const contents = new Map(files.map((file) => [file.name, file.bytes]));
    return paths.map((path) => ({ path, read: async () => contents.get(path) ?? new Uint8Array() }));
  } catch (error) {
    throw new Error(`${nameOf(archive.path)}: ${messageOf(error)}`, { cause: error });
  }
}

type Folders = ReadonlyMap<string, readonly OpenedFile[]>;

/** Folders that describe an adapter, with their files. */
function foldersOf(files: readonly OpenedFile[]): Folders {
  const folders = new Map<string, OpenedFile[]>();
  for (const file of files) {
    const folder = folderOf(file.path);
    const known = folders.get(folder);
    if (known === undefined) folders.set(folder, [file]);
    else known.push(file);
  }
  return new Map([...folders].filter(([, own]) => own.some(({ path }) => describing.includes(nameOf(path)))));
}

/** PEFT's trainer leaves checkpoints in folders below the adapter, so the one nearest to the top is meant. */
function chosenFolder(folders: Folders, files: readonly OpenedFile[]): readonly OpenedFile[] {
  const [first, second] = [...folders].toSorted(([a], [b]) => depthOf(a) - depthOf(b));
  if (first === undefined) throw missingAdapter(files.map(({ path }) => nameOf(path)));
  if (second !== undefined && depthOf(second[0]) === depthOf(first[0])) {
    throw new Error(`There are ${folders.size} adapters: ${[...folders.keys()].join(", ")}. Open one of them.`);
  }
  return first[1];
}

async function read(folder: readonly OpenedFile[]): Promise<Map<string, Uint8Array>> {
  const names = folder.map(({ path }) => nameOf(path));
  if (names.includes(pickledWeights) && !names.includes(peftFileNames.weights)) {
    throw new Error(
      `${pickledWeights} is a pickle, which runs code when it is read, so the studio does not. Save the adapter again with PEFT, which writes ${peftFileNames.weights}.`,
    );
  }
  const own = folder.filter(({ path }) => adapterNames.has(nameOf(path)));
  return new Map(await Promise.all(own.map(async (file) => [nameOf(file.path), await file.read()] as const)));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Empty where the files lie at the top. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function depthOf(folder: string): number {
  return folder === "" ? 0 : folder.split("/").length;
}
