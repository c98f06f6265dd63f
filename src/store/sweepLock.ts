/** One sweep for all tabs of the studio: a second one would take the device from the first and run the same cells. */

const NAME = "softprompt-studio-sweep";

let release: (() => void) | undefined;

/** Whether this tab may run a sweep now. Where the browser has no locks (pages without a secure context) it always may. */
export function takeSweepLock(): Promise<boolean> {
  const locks: LockManager | undefined = navigator.locks;
  if (release !== undefined || locks === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise((free) => (release = free));
    };
    void locks.request(NAME, { ifAvailable: true }, hold);
  });
}

export function releaseSweepLock(): void {
  release?.();
  release = undefined;
}
