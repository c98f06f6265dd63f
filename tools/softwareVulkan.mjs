/**
 * Lets Dawn (package `webgpu`) run on Linux machines that lack Vulkan's loader or a driver, by borrowing both from an
 * installed Chromium. Not needed where a graphics driver is installed; does nothing on other systems.
 */
import { existsSync, realpathSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findSwiftShader } from "./ensureChromium.mjs";

const LOADER = "libvulkan.so.1";

/** glibc's RTLD_NODELETE: the library stays although Node, finding no add-on in it, closes it at once. */
const KEEP_LOADED = 0x1000;

/**
 * Loads a shared library into this process for others to find by its name.
 * @param {string} library name or path
 * @returns {boolean} whether the system could load it
 */
function loadLibrary(library) {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY | KEEP_LOADED);
    return true;
  } catch (error) {
    return error instanceof Error && error.message.includes("did not self-register");
  }
}

/** Makes the Vulkan loader available: the system's own, else Chromium's. Call before the first `import("webgpu")`. */
export function loadVulkanLoader() {
  if (process.platform !== "linux") return;
  process.env["XDG_RUNTIME_DIR"] ??= tmpdir();
  if (loadLibrary(LOADER)) return;
  const manifest = findSwiftShader();
  if (manifest === undefined) return;
  const bundled = join(dirname(realpathSync(manifest)), LOADER);
  if (existsSync(bundled)) loadLibrary(bundled);
}

/**
 * Chooses Chromium's SwiftShader, a Vulkan driver that computes on the CPU and gives the same results everywhere, unless
 * VK_ICD_FILENAMES or VK_DRIVER_FILES already names a driver. Call before the first `import("webgpu")`.
 */
export function chooseSoftwareVulkan() {
  loadVulkanLoader();
  if (process.env["VK_ICD_FILENAMES"] || process.env["VK_DRIVER_FILES"]) return;
  const manifest = findSwiftShader();
  if (manifest !== undefined) process.env["VK_ICD_FILENAMES"] = manifest;
}
