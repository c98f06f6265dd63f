/** Keeps the screen on while a run is in progress; a sleeping phone would stop it. Browsers without wake locks lose nothing. */
import { useEffect } from "react";
import { useRuns } from "../../store/runs.ts";

export function useWakeLock(): void {
  const running = useRuns(({ runs }) => runs.some(({ status }) => status === "running"));
  useEffect(() => {
    if (!running || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let ended = false;
    const hold = async () => {
      if (document.visibilityState !== "visible") return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (ended) await lock.release();
      } catch {
        // Refused, e.g. on low battery: training goes on, the screen may sleep.
      }
    };
    const holdAgain = () => void hold();
    holdAgain();
    // The browser releases the lock whenever the page is hidden.
    document.addEventListener("visibilitychange", holdAgain);
    return () => {
      ended = true;
      document.removeEventListener("visibilitychange", holdAgain);
      void lock?.release();
    };
  }, [running]);
}
