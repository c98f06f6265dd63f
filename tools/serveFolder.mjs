/**
 * A small static file server for the built site, as plain as the hosts it will live on: no rewriting, no special headers.
 * Not for development (Vite's server does that) and not hardened for the open internet.
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { extname, join, normalize, sep } from "node:path";

/** @type {Record<string, string>} */
const CONTENT_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".jsonl": "application/jsonl; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

const HIGHEST_PORT_OFFSET = 100;

/**
 * @param {string} folder
 * @param {string} basePath begins and ends with a slash
 * @param {string} url of the request
 * @returns {string | undefined} the file to send; undefined when there is none inside the folder
 */
export function resolveFile(folder, basePath, url) {
  const pathname = safeDecode(url.split(/[?#]/)[0] ?? "/");
  if (pathname === undefined || !pathname.startsWith(basePath)) return undefined;
  const relative = pathname.slice(basePath.length);
  const file = normalize(join(folder, relative === "" || relative.endsWith("/") ? `${relative}index.html` : relative));
  const isInside = file.startsWith(normalize(folder) + sep);
  return isInside && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

/**
 * @param {string} text
 * @returns {string | undefined} undefined when the text is no valid percent-encoding
 */
function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {string} header of the form "bytes=first-last", either end may be missing
 * @param {number} size of the file in bytes
 * @returns {{ start: number, end: number } | undefined} inclusive byte positions; undefined when not satisfiable
 */
export function parseRange(header, size) {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : undefined;
}

/**
 * @param {string} file
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
function sendFile(file, request, response) {
  const { size } = statSync(file);
  const rangeHeader = request.headers.range;
  const range = rangeHeader === undefined ? { start: 0, end: size - 1 } : parseRange(rangeHeader, size);
  if (range === undefined) {
    response.writeHead(416, { "content-range": `bytes */${size}` }).end();
    return;
  }
  response.writeHead(rangeHeader === undefined ? 200 : 206, {
    "content-type": CONTENT_TYPES[extname(file)] ?? "application/octet-stream",
    "content-length": range.end - range.start + 1,
    "accept-ranges": "bytes",
    // File names below assets/ carry a hash of their content; everything else must be asked for again.
    "cache-control": file.includes(`${sep}assets${sep}`) ? "public, max-age=31536000, immutable" : "no-cache",
    ...(rangeHeader === undefined ? {} : { "content-range": `bytes ${range.start}-${range.end}/${size}` }),
  });
  if (request.method === "HEAD" || size === 0) response.end();
  else createReadStream(file, range).pipe(response);
}

/**
 * Another server may hold the port on localhost's IPv6 address only; listening beside it would succeed, and the browser
 * would still reach the other one.
 * @param {number} port
 * @returns {Promise<boolean>} whether somebody answers on localhost
 */
function isAnswered(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "localhost" });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/**
 * Listens on the first free port at or above the wanted one.
 * @param {import("node:http").Server} server
 * @param {number} port 0 lets the system choose
 * @param {string} host
 * @returns {Promise<number>} the port in use
 */
async function listenOnFreePort(server, port, host) {
  for (let candidate = port; candidate <= port + HIGHEST_PORT_OFFSET; candidate += 1) {
    if (port !== 0 && (await isAnswered(candidate))) continue;
    const error = await new Promise((resolve) => {
      server.once("error", resolve);
      server.listen(candidate, host, () => {
        server.removeListener("error", resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) break;
    if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
  }
  const address = server.address();
  if (address !== null && typeof address === "object") return address.port;
  throw new Error(`No free port between ${port} and ${port + HIGHEST_PORT_OFFSET}. Choose another with --port.`);
}

/**
 * @param {{ folder: string, port?: number, host?: string, basePath?: string }} options `basePath` begins and ends with
 *   a slash; the folder appears below it and everything outside it is 404
 * @returns {Promise<{ port: number, url: string, close: () => Promise<void> }>}
 */
export async function serveFolder({ folder, port = 0, host = "127.0.0.1", basePath = "/" }) {
  const server = createServer((request, response) => {
    const file = resolveFile(folder, basePath, request.url ?? "/");
    if (file === undefined) response.writeHead(404, { "content-type": "text/plain" }).end("Not found\n");
    else sendFile(file, request, response);
  });
  const usedPort = await listenOnFreePort(server, port, host);
  const close = () =>
    new Promise((/** @type {(value: void) => void} */ resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: usedPort, url: `http://localhost:${usedPort}${basePath}`, close };
}
