import type { Random } from "@portico/card-protocol";
import type { CloudExchange, CloudRequest, ExchangeListener } from "@portico/controller";
import type { SimulatedClock } from "@portico/firmware-ts";

/** What goes wrong on the line between a controller and its cloud. Shares are 0..1, of every portion of bytes. */
export interface LineFaults {
  /** Everything arrives up to so many milliseconds late; never out of order. */
  readonly delayMsMax?: number;
  /** The portion arrives in 2 to 4 pieces. */
  readonly split?: number;
  /** Half of the portion arrives, then the connection is gone. */
  readonly tear?: number;
  /** The request never arrives: the connection is gone before an answer. */
  readonly refuse?: number;
}

export interface VirtualLineOptions {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** Nothing but paths is looked at: there is no such host. */
const ORIGIN = "http://cloud.virtual";
const FEED = "/v1/feed?";
const PIECES_MAX = 4;

/** A network of one line: the controller's requests reach the cloud within the same program, and what comes back can be late, torn, withheld or cut off. */
export class VirtualLine {
  /** Looks at what the feed brings, as somebody on the way could; answers with what arrives in its place. */
  middleman: ((bytes: Uint8Array) => Uint8Array) | undefined;
  readonly #options: VirtualLineOptions;
  readonly #connections = new Set<(detail: string) => void>();
  #faults: LineFaults = {};
  #isCut = false;

  constructor(options: VirtualLineOptions) {
    this.#options = options;
  }

  /** From now on the line misbehaves like this; `{}` heals it. */
  setFaults(faults: LineFaults): void {
    this.#faults = faults;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Pulls the plug: every connection breaks, new ones are refused until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    this.hangUp("the connection broke");
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Every connection breaks; new ones are taken. */
  hangUp(detail: string): void {
    for (const end of Array.from(this.#connections)) end(detail);
  }

  /** How a controller reaches the cloud. */
  readonly exchange: CloudExchange = (request, listener) => {
    let isOver = false;
    let stopReading = (): void => {};
    const leave = (): void => {
      isOver = true;
      this.#connections.delete(fail);
      stopReading();
    };
    const fail = (detail: string): void => {
      if (isOver) return;
      leave();
      listener.onFailure(detail);
    };
    this.#connections.add(fail);
    const carried = this.#carry(request, listener, { isOver: () => isOver, fail, leave, onReader: (cancel) => (stopReading = cancel) });
    carried.catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
    return leave;
  };

  async #carry({ method, path, authorization, body }: CloudRequest, listener: ExchangeListener, connection: Connection): Promise<void> {
    await this.#late();
    if (connection.isOver()) return;
    if (this.#isCut) return connection.fail("the network is unreachable");
    if (this.#happens(this.#faults.refuse)) return connection.fail("the connection broke");
    const headers = authorization === undefined ? {} : { authorization };
    const init = body === undefined ? { method, headers } : { method, headers, body: body.slice() };
    const response = await this.#options.fetch(new Request(ORIGIN + path, init));
    const reader = response.body?.getReader();
    connection.onReader(() => void reader?.cancel());
    if (connection.isOver()) return void reader?.cancel();
    await this.#late();
    if (connection.isOver()) return;
    const retryAfter = response.headers.get("retry-after");
    listener.onHead(response.status, retryAfter === null ? undefined : Number(retryAfter));
    const passed = (bytes: Uint8Array): Uint8Array => (path.startsWith(FEED) ? (this.middleman?.(bytes) ?? bytes) : bytes);
    for (let read = await reader?.read(); read?.done === false && !connection.isOver(); read = await reader?.read())
      await this.#deliver(passed(read.value), listener, connection);
    if (connection.isOver()) return;
    connection.leave();
    listener.onEnd();
  }

  async #deliver(bytes: Uint8Array, listener: ExchangeListener, connection: Connection): Promise<void> {
    const isTorn = this.#happens(this.#faults.tear);
    const whole = isTorn ? bytes.subarray(0, bytes.length >> 1) : bytes;
    const pieces = this.#happens(this.#faults.split) ? 2 + Math.floor(this.#options.random() * (PIECES_MAX - 1)) : 1;
    const length = Math.ceil(whole.length / pieces);
    for (let at = 0; at < whole.length; at += length) {
      await this.#late();
      if (connection.isOver()) return;
      listener.onBytes(whole.slice(at, at + length));
    }
    if (isTorn) connection.fail("the connection broke");
  }

  async #late(): Promise<void> {
    const ms = (this.#faults.delayMsMax ?? 0) * this.#options.random();
    await new Promise<void>((resolve) => void this.#options.clock.after(ms, resolve));
  }

  #happens(share: number | undefined): boolean {
    return share !== undefined && this.#options.random() < share;
  }
}

/** One request on its way. */
interface Connection {
  readonly isOver: () => boolean;
  readonly fail: (detail: string) => void;
  readonly leave: () => void;
  readonly onReader: (cancel: () => void) => void;
}
