/**
 * Numbers as people read them on the page. Locale-free on purpose: a run's figures look the same on every machine.
 * Not for files: exports write plain numbers.
 */

/** 8450 → "8,450". */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** 1906818 → "1.9 M", 8450 → "8.5 k", 120 → "120". */
export function formatShortCount(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`;
  return formatCount(value);
}

/** Share in [0, 1] → "86.2 %"; small shares keep two significant digits: "0.44 %". */
export function formatPercent(share: number): string {
  const percent = share * 100;
  const digits = percent === 0 || percent >= 10 ? 1 : percent >= 1 ? 1 : percent >= 0.1 ? 2 : 3;
  return `${percent.toFixed(digits)} %`;
}

/** An accuracy or score in [0, 1], always three digits: 0.8625 → "0.863". */
export function formatScore(score: number): string {
  return Number.isFinite(score) ? score.toFixed(3) : "–";
}

/** Bytes → "38 MB" (powers of 1000, as disks and browsers count). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Seconds → "4 s", "1 min 20 s", "2 h 5 min". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 9.95) return `${seconds < 0.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A setting's number with at most three significant digits and no trailing zeros: 0.030000001 → "0.03". */
export function formatNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  return size < 1e-4 || size >= 1e6 ? rounded.toExponential().replace("e+", "e") : String(rounded);
}

/** Steps per second: one digit below ten, none above. */
export function formatRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(rate);
}
