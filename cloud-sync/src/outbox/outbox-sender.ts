import type { Clock, Random } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { GIVEN_UP_AFTER_S, MESSAGE_CHANNELS, type MessageChannel, retryWaitMs } from "../core/outbox/message.ts";
import { EvenLooks } from "../even-looks.ts";
import type { OutboxMessageTable } from "../store/outbox-tables.ts";
import { claimMessages, messageDelayed, messageFailed, messageSent, pruneMessages } from "./outbox.ts";

/** One message on its way out. */
export interface OutgoingMessage {
  /** The same however often it is sent: whoever gets it twice knows that it is one. */
  readonly id: string;
  readonly kind: string;
  readonly address: string;
  readonly subject: string;
  readonly text: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * What became of a message. `taken`: a server answers for it from now on. `later`: nobody took it, and that is no fault of this message. `never`: it was refused
 * for good. Problems are for people, and hold no address.
 */
export type SendOutcome = { readonly kind: "taken" } | { readonly kind: "later" | "never"; readonly problem: string };

/** Somebody who carries messages away. Never rejects. */
export interface MessageCarrier {
  send(message: OutgoingMessage): Promise<SendOutcome>;
  close(): void;
}

/** By which ways this cloud can send. */
export type Carriers = { readonly [Channel in MessageChannel]?: MessageCarrier };

export interface OutboxSenderNeeds {
  readonly cloud: Cloud;
  readonly carriers: Carriers;
  readonly clock: Pick<Clock, "after">;
  /** For jitter. */
  readonly random: Random;
  /** Callers have to be told something. */
  readonly onTold: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** What other instances brought, and what is due again, is looked for this often. */
const LOOK_EVERY_MS = 2_000;
/** While one instance tries a message, no other does; one that dies meanwhile holds it up for so long. */
export const CLAIM_MS = 5 * 60_000;
/** Messages in one claim. */
const AT_ONCE = 20;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Sends what waits in the outbox, at least once: a message that was taken and could not be marked is sent again as the same message. Any number of instances
 * may run it: each message is claimed by one of them.
 */
export class OutboxSender {
  readonly #needs: OutboxSenderNeeds;
  readonly #looks: EvenLooks;
  readonly #prunes: EvenLooks;
  #run: Promise<void> | undefined;
  #again = false;
  #isClosed = false;

  constructor(needs: OutboxSenderNeeds) {
    this.#needs = needs;
    const { cloud, clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: LOOK_EVERY_MS, look: () => this.#sendAll(), onFailure });
    this.#prunes = new EvenLooks({ clock, everyMs: PRUNE_EVERY_MS, look: () => pruneMessages(cloud.database, Math.floor(cloud.nowMs() / 1000)), onFailure });
  }

  /** By which ways it can send. */
  get channels(): readonly MessageChannel[] {
    return MESSAGE_CHANNELS.filter((channel) => this.#needs.carriers[channel] !== undefined);
  }

  /** Something may wait. Returns at once. */
  poke(): void {
    this.#sendAll().catch((error: unknown) => this.#needs.onFailure(error));
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    while (this.#run !== undefined) await this.#run.catch(() => {});
  }

  /** Ends: what is on its way is waited for, the rest is sent after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#looks.close();
    await this.#prunes.close();
    await this.settled();
    for (const channel of this.channels) this.#needs.carriers[channel]!.close();
  }

  #sendAll(): Promise<void> {
    this.#again = true;
    this.#run ??= this.#send().finally(() => (this.#run = undefined));
    return this.#run;
  }

  async #send(): Promise<void> {
    const { cloud } = this.#needs;
    while (this.#again && !this.#isClosed) {
      this.#again = false;
      const nowMs = cloud.nowMs();
      const { claimed, isMore } = await claimMessages(cloud.database.queries, this.channels, nowMs, nowMs + CLAIM_MS, AT_ONCE);
      await Promise.all(claimed.map((row) => this.#sendOne(row)));
      if (isMore) this.#again = true;
    }
  }

  async #sendOne(row: OutboxMessageTable): Promise<void> {
    const { cloud, carriers, random, onTold } = this.#needs;
    const { database } = cloud;
    const { id, kind, address, subject, text, parameters, tries } = row;
    const outcome = await carriers[row.channel]!.send({ id, kind, address, subject, text, parameters: JSON.parse(parameters) as Record<string, string> });
    const now = Math.floor(cloud.nowMs() / 1000);
    if (outcome.kind === "taken") return messageSent(database.queries, id, now);
    const { problem } = outcome;
    if (outcome.kind === "later" && now - row.created_at < GIVEN_UP_AFTER_S)
      return messageDelayed(database.queries, id, { tries: tries + 1, next_at: cloud.nowMs() + retryWaitMs(tries, random()), problem });
    const told = outcome.kind === "never" ? problem : `not taken for ${GIVEN_UP_AFTER_S / 86_400} days; at last: ${problem}`;
    if (await database.transact((queries) => messageFailed(queries, cloud, row, told))) onTold();
  }
}
