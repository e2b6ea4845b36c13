import { z } from "@hono/zod-openapi";
import { ok, type Result } from "@portico/card-protocol";
import type { PresentedKey } from "../callers.ts";
import type { Cloud } from "../cloud.ts";
import type { AttachmentFolder } from "../cases/attachment-folder.ts";
import type { CaseType } from "../core/cases/case-type.ts";
import type { CommandDesk } from "../commands/command-desk.ts";
import type { ConfigurationDesk } from "../fleet/configuration-desk.ts";
import type { RetentionDays } from "../core/event-retention.ts";
import { refuse, type RefusalName } from "../core/refusal.ts";
import type { Publisher } from "../expansion/publisher.ts";
import { type FleetHolding, OFFLINE_MAX } from "../fleet/holding.ts";
import type { Authority, Within } from "../delegation/authority.ts";
import type { Delegation } from "../delegation/delegations.ts";
import type { LogInProviders } from "../login/log-in.ts";
import type { MoneyDesk } from "../ledger/money-desk.ts";
import type { CloudKeys } from "../keys/cloud-keys.ts";
import type { Changed, ChangeNote } from "../mutation.ts";
import type { Notifier } from "../notifications/notifier.ts";
import type { OutboxFace } from "../outbox/message-kinds.ts";
import type { PassKey } from "../passes/pass-key.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { type Guard, type HeldRemoval, type MassRemovalLimits } from "../push/mass-removal.ts";
import { time, timeOf } from "./schemas.ts";
import type { Scope } from "./scopes.ts";

/** What an act works with. */
export interface Call {
  readonly cloud: Cloud;
  readonly publisher: Pick<Publisher, "published">;
  /** How many controllers hold a publication. */
  readonly holding: Pick<FleetHolding, "of">;
  /** Undefined: nothing signs passes now. */
  readonly passKey: () => PassKey | undefined;
  readonly services: ServiceDocument;
  readonly logIn: LogInProviders;
  readonly keys: CloudKeys;
  /** How long events of each kind are kept. */
  readonly retentionDays: RetentionDays;
  readonly commands: CommandDesk;
  readonly configurations: ConfigurationDesk;
  /** What whoever asks may. */
  readonly authority: Authority;
  /** The delegation under which it is asked; undefined: campus-wide. */
  readonly delegation: Delegation | undefined;
  /** Beyond these a change waits for a second operator. */
  readonly limits: MassRemovalLimits;
  readonly onHeld: (held: HeldRemoval) => void;
  /** Who asks and why; the operation fills in its target. */
  readonly note: ChangeNote;
  /** Whose request it is; undefined where anybody may ask. */
  readonly apiKey: PresentedKey | undefined;
  readonly money: MoneyDesk;
  readonly notifier: Pick<Notifier, "news" | "signer">;
  readonly outbox: OutboxFace;
  readonly caseTypes: readonly CaseType[];
  readonly attachments: AttachmentFolder;
  /** The OpenAPI document of all routes. */
  readonly document: () => object;
}

type Read<S> = S extends z.ZodType ? z.output<S> : undefined;
/** What was asked, read and found well formed. */
export interface Asked<P, Q, B> {
  readonly params: Read<P>;
  readonly query: Read<Q>;
  readonly body: Read<B>;
}
type Part = z.ZodType | undefined;

/** One route: everything that server, client, OpenAPI document and docs/api.md say of it. */
export interface Route<
  P extends Part = Part,
  Q extends Part = Part,
  B extends Part = Part,
  A extends z.ZodType = z.ZodType,
  E extends RefusalName = RefusalName,
> {
  /** `none`: anybody may ask, unsigned. */
  readonly scope: Scope | "none";
  /** Scopes that open more of it to whoever has the one above. */
  readonly more?: readonly Scope[];
  /** Noun and verb for the audit; null: changes nothing. */
  readonly action: string | null;
  /** False: it changes no list, so there is no publication to name. */
  readonly changes?: false;
  /** False: its answer holds a secret, and is not kept for an Idempotency-Key. */
  readonly keepsAnswer?: false;
  /** What it is about, for delegated administrators. A route without it is closed to them. */
  within?(call: Call, asked: Asked<P, Q, B>): Promise<Within>;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Bytes of the body, where it may be more than others. */
  readonly bodyBytesMax?: number;
  /** What the body is said to be; default JSON. JSON lines come as their text. */
  readonly bodyType?: "application/x-ndjson";
  /** One body that is well formed. */
  readonly example?: unknown;
  readonly answer: A;
  /** 201 where something new is made; else 200. */
  readonly status?: 201;
  /** What the act may say no with, beside what every route may. */
  readonly refusals: readonly E[];
  act(call: Call, asked: Asked<P, Q, B>): Promise<Result<z.output<A>, NoInfer<E>>>;
}

/** Says what a route's types are by what it consists of. */
export const route = <A extends z.ZodType, const E extends RefusalName, P extends Part = undefined, Q extends Part = undefined, B extends Part = undefined>(
  row: Route<P, Q, B, A, E>,
): Route<P, Q, B, A, E> => row;

/** How many controllers hold a change, at the moment of its answer (rule 4.4). */
const doors = z
  .object({
    applied: z.int().openapi({ description: "So many controllers have durably applied everything up to `publish`" }),
    of: z.int(),
    offline: z
      .array(z.object({ controller: z.string(), heardAt: time.nullable().openapi({ description: "When it was heard last; null: never" }) }))
      .openapi({ description: `Those that have not and do not follow the feed now, the longest silent first, at most ${OFFLINE_MAX}` }),
    status: z.string().openapi({ description: "Where the count is asked for again", example: "/v1/feed/status?publish=42" }),
  })
  .openapi("Doors");

/** By which publication a change goes to the doors, and how far it has come. */
export const onItsWay = {
  publish: z.int().nullable().openapi({ description: "The publication that carries it to the doors; null: not yet, and notice says why" }),
  notice: z.string().nullable(),
  doors: doors.nullable().openapi({ description: "How many controllers hold it already, and which are off line since when (rule 4.4); null: not published" }),
};

/** What every change is answered with. */
export const changed = <Value extends z.ZodType>(value: Value) =>
  z.object({ value, change: z.int().openapi({ description: "Number of the change in the audit" }), ...onItsWay });

/** Stands in answers whose change is kept but not on its way. */
export const UNPUBLISHED = "The change is kept, but its expansion failed: no door knows it yet. It is tried again with the next change.";

/** What the answer of a change says of its way to the doors. */
export interface OnItsWay {
  publish: number | null;
  notice: string | null;
  doors: z.output<typeof doors> | null;
}

/** Waits for the publication of a change, and says how many controllers hold it at that moment. */
export async function wayOf({ publisher, holding }: Call, change: number): Promise<OnItsWay> {
  const publish = await publisher.published(change);
  if (publish === undefined) return { publish: null, notice: UNPUBLISHED, doors: null };
  const { applied, of, offline } = await holding.of(publish);
  const silent = offline.map(({ controller, heardAt }) => ({ controller, heardAt: heardAt === null ? null : timeOf(heardAt) }));
  return { publish, notice: null, doors: { applied, of, offline: silent, status: `/v1/feed/status?publish=${publish}` } };
}

/** Waits for the publication of a change, and answers with what it gave. */
export async function published<T, Json, E extends string = never>(
  call: Call,
  result: Result<Changed<T>, E>,
  json: (value: T) => Json,
): Promise<Result<{ value: Json; change: number } & OnItsWay, E>> {
  if (!result.ok) return result;
  const { value, change } = result.value;
  const way = await wayOf(call, change);
  return ok({ value: json(value), change, ...way });
}

/** Answers for what is gone. */
export const gone = z.null();
export const nothing = (): null => null;

/** What may not be done without saying why. */
export const reasonMissing = ({ note }: Call) => (note.reason === "" ? refuse("ReasonRequired", note.action) : undefined);

/** What is needed to hold a change that would end too much. */
export const guardOf = ({ cloud, note, limits, onHeld }: Call): Guard => ({ cloud, note, limits, onHeld });
