/**
 * Says in words whether this Node can run the project. It must itself run on old versions, so it uses nothing recent.
 * The accepted ranges repeat `engines` of package.json.
 */

/**
 * @param {string} version for example "20.19.0"
 * @returns {boolean} whether the version is 20.19 or later of 20, 22.12 or later of 22, or 24 and above
 */
export function isSupportedNode(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
}

/** Ends the process with an explanation when the running Node is too old. */
export function requireSupportedNode() {
  const version = process.versions.node;
  if (isSupportedNode(version)) return;
  console.error(
    `Softprompt Studio needs Node 20.19 or newer (or 22.12 or newer, or 24 and above); this is ${version}.\n` +
      "Install a current version from https://nodejs.org and run the command again.",
  );
  process.exit(1);
}
