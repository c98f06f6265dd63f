/**
 * Finds the Chromium that drives the end-to-end tests and lends its software Vulkan (SwiftShader) to the kernel tests;
 * installs one when there is none. Chrome will do as well.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

const COMMANDS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where Chromium and Chrome live when they are not on PATH, or when the command on PATH is only a script. */
const KNOWN_EXECUTABLES = [
  "/usr/lib/chromium/chromium",
  "/usr/lib/chromium-browser/chromium-browser",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

const SWIFTSHADER_MANIFEST = "vk_swiftshader_icd.json";

/** @returns {string[]} executables on PATH that are Chromium by name */
function executablesOnPath() {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))).filter(existsSync);
}

/** @returns {string[]} the browser that Playwright downloaded, if it did */
function playwrightExecutables() {
  try {
    const { chromium } = createRequire(import.meta.url)("playwright-core");
    return [chromium.executablePath()].filter(existsSync);
  } catch {
    return [];
  }
}

/**
 * Ubuntu's /usr/bin/chromium-browser is a script that only asks for a snap; it cannot be driven.
 * @param {string} executable
 */
function isSnapWrapper(executable) {
  const isScript = readFileSync(executable).subarray(0, 2).toString() === "#!";
  return isScript && readFileSync(executable, "utf8").includes("snap install");
}

/** @returns {string | undefined} path of a Chromium or Chrome; the environment variable CHROMIUM_PATH has the last word */
export function findChromium() {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen) return chosen;
  const found = executablesOnPath().filter((executable) => !isSnapWrapper(executable));
  return found[0] ?? playwrightExecutables()[0] ?? KNOWN_EXECUTABLES.find(existsSync);
}

/** @returns {string | undefined} the Vulkan manifest of SwiftShader that ships beside Chromium */
export function findSwiftShader() {
  const executable = findChromium();
  const candidates = [
    ...(executable === undefined ? [] : [executable]),
    ...KNOWN_EXECUTABLES,
    ...playwrightExecutables(),
  ];
  return candidates
    .filter(existsSync)
    .map((candidate) => join(dirname(realpathSync(candidate)), SWIFTSHADER_MANIFEST))
    .find(existsSync);
}

/**
 * @param {string} command
 * @param {string[]} parameters
 * @returns {boolean} whether the command ended well
 */
function succeeds(command, parameters) {
  return spawnSync(command, parameters, { stdio: ["ignore", 2, 2] }).status === 0;
}

/** @returns {boolean} whether Debian's package manager installed Chromium without asking for a password */
function installWithApt() {
  if (!existsSync("/usr/bin/apt-get")) return false;
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  /** @type {(...parameters: string[]) => boolean} */
  const apt = (...parameters) => {
    const [command = "apt-get", ...rest] = [...sudo, "apt-get", ...parameters];
    return succeeds(command, rest);
  };
  return apt("update") && apt("install", "--yes", "--no-install-recommends", "chromium");
}

/** @returns {boolean} whether Playwright downloaded its Chromium */
function installWithPlaywright() {
  const folder = dirname(createRequire(import.meta.url).resolve("playwright-core/package.json"));
  return succeeds(process.execPath, [join(folder, "cli.js"), "install", "chromium"]);
}

/**
 * @returns {string} path of a Chromium, installed now if there was none
 * @throws when none could be found or installed
 */
export function ensureChromium() {
  const present = findChromium();
  if (present !== undefined) return present;
  console.error("Installing Chromium, because the browser tests need one.");
  const installed =
    (installWithApt() ? findChromium() : undefined) ?? (installWithPlaywright() ? findChromium() : undefined);
  if (installed !== undefined) return installed;
  throw new Error(
    "No Chromium found or installed. Install Chromium or Chrome, or set CHROMIUM_PATH to one, and run again.",
  );
}
