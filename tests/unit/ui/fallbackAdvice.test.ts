/** The fallback banner names the true cause and a remedy for the browser at hand. */
import { describe, expect, it } from "vitest";
import { browserName } from "../../../src/store/environment.ts";
import { fallbackAdvice } from "../../../src/ui/notices/fallbackAdvice.ts";

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const edge = `${chrome} Edg/156.0.0.0`;
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";
const safari =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15";

describe("fallback advice", () => {
  it("tells browsers apart", () => {
    expect([chrome, edge, firefox, safari, "curl"].map(browserName)).toEqual([
      "Chrome 156",
      "Edge 156",
      "Firefox 150",
      "Safari 18",
      "unknown browser",
    ]);
  });

  it("explains addresses of the local network", () => {
    const { cause, remedy } = fallbackAdvice({ kind: "insecure-context" }, chrome);
    expect(cause).toMatch(/http/);
    expect(remedy).toMatch(/192\.168.*localhost.*https/);
  });

  it("has a remedy for each browser without WebGPU", () => {
    const remedies = [chrome, firefox, safari].map((agent) => fallbackAdvice({ kind: "no-webgpu" }, agent).remedy);
    expect(new Set(remedies).size).toBe(3);
    expect(remedies[1]).toMatch(/about:config/);
    expect(remedies[2]).toMatch(/version 26/);
  });

  it("quotes a refused device and names a chosen backend", () => {
    expect(fallbackAdvice({ kind: "device-refused", message: "limit too high" }, chrome).cause).toMatch(
      /limit too high/,
    );
    expect(fallbackAdvice({ kind: "chosen" }, chrome).remedy).toMatch(/Fastest available/);
    expect(fallbackAdvice({ kind: "no-adapter" }, chrome).remedy).toMatch(/chrome:\/\/gpu/);
  });
});
