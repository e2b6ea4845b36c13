import { request } from "node:http";
import type { Clock } from "@portico/card-protocol";
import type { ChainVerdict, EventLine } from "@portico/controller";

/** A controller's boards may be online a moment before its control socket is. */
const NOT_YET = ["ENOENT", "ECONNREFUSED"];
const AGAIN_MS = 5;
const TRIES_MAX = 1_000;

/** The control socket of whichever controller runs on a data folder. */
export class ControlSocket {
  readonly #path: string;
  readonly #clock: Pick<Clock, "after">;

  constructor(path: string, clock: Pick<Clock, "after">) {
    this.#path = path;
    this.#clock = clock;
  }

  /** All events behind the one of that number, oldest first. */
  async eventsBehind(seq: number): Promise<EventLine[]> {
    const text = await this.#ask("GET", `/v1/events?after=${seq}&limit=100000`);
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as EventLine);
  }

  /** The controller's own verdict on its chain. */
  async chainVerdict(): Promise<ChainVerdict> {
    return JSON.parse(await this.#ask("POST", "/v1/events/verify", {})) as ChainVerdict;
  }

  async loadList(folder: string): Promise<void> {
    await this.#ask("POST", "/v1/list/load", { folder, by: "crash test", reason: "" });
  }

  /** The body of the answer. Rejects when it is a refusal, or when nobody answers for seconds. */
  async #ask(method: "GET" | "POST", path: string, body?: object): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await asked(this.#path, method, path, body);
      } catch (error) {
        if (tries === TRIES_MAX || !NOT_YET.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
        await new Promise<void>((resolve) => this.#clock.after(AGAIN_MS, resolve));
      }
    }
  }
}

function asked(socketPath: string, method: string, path: string, body: object | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, headers: body === undefined ? {} : { "content-type": "application/json" } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))));
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
