/** Runs once before the end-to-end tests: they drive the built site, so dist must be the build of the present sources. */
import { ensureSite } from "../../tools/buildSite.mjs";
import { ensureChromium } from "../../tools/ensureChromium.mjs";

export default async function requireBuild(): Promise<void> {
  ensureChromium();
  await ensureSite(process.cwd());
}
