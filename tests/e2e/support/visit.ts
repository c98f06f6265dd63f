/**
 * One visit of the studio: a fresh browser context with nothing kept from before, its page, and a log of what went wrong
 * and what was asked for. Knows nothing of the page's controls; those are in bench.ts.
 */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { tapWorkers } from "./workerTap.ts";

export interface VisitOptions {
  /** Settings in the address, as a share link carries them. */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly context?: BrowserContextOptions;
  /** Runs before the page is opened. */
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Console errors, uncaught exceptions and failed requests, in the order they came. */
  readonly complaints: readonly string[];
  /** Address of everything asked for, answered or not. */
  readonly requests: readonly string[];
  /** Address and size of every answer that came over the network. */
  readonly transfers: () => Promise<readonly Transfer[]>;
}

export interface Transfer {
  readonly url: string;
  /** Headers and body as sent. */
  readonly bytes: number;
}

/** Opens the page and returns as soon as its document is parsed; the model may still be loading. */
export async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options.context });
  const complaints: string[] = [];
  const requests: string[] = [];
  const sizes: Promise<Transfer | undefined>[] = [];
  await tapWorkers(context);
  await options.prepare?.(context);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  context.on("request", (request) => requests.push(request.url()));
  context.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  context.on("requestfinished", (request) => {
    const size = request.sizes().then(({ responseBodySize, responseHeadersSize }) => ({
      url: request.url(),
      bytes: responseBodySize + responseHeadersSize,
    }));
    sizes.push(size.catch(() => undefined));
  });
  await page.goto(addressWith(url, options.settings ?? {}), { waitUntil: "domcontentloaded" });
  const transfers = async () => (await Promise.all(sizes)).filter((transfer) => transfer !== undefined);
  return { context, page, complaints, requests, transfers };
}

/** The page's address with settings in the form of a share link. A method and a seed belong to every link. */
export function addressWith(url: string, settings: Readonly<Record<string, string | number>>): string {
  if (Object.keys(settings).length === 0) return url;
  const link = new URLSearchParams({ method: "prefix-tuning", seed: "1" });
  for (const [name, value] of Object.entries(settings)) link.set(name, String(value));
  return `${url}#${link.toString()}`;
}
