import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { parseRange, serveFolder } from "../../../tools/serveFolder.mjs";

type Server = Awaited<ReturnType<typeof serveFolder>>;

let parent: string;
let folder: string;
const servers: Server[] = [];

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "serve-"));
  folder = join(parent, "site");
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(parent, "secret.txt"), "outside");
  writeFileSync(join(folder, "index.html"), "<title>page</title>");
  writeFileSync(join(folder, "assets", "kernel-1a2b.wasm"), "0123456789");
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

afterAll(() => rmSync(parent, { recursive: true }));

async function serve(options: { port?: number; basePath?: string } = {}): Promise<Server> {
  const server = await serveFolder({ folder, ...options });
  servers.push(server);
  return server;
}

it("serves the page at the root and its assets with their types", async () => {
  const { url } = await serve();
  expect(await (await fetch(url)).text()).toBe("<title>page</title>");
  const asset = await fetch(`${url}assets/kernel-1a2b.wasm`);
  expect(asset.headers.get("content-type")).toBe("application/wasm");
  expect(asset.headers.get("cache-control")).toContain("immutable");
});

it("serves below a sub-path and nothing beside it", async () => {
  const { url, port } = await serve({ basePath: "/studio/" });
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(`http://localhost:${port}/`)).status).toBe(404);
});

it("never leaves its folder", async () => {
  const { port } = await serve();
  expect((await fetch(`http://localhost:${port}/..%2fsecret.txt`)).status).toBe(404);
  expect((await fetch(`http://localhost:${port}/%E0%A4%A`)).status).toBe(404);
});

it("sends a byte range", async () => {
  const { url } = await serve();
  const response = await fetch(`${url}assets/kernel-1a2b.wasm`, { headers: { range: "bytes=2-4" } });
  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe("bytes 2-4/10");
  expect(await response.text()).toBe("234");
});

it("takes the next port when the wanted one is busy", async () => {
  const first = await serve();
  const second = await serve({ port: first.port });
  expect(second.port).toBeGreaterThan(first.port);
});

it.each([
  ["bytes=0-3", { start: 0, end: 3 }],
  ["bytes=7-", { start: 7, end: 9 }],
  ["bytes=-2", { start: 8, end: 9 }],
  ["bytes=5-99", { start: 5, end: 9 }],
  ["bytes=10-", undefined],
  ["lines=1-2", undefined],
])("reads the range %s of ten bytes", (header, range) => {
  expect(parseRange(header, 10)).toEqual(range);
});
