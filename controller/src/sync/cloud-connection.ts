import { bytesToHex, type Clock, hexToBytes, makePossession, type Partition, type Signer, zoneOfPartition } from "@portico/card-protocol";
import type { AppliedPartition } from "./applied-reports.ts";
import { type Answer, failed, textField, type Unanswered, zoneKeysOf } from "./cloud-answer.ts";
import { type CloudExchange, httpExchange, type HttpExchangeOptions } from "./cloud-exchange.ts";
import { eventsAnswerOf, type EventsAnswer } from "./event-transport.ts";
import type { CloudTransport } from "./cloud-transport.ts";
import type { ConfigurationOutcome } from "./configuration-outcome.ts";
import type { DeliveredZoneKey } from "./delivered-zone-key.ts";
import { type MoneyQuestion, type MoneyReply, moneyReplyOf } from "../money/cloud-money.ts";
import type { CommandOutcome } from "./command-outcome.ts";
import type { RevocationReport } from "./revocation-reporter.ts";
import type { FeedQuery, StreamListener } from "./feed-client.ts";

export interface CloudConnectionOptions extends HttpExchangeOptions {
  readonly site: string;
  readonly controller: string;
  /** The controller's own key. */
  readonly signer: Signer;
  readonly clock: Pick<Clock, "after">;
  readonly onZoneKeys: (keys: readonly DeliveredZoneKey[]) => void;
}

/** An answer is not waited for longer; a stream's own silence is its reader's to judge. */
const ANSWER_WITHIN_MS = 20_000;
/** No answer but a chunk or the feed is longer. */
const ANSWER_BYTES_MAX = 65_536;
const CHUNK_BYTES_MAX = 262_144;

/** The cloud over HTTP: shows the controller's key, keeps the token that it gets for it, and asks with that. Nothing rejects: what fails is told. */
export class CloudConnection implements CloudTransport {
  readonly #options: CloudConnectionOptions;
  readonly #exchange: CloudExchange;
  #token: string | undefined;
  /** Of the zones' keys that came with the newest token, which is good for these zones. */
  #generations: ReadonlyMap<string, number> = new Map();

  /** @param exchange  absent: over sockets */
  constructor(options: CloudConnectionOptions, exchange: CloudExchange = httpExchange(options)) {
    this.#options = options;
    this.#exchange = exchange;
  }

  open(query: FeedQuery, listener: StreamListener): () => void {
    let cancel = (): void => {};
    let isOver = false;
    const end = (detail: string, retryAfterS?: number): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      listener.onEnd({ detail, ...(retryAfterS === undefined ? {} : { retryAfterS }) });
    };
    const follow = async (): Promise<void> => {
      const admitted = await this.#admitted();
      if (isOver) return;
      if (typeof admitted !== "string") return end(admitted.detail, admitted.retryAfterS);
      cancel = this.#stream(pathOf(this.#admittedPart(query)), admitted, {
        onOpen: () => {
          if (!isOver) listener.onOpen();
        },
        onBytes: (bytes) => {
          if (!isOver) listener.onBytes(bytes);
        },
        onEnd: end,
      });
    };
    void follow();
    return () => {
      isOver = true;
      cancel();
    };
  }

  async chunk(sha256: string): Promise<Uint8Array | undefined> {
    const answer = await this.#asked("GET", `/v1/chunk/${sha256}`, undefined, CHUNK_BYTES_MAX);
    return "status" in answer && answer.status === 200 ? answer.body : undefined;
  }

  /** A time frame for this nonce; undefined: it could not be had. */
  async time(nonce: Uint8Array): Promise<Uint8Array | undefined> {
    const answer = await this.#asked("POST", "/v1/time", nonce, ANSWER_BYTES_MAX);
    return "status" in answer && answer.status === 200 ? answer.body : undefined;
  }

  async applied(partitions: readonly AppliedPartition[]): Promise<boolean> {
    const body = new TextEncoder().encode(JSON.stringify({ partitions }));
    const answer = await this.#asked("POST", "/v1/applied", body, ANSWER_BYTES_MAX);
    return "status" in answer && answer.status === 204;
  }

  async zoneKeys(generations: ReadonlyMap<string, number>): Promise<void> {
    if ([...generations].every(([zone, generation]) => this.#generations.get(zone) === generation)) return;
    this.#token = undefined;
    await this.#admitted();
  }

  async revocations(report: RevocationReport): Promise<boolean> {
    const answer = await this.#asked("POST", "/v1/revocations", new TextEncoder().encode(JSON.stringify(report)), ANSWER_BYTES_MAX);
    return "status" in answer && answer.status === 204;
  }

  async commandOutcome(outcome: CommandOutcome): Promise<void> {
    await this.#asked("POST", "/v1/commands/outcome", new TextEncoder().encode(JSON.stringify(outcome)), ANSWER_BYTES_MAX);
  }

  async configurationOutcome(outcome: ConfigurationOutcome): Promise<void> {
    await this.#asked("POST", "/v1/configurations/outcome", new TextEncoder().encode(JSON.stringify(outcome)), ANSWER_BYTES_MAX);
  }

  async askMoney(question: MoneyQuestion): Promise<MoneyReply> {
    return moneyReplyOf(await this.#asked("POST", "/v1/money", new TextEncoder().encode(JSON.stringify(question)), ANSWER_BYTES_MAX));
  }

  async sendEvents(batch: Uint8Array): Promise<EventsAnswer> {
    const answer = await this.#asked("POST", "/v1/events", batch, ANSWER_BYTES_MAX);
    return "status" in answer ? eventsAnswerOf(answer) : { kind: "unreachable", ...answer };
  }

  /** With the token; one that has ended is replaced once. The answer, or why there is none. */
  async #asked(method: "GET" | "POST", path: string, body: Uint8Array | undefined, bytesMax: number): Promise<Answer | Unanswered> {
    for (let attempt = 0; ; attempt++) {
      const admitted = await this.#admitted();
      if (typeof admitted !== "string") return admitted;
      const answer = await this.#request(method, path, `Bearer ${admitted}`, body, bytesMax);
      if (typeof answer === "string") return { detail: answer };
      if (answer.status !== 401) return answer;
      if (this.#token === admitted) this.#token = undefined;
      if (attempt > 0) return failed("the token that it gave", answer);
    }
  }

  /** The token, or why there is none. */
  async #admitted(): Promise<string | Unanswered> {
    if (this.#token !== undefined) return this.#token;
    const { site, controller, signer, onZoneKeys } = this.#options;
    const path = `/v1/controllers/${encodeURIComponent(controller)}`;
    const challenge = await this.#request("POST", `${path}/challenge`, undefined, undefined, ANSWER_BYTES_MAX);
    if (typeof challenge === "string") return { detail: challenge };
    const nonce = hexToBytes(textField(challenge, "nonce") ?? "");
    if (nonce?.length !== 32) return failed("the challenge", challenge);
    const proof = makePossession(site, { nonce, person: controller }, signer);
    const answer = await this.#request("POST", `${path}/token`, `Challenge ${bytesToHex(nonce)}`, proof, ANSWER_BYTES_MAX);
    if (typeof answer === "string") return { detail: answer };
    const token = textField(answer, "token");
    const keys = zoneKeysOf(answer);
    if (token === undefined || keys === undefined) return failed("the controller's key", answer);
    this.#generations = new Map(keys.map(({ zone, generation }) => [zone, generation]));
    onZoneKeys(keys);
    return (this.#token = token);
  }

  /** A zone that the cloud does not let it follow would cost it all the others. */
  #admittedPart({ position, ...rest }: FeedQuery): FeedQuery {
    const isAdmitted = (partition: Partition): boolean => {
      const zone = zoneOfPartition(partition);
      return zone === undefined || this.#generations.has(zone);
    };
    return { position: position.filter(({ partition }) => isAdmitted(partition)), ...rest };
  }

  #stream(
    path: string,
    token: string,
    listener: { onOpen(): void; onBytes(bytes: Uint8Array): void; onEnd(detail: string, retryAfterS?: number): void },
  ): () => void {
    const request = { method: "GET", path, authorization: `Bearer ${token}`, body: undefined } as const;
    let isOpen = false;
    return this.#exchange(request, {
      onHead: (status, retryAfterS) => {
        isOpen = status === 200;
        if (isOpen) return listener.onOpen();
        // 403: a zone was taken away since; the next token says which are left.
        if (status === 401 || status === 403) this.#token = undefined;
        listener.onEnd(`the cloud answered ${status}`, retryAfterS);
      },
      onBytes: (bytes) => {
        if (isOpen) listener.onBytes(bytes);
      },
      onEnd: () => listener.onEnd("the cloud ended the feed"),
      onFailure: (detail) => listener.onEnd(detail),
    });
  }

  /** An answer, or what went wrong on the way. */
  #request(method: "GET" | "POST", path: string, authorization: string | undefined, body: Uint8Array | undefined, bytesMax: number): Promise<Answer | string> {
    return new Promise((resolve) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      let head: Omit<Answer, "body"> = { status: 0, retryAfterS: undefined };
      const giveUp = this.#exchange(
        { method, path, authorization, body },
        {
          onHead: (status, retryAfterS) => (head = { status, retryAfterS }),
          onBytes: (bytes) => {
            chunks.push(bytes);
            length += bytes.length;
            if (length > bytesMax) settle(`an answer of more than ${bytesMax} bytes`);
          },
          onEnd: () => settle({ ...head, body: new Uint8Array(Buffer.concat(chunks)) }),
          onFailure: (detail) => settle(detail),
        },
      );
      const cancel = this.#options.clock.after(ANSWER_WITHIN_MS, () => settle("no answer within 20 s"));
      const settle = (answer: Answer | string): void => {
        cancel();
        resolve(answer);
        if (typeof answer === "string") giveUp();
      };
    });
  }
}

function pathOf({ position, trustListSequence, configuration }: FeedQuery): string {
  const parts = position.map(({ partition, epoch, version }) => `p=${encodeURIComponent(`${partition}:${epoch}:${version}`)}`);
  const held = configuration === undefined ? [] : [`c=${configuration.epoch}:${configuration.number}:${configuration.running}`];
  return `/v1/feed?${[...parts, `t=${trustListSequence}`, ...held].join("&")}`;
}
