import pg from "pg";
import { type Hint, type Hints, LocalHints } from "./hints.ts";

const CHANNEL = "portico";
const HINTS: readonly Hint[] = ["change", "publication"];

/**
 * Hints by NOTIFY, each in a transaction of its own that writes nothing: within the transaction of a change they would make all commits wait for one
 * another. Heard on a connection of their own.
 */
export class PostgresHints implements Hints {
  readonly #local = new LocalHints();
  readonly #connect: () => pg.Client;
  readonly #send: (channel: string, hint: Hint) => Promise<unknown>;
  readonly #waiting = new Set<Hint>();
  #isSending = false;
  #isClosed = false;
  #listening: pg.Client | undefined;
  #starting: Promise<void> | undefined;

  /**
   * @param connect  a client that is not connected yet
   * @param send     sends one hint
   */
  constructor(connect: () => pg.Client, send: (channel: string, hint: Hint) => Promise<unknown>) {
    this.#connect = connect;
    this.#send = send;
  }

  tell(hint: Hint): void {
    this.#local.tell(hint);
    this.#waiting.add(hint);
    if (!this.#isSending) void this.#sendAll();
  }

  on(hint: Hint, act: () => void): () => void {
    return this.#local.on(hint, act);
  }

  listen(): Promise<void> {
    if (this.#isClosed || this.#listening !== undefined) return Promise.resolve();
    return (this.#starting ??= this.#start().finally(() => (this.#starting = undefined)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#starting;
    const client = this.#listening;
    this.#listening = undefined;
    await client?.end();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    while (this.#waiting.size > 0 && !this.#isClosed) {
      const hints = [...this.#waiting];
      this.#waiting.clear();
      // A hint that cannot be sent is found out by looking.
      for (const hint of hints) await this.#send(CHANNEL, hint).catch(() => {});
    }
    this.#isSending = false;
  }

  async #start(): Promise<void> {
    const client = this.#connect();
    client.on("error", () => this.#ended(client));
    client.on("end", () => this.#ended(client));
    client.on("notification", ({ payload }) => {
      const hint = HINTS.find((one) => one === payload);
      if (hint !== undefined) this.#local.tell(hint);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#listening = client;
    } catch {
      // Whoever asks next tries again; until then looking into the store tells as much.
      await client.end().catch(() => {});
    }
  }

  #ended(client: pg.Client): void {
    if (this.#listening === client) this.#listening = undefined;
  }
}
