import { bytesToHex, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { WebhookTable } from "../store/notification-tables.ts";
import { isNotificationKind, type NotificationKind, notificationRange } from "./notification.ts";

/** Where notifications are pushed to. */
export interface Webhook {
  readonly id: string;
  /** https, or http on this machine. */
  readonly url: string;
  /** Empty: every kind. */
  readonly kinds: readonly NotificationKind[];
  readonly state: "active" | "stopped";
  /** Everything up to this number was taken. */
  readonly delivered: number;
  /** Seconds; null: it takes what it gets. */
  readonly failingSince: number | null;
  /** Of the last try; empty: it was taken. */
  readonly problem: string;
}

/** A webhook with whom it speaks for: the public key in hex. */
export interface OwnedWebhook extends Webhook {
  readonly audience: string;
  readonly tries: number;
}

/** Hooks that one cloud serves. */
const WEBHOOKS_MAX = 50;

/**
 * Makes a webhook that hears what comes from now on, or changes where it stands and what it hears: what it was behind with it still gets.
 *
 * @param apiKey  whose it is: tokens are signed for that key
 */
export function putWebhook(
  cloud: Cloud,
  note: ChangeNote,
  apiKey: string,
  { id, url, kinds }: Pick<Webhook, "id" | "url" | "kinds">,
): Promise<Result<Changed<Webhook>, "RequestMalformed" | "IdTaken">> {
  return mutate(cloud, { ...note, target: `webhook ${id}` }, async ({ queries, now }) => {
    const trouble = urlTrouble(url);
    if (trouble !== undefined) return refuse("RequestMalformed", `url: ${trouble}`);
    const before = await queries.selectFrom("webhook").selectAll().where("id", "=", id).executeTakeFirst();
    if (before !== undefined && before.api_key !== apiKey) return refuse("IdTaken", "another key's webhook");
    const heard = JSON.stringify([...new Set(kinds)].sort());
    if (before === undefined) {
      const { count } = await queries
        .selectFrom("webhook")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      if (count >= WEBHOOKS_MAX) return refuse("IdTaken", `there are ${WEBHOOKS_MAX} webhooks: remove one`);
      const { seq } = await notificationRange(queries);
      const row: WebhookTable = {
        id,
        url,
        kinds: heard,
        api_key: apiKey,
        created_at: now,
        delivered: seq,
        state: "active",
        failing_since: null,
        tries: 0,
        next_at: 0,
        problem: "",
      };
      await queries.insertInto("webhook").values(row).execute();
      return ok(webhookOf(row));
    }
    const changed = { url, kinds: heard, state: "active", failing_since: null, tries: 0, next_at: 0, problem: "" } as const;
    await queries.updateTable("webhook").set(changed).where("id", "=", id).execute();
    return ok(webhookOf({ ...before, ...changed }));
  });
}

export function removeWebhook(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "WebhookUnknown">> {
  return mutate(cloud, { ...note, target: `webhook ${id}` }, async ({ queries }) => {
    const { numDeletedRows } = await queries.deleteFrom("webhook").where("id", "=", id).executeTakeFirstOrThrow();
    return numDeletedRows === 0n ? refuse("WebhookUnknown", id) : ok(null);
  });
}

/** Has a stopped or failing webhook tried again now, from where it stopped. */
export function resumeWebhook(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<Webhook>, "WebhookUnknown">> {
  return mutate(cloud, { ...note, target: `webhook ${id}` }, async ({ queries }) => {
    await queries.updateTable("webhook").set({ state: "active", failing_since: null, tries: 0, next_at: 0 }).where("id", "=", id).execute();
    const row = await queries.selectFrom("webhook").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? refuse("WebhookUnknown", id) : ok(webhookOf(row));
  });
}

/** Sends one notification to this webhook alone, behind what it still gets. */
export function tryWebhook(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<Webhook>, "WebhookUnknown">> {
  return mutate(cloud, { ...note, target: `webhook ${id}` }, async ({ queries, notify }) => {
    const row = await queries.selectFrom("webhook").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("WebhookUnknown", id);
    notify({ kind: "webhook.test", person: null, body: { webhook: id }, webhook: id });
    return ok(webhookOf(row));
  });
}

export async function listWebhooks(queries: Queries): Promise<Webhook[]> {
  return (await queries.selectFrom("webhook").selectAll().orderBy("id").execute()).map(webhookOf);
}

/**
 * Takes the webhooks that are due and behind `newest`: nobody else tries them until `untilMs`.
 *
 * @returns those of revoked keys too: they are no longer told anything
 */
export async function claimWebhooks(
  queries: Queries,
  newest: number,
  nowMs: number,
  untilMs: number,
): Promise<(OwnedWebhook & { readonly isRevoked: boolean })[]> {
  const due = await queries
    .selectFrom("webhook")
    .innerJoin("api_key", "api_key.id", "webhook.api_key")
    .selectAll("webhook")
    .select(["api_key.public_key", "api_key.revoked_at"])
    .where("state", "=", "active")
    .where("next_at", "<=", nowMs)
    .where("delivered", "<", newest)
    .execute();
  const claimed: (OwnedWebhook & { readonly isRevoked: boolean })[] = [];
  for (const row of due) {
    const { numUpdatedRows } = await queries
      .updateTable("webhook")
      .set({ next_at: untilMs })
      .where("id", "=", row.id)
      .where("next_at", "=", row.next_at)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 1n)
      claimed.push({ ...webhookOf(row), tries: row.tries, audience: bytesToHex(new Uint8Array(row.public_key)), isRevoked: row.revoked_at !== null });
  }
  return claimed;
}

/** What a try came to. */
export async function settleWebhook(queries: Queries, id: string, outcome: Partial<Omit<WebhookTable, "id">>): Promise<void> {
  await queries.updateTable("webhook").set(outcome).where("id", "=", id).execute();
}

/** https anywhere, http on this machine alone: notifications are signed, not hidden. */
function urlTrouble(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || text.length > 500) return "an absolute URL of at most 500 characters is wanted";
  if (url.username !== "" || url.password !== "" || url.hash !== "") return "without user, password and fragment";
  const isHere = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && isHere) ? undefined : "https is wanted, but for this machine itself";
}

function webhookOf({ id, url, kinds, state, delivered, failing_since, problem }: WebhookTable): Webhook {
  return { id, url, kinds: (JSON.parse(kinds) as string[]).filter(isNotificationKind), state, delivered, failingSince: failing_since, problem };
}
