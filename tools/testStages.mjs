/**
 * The stages of `npm test`, each with how many checks of it passed, failed and were skipped.
 * A static check (types, lint, format, shaders, build) counts as one; a Vitest project counts its tests.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ name: string, run: () => Counts }} Stage
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
 * A stage that passes or fails as a whole.
 * @param {string} root
 * @param {string} name
 * @param {() => string[]} parameters of Node; a function, because packages are looked up when the stage runs
 * @returns {Stage}
 */
function staticStage(root, name, parameters) {
  return {
    name,
    run: () => {
      const passed = runNode(root, parameters());
      return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
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
  return [
    staticStage(root, "types", () => [binOf(root, "typescript", "tsc"), "--noEmit"]),
    staticStage(root, "lint", () => [
      binOf(root, "oxlint"),
      "--type-aware",
      "--deny-warnings",
      "src",
      "bench",
      "tests",
      "tools",
    ]),
    staticStage(root, "format", () => [binOf(root, "prettier"), "--check", "--log-level", "warn", "."]),
    staticStage(root, "shaders", () => [binOf(root, "tsx"), "tools/compileShaders.ts"]),
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
    staticStage(root, "build", () => ["tools/build.mjs"]),
    vitestStage(root, "e2e"),
  ];
}
