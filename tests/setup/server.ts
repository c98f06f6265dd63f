/** Serves the built site to end-to-end tests, at the root of a free port or below a sub-path of it. */
import { fileURLToPath } from "node:url";
import { serveFolder } from "../../tools/serveFolder.mjs";

export interface SiteServer {
  /** Address of the page, with the sub-path and a slash at the end. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Where the built site lies. */
export const siteFolder = fileURLToPath(new URL("../../dist", import.meta.url));

/** @param basePath where the site appears; begins and ends with a slash, and everything outside it is 404 */
export function serveBuiltSite(basePath = "/"): Promise<SiteServer> {
  return serveFolder({ folder: siteFolder, basePath });
}
