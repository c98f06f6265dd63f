/**
 * `npm test` runs every stage; `npm run check` (--check) only those that need neither a GPU nor a browser.
 * Ends with one line, "N passed, N failed" (and ", N skipped" when tests were), and a non-zero exit code after a failure.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { requireSupportedNode } from "./nodeVersion.mjs";

requireSupportedNode();

/**
 * @param {import("./testStages.mjs").Stage} stage
 * @returns {Promise<import("./testStages.mjs").Counts>}
 */
async function runStage(stage) {
  console.log(`\n== ${stage.name}`);
  const started = Date.now();
  const counts = await stage.run();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`== ${stage.name}: ${counts.failed === 0 ? "ok" : "FAILED"} in ${seconds} s`);
  return counts;
}

/**
 * @param {import("./testStages.mjs").Counts[]} results
 * @returns {import("./testStages.mjs").Counts}
 */
function sum(results) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { ensureNodeModules } = await import("./ensureNodeModules.mjs");
ensureNodeModules(root);
const { allStages, checkStages } = await import("./testStages.mjs");
const isCheck = process.argv.includes("--check");
if (!isCheck) {
  const { ensureChromium } = await import("./ensureChromium.mjs");
  console.log(`Chromium: ${ensureChromium()}`);
}
const results = [];
for (const stage of isCheck ? checkStages(root) : allStages(root)) results.push(await runStage(stage));
const total = sum(results);
const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
