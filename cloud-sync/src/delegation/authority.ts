import { ok, type Result } from "@portico/card-protocol";
import { ROLES } from "../api/roles.ts";
import type { Scope } from "../api/scopes.ts";
import type { PresentedKey } from "../callers.ts";
import type { Cloud } from "../cloud.ts";
import { type Concern, EXCESSES, excessOf } from "../core/delegation.ts";
import { refuse } from "../core/refusal.ts";
import type { Queries } from "../store/cloud-database.ts";
import { type Delegation, delegationsOf } from "./delegations.ts";
import { isLive, readOperator } from "./operators.ts";

/** What a caller may, and where. */
export interface Authority {
  /** Everywhere. */
  readonly scopes: ReadonlySet<Scope>;
  /** Each at its places, up to its date. */
  readonly delegations: readonly Delegation[];
  /** A person runs it: what it changes it gives a reason for. */
  readonly isOperator: boolean;
}

/**
 * What a request is about: an answer of the route's, by which delegated administrators are judged. `anywhere`: it says nothing about any place.
 * `elsewhere`: it is the campus's, or about nothing that is there.
 */
export type Within = Concern | "anywhere" | "elsewhere";

/** What the holder of a key may now: a machine what its key says; an operator what its role says, and what is delegated to it. */
export async function authorityOf(cloud: Cloud, key: PresentedKey): Promise<Result<Authority, "OperatorEnded">> {
  if (key.operator === null) return ok({ scopes: new Set(key.scopes), delegations: [], isOperator: false });
  const { queries } = cloud.database;
  const now = Math.floor(cloud.nowMs() / 1000);
  const operator = await readOperator(queries, key.operator);
  if (operator === undefined || !isLive(operator, now)) return refuse("OperatorEnded", key.operator);
  const scopes = new Set<Scope>(operator.role === null ? [] : ROLES[operator.role]);
  return ok({ scopes, delegations: await delegationsOf(queries, operator.id, now), isOperator: true });
}

export type WithinRefusal = "NotDelegable" | "NotYourPlace" | "NotYourCapability" | "BeyondYourDate" | "MayNotDelegate";

/** The delegation that covers what a request is about; else what is too much of it for the one that comes nearest. */
export async function coveringDelegation(queries: Queries, { delegations }: Authority, within: Within): Promise<Result<Delegation, WithinRefusal>> {
  if (within === "elsewhere") return refuse("NotYourPlace");
  if (within === "anywhere") return ok(delegations.at(-1)!);
  const points = within.accessPoints;
  const rows = points.length === 0 ? [] : await queries.selectFrom("access_point").select(["id", "zone"]).where("id", "in", points).execute();
  const zones = new Map(rows.map(({ id, zone }) => [id, zone]));
  const judged = delegations.map((delegation) => ({ delegation, excess: excessOf(delegation, within, (id) => zones.get(id)) }));
  const covering = judged.findLast(({ excess }) => excess === undefined);
  if (covering !== undefined) return ok(covering.delegation);
  // The excess that comes last of the order comes nearest.
  const [nearest] = judged.map(({ excess }) => excess!).sort((a, b) => EXCESSES.indexOf(b.refusal) - EXCESSES.indexOf(a.refusal));
  return refuse(nearest!.refusal, nearest!.detail);
}
