/** All runs of the page: shipped examples, kept ones and the one in progress; which is chosen, pointed at and compared. */
import { create } from "zustand";
import type { RunEntry } from "./runEntry.ts";

export interface RunsStore {
  /** Oldest first. */
  readonly runs: readonly RunEntry[];
  /** Its answers are shown in "Try it". */
  readonly selectedId: string | undefined;
  /** Stands out in every chart while the pointer is on it. */
  readonly hoveredId: string | undefined;
  /** Left out of charts and comparison by its checkbox. */
  readonly hidden: ReadonlySet<string>;
  add(entries: readonly RunEntry[]): void;
  /** Publishes a new list, also when only the curves outside the store have grown. */
  replace(entries: readonly RunEntry[]): void;
  remove(id: string): void;
  select(id: string | undefined): void;
  hover(id: string | undefined): void;
  toggleHidden(id: string): void;
}

export const useRuns = create<RunsStore>((set) => ({
  runs: [],
  selectedId: undefined,
  hoveredId: undefined,
  hidden: new Set(),
  add: (entries) => set((state) => ({ runs: inOrder([...state.runs, ...entries]) })),
  replace: (entries) =>
    set((state) => {
      const changed = new Map(entries.map((entry) => [entry.id, entry]));
      return { runs: state.runs.map((run) => changed.get(run.id) ?? run) };
    }),
  remove: (id) =>
    set((state) => ({
      runs: state.runs.filter((run) => run.id !== id),
      selectedId: state.selectedId === id ? undefined : state.selectedId,
      hoveredId: undefined,
    })),
  select: (selectedId) => set({ selectedId }),
  hover: (hoveredId) => set({ hoveredId }),
  toggleHidden: (id) => set((state) => ({ hidden: toggled(state.hidden, id) })),
}));

/** Examples first, then by time. */
function inOrder(runs: readonly RunEntry[]): RunEntry[] {
  return runs.toSorted(
    (a, b) => Number(b.example) - Number(a.example) || a.createdAt.localeCompare(b.createdAt) || a.colour - b.colour,
  );
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** The smallest colour number that no run uses. */
export function freeColours(runs: readonly RunEntry[], count: number): number[] {
  const used = new Set(runs.map(({ colour }) => colour));
  const free: number[] = [];
  for (let colour = 0; free.length < count; colour++) if (!used.has(colour)) free.push(colour);
  return free;
}

export function findRun(state: Pick<RunsStore, "runs">, id: string | undefined): RunEntry | undefined {
  return state.runs.find((run) => run.id === id);
}
