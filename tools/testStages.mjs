/**
 * The stages of `npm test`, each with how many checks of it passed, failed and were skipped.
 * A static check (types, lint, format, shaders, build) counts as one; a Vitest project counts its tests.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ name: string, run: () => Promise<Counts> | Counts }} Stage
 * @typedef {{ name: string, parameters: () => string[] }} StaticCheck parameters of Node; a function, because packages are
 *   looked up when the check runs
 * @typedef {{ status: string, assertionResults: { status: string }[] }} FileReport
 * @typedef {{ numPassedTests: number, numPendingTests: number, numTodoTests: number, testResults: FileReport[] }} VitestReport
 */

/**
 * @param {string} root
 * @param {string[]} parameters of Node
 * @returns {boolean} whether the process ended well
 */
function runNode(root, parameters) {
  return spawnSync(process.execPath, parameters, { cwd: root, stdio: "inherit" }).status === 0;
}

/**
 * @param {string} root
 * @param {string} packageName
 * @param {string} [command] when it is not named like its package
 * @returns {string} the script that the package's command starts
 */
function binOf(root, packageName, command = packageName) {
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : bin[command]);
}

/**
 * Like {@link runNode}, without waiting; what the process prints appears in one piece when it has ended.
 * @param {string} root
 * @param {StaticCheck} check
 * @returns {Promise<boolean>} whether the process ended well
 */
function startCheck(root, { name, parameters }) {
  const started = Date.now();
  const child = spawn(process.execPath, parameters(), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  /** @type {Buffer[]} */
  const printed = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (/** @type {Buffer} */ part) => printed.push(part));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(printed));
      console.log(`   ${name}: ${code === 0 ? "ok" : "FAILED"} after ${((Date.now() - started) / 1000).toFixed(1)} s`);
      resolve(code === 0);
    });
  });
}

/**
 * Checks that pass or fail as a whole, side by side: most of each runs on one core.
 * @param {string} root
 * @param {string} name
 * @param {StaticCheck[]} checks
 * @returns {Stage}
 */
function staticStage(root, name, checks) {
  return {
    name,
    run: async () => {
      const outcomes = await Promise.all(checks.map((check) => startCheck(root, check)));
      const passed = outcomes.filter(Boolean).length;
      return { passed, failed: outcomes.length - passed, skipped: 0 };
    },
  };
}

/**
 * @param {FileReport} file
 * @returns {number} failed tests; 1 when the file failed without any, for example because it could not be loaded
 */
function countFailures(file) {
  const failedTests = file.assertionResults.filter((test) => test.status === "failed").length;
  return file.status === "failed" ? Math.max(1, failedTests) : failedTests;
}

/**
 * @param {VitestReport | undefined} report undefined when Vitest ended before writing it
 * @param {boolean} endedWell whether Vitest's exit code was 0; a crash outside the tests counts as one failure
 * @returns {Counts}
 */
export function countReport(report, endedWell) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const failed = report.testResults.map(countFailures).reduce((sum, count) => sum + count, 0);
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !endedWell ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * @param {string} root
 * @param {string} project of vite.config.ts
 * @returns {Stage}
 */
function vitestStage(root, project) {
  return {
    name: `${project} tests`,
    run: () => {
      const file = join(root, ".cache", "test", `${project}.json`);
      mkdirSync(join(root, ".cache", "test"), { recursive: true });
      rmSync(file, { force: true });
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
      const endedWell = runNode(root, [binOf(root, "vitest"), "run", "--project", project, ...reporters]);
      return countReport(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined, endedWell);
    },
  };
}

/**
 * Everything that needs neither a GPU nor a browser, in about a minute.
 * @param {string} root folder of package.json
 * @returns {Stage[]}
 */
export function checkStages(root) {
  const lint = () => [binOf(root, "oxlint"), "--type-aware", "--deny-warnings", "src", "bench", "tests", "tools"];
  return [
    staticStage(root, "static checks", [
      { name: "types", parameters: () => [binOf(root, "typescript", "tsc"), "--noEmit"] },
      { name: "lint", parameters: lint },
      { name: "format", parameters: () => [binOf(root, "prettier"), "--check", "--log-level", "warn", "."] },
      { name: "shaders", parameters: () => [binOf(root, "tsx"), "tools/compileShaders.ts"] },
    ]),
    vitestStage(root, "unit"),
  ];
}

/**
 * Everything.
 * @param {string} root folder of package.json
 * @returns {Stage[]}
 */
export function allStages(root) {
  return [
    ...checkStages(root),
    vitestStage(root, "kernels"),
    staticStage(root, "build", [{ name: "site", parameters: () => ["tools/build.mjs"] }]),
    vitestStage(root, "e2e"),
  ];
}
