/** Opens an address in the visitor's browser where there is a screen to show it on. Failing to is never an error. */
import { spawn } from "node:child_process";

/** @returns {boolean} whether a browser window could appear */
function hasScreen() {
  if (process.env["CI"]) return false;
  return process.platform !== "linux" || Boolean(process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"]);
}

/** @returns {[string, string[]]} the command that opens an address, and its leading arguments */
function openCommand() {
  if (process.platform === "darwin") return ["open", []];
  if (process.platform === "win32") return ["cmd", ["/c", "start", ""]];
  return ["xdg-open", []];
}

/** @param {string} url */
export function openBrowser(url) {
  if (!hasScreen()) return;
  const [command, leading] = openCommand();
  const child = spawn(command, [...leading, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
