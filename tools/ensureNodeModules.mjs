/**
 * Installs the node packages when they are missing or differ from package-lock.json. Uses only Node's own modules,
 * because it runs before anything is installed. Not a package manager: npm does the work.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages packages by their folder, such as "node_modules/react"
 */

/**
 * @param {LockedPackages} wanted packages of package-lock.json
 * @param {LockedPackages} installed packages of node_modules/.package-lock.json, which npm writes last
 * @returns {string | undefined} the first required folder that is absent or another version; undefined when all match
 */
export function findOutdatedPackage(wanted, installed) {
  return Object.keys(wanted).find((folder) => {
    const expected = wanted[folder];
    // Optional packages belong to other platforms as often as to this one.
    if (folder === "" || expected?.optional || expected?.devOptional) return false;
    const found = installed[folder];
    return found === undefined || found.version !== expected?.version || found.integrity !== expected?.integrity;
  });
}

/**
 * @param {string} file
 * @returns {LockedPackages}
 */
function readPackages(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
}

/**
 * @param {string} root folder of package.json
 * @returns {string | undefined} why an installation is needed; undefined when it is not
 */
function reasonToInstall(root) {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return "the node packages are not installed yet";
  const outdated = findOutdatedPackage(readPackages(join(root, "package-lock.json")), readPackages(record));
  return outdated === undefined ? undefined : `${outdated} differs from package-lock.json`;
}

/** @returns {{ command: string, leading: string[] }} npm, as Node's argument where npm itself started this process */
function npmCommand() {
  const npmScript = process.env["npm_execpath"];
  if (npmScript?.endsWith("npm-cli.js")) return { command: process.execPath, leading: [npmScript] };
  return { command: process.platform === "win32" ? "npm.cmd" : "npm", leading: [] };
}

/**
 * Runs `npm ci` when needed. Everything it prints goes to standard error, so that a command's output stays its own.
 * @param {string} root folder of package.json
 */
export function ensureNodeModules(root) {
  const reason = reasonToInstall(root);
  if (reason === undefined) return;
  console.error(`Installing the node packages (npm ci), because ${reason}. This takes about a minute.`);
  const { command, leading } = npmCommand();
  const shell = command.endsWith(".cmd");
  const result = spawnSync(command, [...leading, "ci", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell,
  });
  if (result.status === 0) return;
  console.error("npm ci failed. Check the network connection and the messages above, then run the command again.");
  process.exit(1);
}
