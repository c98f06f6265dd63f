/** Ctrl+C on the command line: the work is asked to stop, and the process lives on to keep what there is. */

/** Calls `stop` at the first Ctrl+C, until the function that comes back is called. */
export function onInterrupt(stop: () => void): () => void {
  process.once("SIGINT", stop);
  return () => void process.off("SIGINT", stop);
}
