import type { Clock, Random, Signer } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { tellMovements } from "../ledger/money-notification.ts";
import { notificationRange, numberNotifications, pruneNotifications, readNotifications } from "./notification.ts";
import { issuerOf, securityEventToken, TOKEN_TYPE } from "./security-event-token.ts";
import { claimWebhooks, type OwnedWebhook, settleWebhook } from "./webhooks.ts";

export interface NotifierNeeds {
  readonly cloud: Cloud;
  readonly signer: Signer;
  readonly clock: Pick<Clock, "after">;
  /** For jitter. */
  readonly random: Random;
  /** One request; rejects where nobody answers. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly onFailure: (error: unknown) => void;
}

/** What other instances brought is looked for this often. */
const LOOK_EVERY_MS = 1_000;
/** A receiver that does not answer by then is tried again. */
const ANSWER_WITHIN_MS = 10_000;
/** While one instance tries a webhook, no other does; one that dies meanwhile holds it up for so long. */
const CLAIM_MS = 60_000;
/** Deliveries in one claim. */
const AT_ONCE = 50;
/** The first wait is drawn from this, each further one from twice as much, up to the longest. Full jitter. */
const RETRY_FIRST_MS = 2_000;
const RETRY_LONGEST_MS = 15 * 60_000;
/** A webhook that has failed for so long is stopped, and told so in the list. */
const STOPPED_AFTER_S = 3 * 86_400;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Tells callers what concerns them: numbers notifications, wakes who waits for them, and pushes them to webhooks, each in order, at least once. Push-based
 * delivery of security event tokens, RFC 8935.
 */
export class Notifier {
  readonly #needs: NotifierNeeds;
  readonly #waiting = new Map<() => void, number>();
  readonly #cancels = new Map<string, () => void>();
  #run: Promise<void> | undefined;
  #again = false;
  #isClosed = false;
  readonly #delivering = new Map<string, Promise<void>>();
  readonly #interruption = new AbortController();

  constructor(needs: NotifierNeeds) {
    this.#needs = needs;
    this.#every("look", LOOK_EVERY_MS, () => this.poke());
    this.#every("prune", PRUNE_EVERY_MS, () => void this.#attempt(() => pruneNotifications(needs.cloud.database, Math.floor(needs.cloud.nowMs() / 1000)))); // prettier-ignore
  }

  get signer(): Signer {
    return this.#needs.signer;
  }

  /** Something may wait to be told. Returns at once. */
  poke(): void {
    if (this.#isClosed) return;
    this.#again = true;
    this.#run ??= this.#tell().finally(() => (this.#run = undefined));
  }

  /** Resolves when there is something behind `after`, at the latest after `waitMs`. */
  async news(after: number, waitMs: number): Promise<void> {
    const { cloud, clock } = this.#needs;
    if ((await notificationRange(cloud.database.queries)).seq > after || waitMs === 0 || this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = clock.after(waitMs, wake);
      this.#waiting.set(wake, after);
      this.poke();
    });
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#run !== undefined || this.#delivering.size > 0) await Promise.all([this.#run, ...this.#delivering.values()]);
  }

  /** Ends: who waits is answered with what there is, deliveries on their way are given up and tried again at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#cancels.values()) cancel();
    for (const wake of this.#waiting.keys()) wake();
    this.#interruption.abort();
    await this.settled();
  }

  async #tell(): Promise<void> {
    const { cloud } = this.#needs;
    const { queries } = cloud.database;
    while (this.#again && !this.#isClosed) {
      this.#again = false;
      await this.#attempt(async () => {
        while (await tellMovements(cloud));
        while (await numberNotifications(cloud.database));
        const { seq } = await notificationRange(queries);
        for (const [wake, after] of this.#waiting) if (after < seq) wake();
        const nowMs = cloud.nowMs();
        for (const webhook of await claimWebhooks(queries, seq, nowMs, nowMs + CLAIM_MS)) {
          const delivery = this.#attempt(() => this.#deliver(webhook, webhook.isRevoked)).finally(() => this.#delivering.delete(webhook.id));
          this.#delivering.set(webhook.id, delivery);
        }
      });
    }
  }

  /** What is due for one webhook, one after the other; the first that is not taken ends it until later. */
  async #deliver(webhook: OwnedWebhook, isRevoked: boolean): Promise<void> {
    const { cloud } = this.#needs;
    const { queries } = cloud.database;
    if (isRevoked) return settleWebhook(queries, webhook.id, { state: "stopped", problem: "its key was revoked" });
    const { items, upTo } = await readNotifications(queries, { after: webhook.delivered, limit: AT_ONCE, kinds: webhook.kinds, webhook: webhook.id });
    for (const item of items) {
      const token = securityEventToken(item, { site: cloud.site, audience: webhook.audience, signer: this.#needs.signer });
      const problem = await this.#push(webhook.url, token);
      if (this.#isClosed) return settleWebhook(queries, webhook.id, { next_at: 0 });
      if (problem !== undefined) return this.#failed(webhook, problem);
      await settleWebhook(queries, webhook.id, { delivered: item.seq, failing_since: null, tries: 0, problem: "" });
    }
    await settleWebhook(queries, webhook.id, { delivered: upTo, next_at: 0 });
    if (items.length === AT_ONCE) this.poke();
  }

  async #failed({ id, tries, failingSince, delivered }: OwnedWebhook, problem: string): Promise<void> {
    const { cloud, random, clock } = this.#needs;
    const { queries } = cloud.database;
    const now = Math.floor(cloud.nowMs() / 1000);
    const current = await queries.selectFrom("webhook").select(["delivered"]).where("id", "=", id).executeTakeFirst();
    // Some of this round were taken: it has begun to fail only now.
    const isFirst = current !== undefined && current.delivered !== delivered;
    const [since, failed] = isFirst ? [now, 0] : [failingSince ?? now, tries];
    const waitMs = Math.ceil(random() * Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failed));
    const isStopped = problem.startsWith("410") || now - since >= STOPPED_AFTER_S;
    await settleWebhook(queries, id, { failing_since: since, tries: failed + 1, problem, next_at: cloud.nowMs() + waitMs, state: isStopped ? "stopped" : "active" }); // prettier-ignore
    if (isStopped) return;
    this.#cancels.get(id)?.();
    this.#cancels.set(id, clock.after(waitMs, () => this.poke())); // prettier-ignore
  }

  /** Undefined: it was taken. */
  async #push(url: string, token: string): Promise<string | undefined> {
    const { cloud, clock, fetch } = this.#needs;
    const limit = new AbortController();
    const cancel = clock.after(ANSWER_WITHIN_MS, () => limit.abort());
    try {
      const headers = { "content-type": `application/${TOKEN_TYPE}`, accept: "application/json", "user-agent": issuerOf(cloud.site) };
      const signal = AbortSignal.any([limit.signal, this.#interruption.signal]);
      const response = await fetch(new Request(url, { method: "POST", headers, body: token, redirect: "manual", signal }));
      await response.body?.cancel();
      if (response.status >= 200 && response.status < 300) return undefined;
      return `${response.status}: the receiver did not take it`;
    } catch (error) {
      if (limit.signal.aborted) return `no answer within ${ANSWER_WITHIN_MS / 1000} s`;
      const cause = (error as { readonly cause?: { readonly code?: string } }).cause;
      return `the receiver is not there: ${cause?.code ?? (error as Error).name}`;
    } finally {
      cancel();
    }
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#needs.onFailure(error);
    }
  }

  #every(name: string, ms: number, act: () => void): void {
    const again = (): void => {
      const cancel = this.#needs.clock.after(ms, () => {
        act();
        if (!this.#isClosed) again();
      });
      this.#cancels.set(name, cancel);
    };
    again();
  }
}
