/** Which browser and which version of the studio a run was made with. */

declare const __APP_VERSION__: string;

export const studioVersion = typeof __APP_VERSION__ === "undefined" ? "development" : __APP_VERSION__;

/** "Chrome 156, Softprompt Studio 0.1.0" */
export function environment(): string {
  return `${browserName(navigator.userAgent)}, Softprompt Studio ${studioVersion}`;
}

/** Name and main version of the browser; the order matters because most browsers claim to be others too. */
export function browserName(agent: string): string {
  const patterns = [/(Edg)\/(\d+)/, /(Firefox)\/(\d+)/, /(Chrome)\/(\d+)/, /Version\/(\d+).*(Safari)/] as const;
  for (const pattern of patterns) {
    const [, first = "", second = ""] = pattern.exec(agent) ?? [];
    if (first) return pattern === patterns[3] ? `Safari ${first}` : `${first === "Edg" ? "Edge" : first} ${second}`;
  }
  return "unknown browser";
}
