/** The client against the other end of a real message channel: numbers, refusals, subscriptions, and a worker that dies. */
import { afterEach, describe, expect, it } from "vitest";
import { Refusal, WorkerClient, type Announcement, type WorkerLine } from "../../../src/worker/client.ts";
import type { Request, WorkerMessage } from "../../../src/worker/protocol.ts";

/** A client whose worker is `answer`, running behind a MessageChannel. */
function connect(answer: (request: Request, tell: (message: WorkerMessage) => void) => void) {
  const { port1, port2 } = new MessageChannel();
  const failures: ((event: Event) => void)[] = [];
  port2.addEventListener("message", ({ data }: MessageEvent<Request>) =>
    answer(data, (message) => port2.postMessage(message)),
  );
  port1.start();
  port2.start();
  const line: WorkerLine = {
    postMessage: (request) => port1.postMessage(request),
    addEventListener: (type: string, listener: (event: never) => void) => {
      if (type === "message") port1.addEventListener("message", (event) => listener(event as never));
      else if (type === "error") failures.push((event) => listener(event as never));
    },
    terminate: () => port1.close(),
  };
  open.push(() => port1.close());
  return { client: new WorkerClient(line), fail: () => failures.forEach((listener) => listener(new Event("error"))) };
}

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

describe("worker client", () => {
  it("gives each request its own answer, in whatever order they come", async () => {
    const waiting: (() => void)[] = [];
    const { client } = connect(({ request, command }, tell) => {
      const runId = "runId" in command ? command.runId : "";
      waiting.push(() => tell({ kind: "refusal", request, problem: { area: "training", message: runId } }));
      if (waiting.length === 2) waiting.toReversed().forEach((send) => send());
    });
    const first = client.request({ kind: "pause", runId: "one" });
    const second = client.request({ kind: "stop", runId: "two" });
    await Promise.all([expect(first).rejects.toThrow("one"), expect(second).rejects.toThrow("two")]);
  });

  it("resolves with the answer", async () => {
    const preview = { tokens: [], truncated: false, windows: 1, window: 0 };
    const { client } = connect(({ request }, tell) => tell({ kind: "answer", request, answer: preview }));
    expect(await client.request({ kind: "resume", runId: "x" })).toEqual(preview);
  });

  it("tells where a refusal belongs", async () => {
    const problem = { area: "model", message: "config.json is missing" } as const;
    const { client } = connect(({ request }, tell) => tell({ kind: "refusal", request, problem }));
    const error: unknown = await client.request({ kind: "stop", runId: "x" }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refusal);
    expect(error instanceof Refusal && error.problem).toEqual(problem);
  });

  it("passes on what nobody asked for, until the subscription ends", async () => {
    const { client } = connect(({ request }, tell) => {
      tell({ kind: "model-progress", loaded: 1, total: 2 });
      tell({ kind: "answer", request, answer: null });
    });
    const heard: Announcement[] = [];
    const end = client.subscribe((announcement) => heard.push(announcement));
    await client.request({ kind: "pause", runId: "x" });
    end();
    await client.request({ kind: "pause", runId: "x" });
    expect(heard).toEqual([{ kind: "model-progress", loaded: 1, total: 2 }]);
  });

  it("leaves nothing hanging when the worker dies", async () => {
    const { client, fail } = connect(() => undefined);
    const heard: Announcement[] = [];
    client.subscribe((announcement) => heard.push(announcement));
    const open = client.request({ kind: "pause", runId: "x" });
    fail();
    fail();
    await expect(open).rejects.toThrow(/engine stopped.*Restart it/);
    await expect(client.request({ kind: "pause", runId: "x" })).rejects.toThrow(/engine stopped/);
    expect(heard.map(({ kind }) => kind)).toEqual(["crashed"]);
  });

  it("rejects open requests when it is terminated", async () => {
    const { client } = connect(() => undefined);
    const open = client.request({ kind: "pause", runId: "x" });
    client.terminate();
    await expect(open).rejects.toThrow("stopped");
  });
});
