/**
 * The page's end of the line to the worker: typed requests with numbers, answers as promises, everything else by
 * subscription. Knows nothing of stores or of what the messages mean.
 */
import type { Answers, Command, CommandKind, Problem, Request, WorkerMessage } from "./protocol.ts";

/** The worker refused a request; `problem` says where that belongs on the page. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** What a client needs of a worker. A MessagePort with a `terminate` does as well. */
export interface WorkerLine {
  postMessage(request: Request): void;
  addEventListener(type: "message", listener: (event: MessageEvent<WorkerMessage>) => void): void;
  addEventListener(type: "error" | "messageerror", listener: (event: Event) => void): void;
  terminate(): void;
}

/** Messages that nobody asked for, and the worker's end. */
export type Announcement =
  | Exclude<WorkerMessage, { readonly kind: "answer" | "refusal" }>
  | { readonly kind: "crashed"; readonly message: string };

interface Pending {
  readonly resolve: (answer: Answers[CommandKind]) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerClient {
  readonly #line: WorkerLine;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(announcement: Announcement) => void>();
  #lastRequest = 0;
  #ended: Error | undefined;

  constructor(line: WorkerLine = startWorker()) {
    this.#line = line;
    line.addEventListener("message", ({ data }) => this.#receive(data));
    line.addEventListener("error", (event) => this.#crash(crashMessage(event)));
    line.addEventListener("messageerror", () => this.#crash("A message from the engine could not be read."));
  }

  /** Sends a command. Rejects with a `Refusal` when the worker says no, and with an error when it is gone. */
  request<Sent extends Command>(command: Sent): Promise<Answers[Sent["kind"]]> {
    if (this.#ended) return Promise.reject(this.#ended);
    const request = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      // The one cast of the protocol: the answer with this number belongs to the command with this number.
      this.#pending.set(request, { resolve: (answer) => resolve(answer as Answers[Sent["kind"]]), reject });
      this.#line.postMessage({ request, command });
    });
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops the worker at once, whatever it does. Open requests reject. */
  terminate(): void {
    this.#line.terminate();
    this.#end(new Error("The engine was stopped."));
    this.#listeners.clear();
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case "answer":
        return this.#take(message.request)?.resolve(message.answer);
      case "refusal":
        return this.#take(message.request)?.reject(new Refusal(message.problem));
      case "run-event":
      case "run-failed":
      case "sweep-event":
      case "sweep-failed":
      case "savings-event":
      case "inspection-event":
      case "opening-progress":
      case "model-progress":
      case "device-event":
        return this.#announce(message);
      default:
        return message satisfies never;
    }
  }

  #take(request: number): Pending | undefined {
    const pending = this.#pending.get(request);
    this.#pending.delete(request);
    return pending;
  }

  #announce(announcement: Announcement): void {
    for (const listener of this.#listeners) listener(announcement);
  }

  #crash(message: string): void {
    if (this.#ended) return;
    this.#line.terminate();
    this.#end(new Error(message));
    this.#announce({ kind: "crashed", message });
  }

  #end(error: Error): void {
    this.#ended = error;
    const open = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of open) reject(error);
  }
}

function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "engine" });
}

function crashMessage(event: Event): string {
  const told = "message" in event && typeof event.message === "string" ? event.message : "";
  const reason = told || "its script could not be loaded or failed";
  return `The engine stopped: ${reason}. Restart it; your settings and finished runs are kept.`;
}
