import { err } from "@portico/card-protocol";
import { ACCESS_REFUSAL } from "./access-refusal.ts";
import { BACKEND_REFUSALS } from "./backend-refusals.ts";
import { CASE_REFUSALS } from "./case-refusals.ts";
import { EVENT_REFUSAL } from "./event-refusal.ts";
import { FLEET_REFUSAL } from "./fleet-refusal.ts";
import { KEY_REFUSAL } from "./key-refusal.ts";
import { LOCK_REFUSAL } from "./lock-refusal.ts";
import { LOG_IN_REFUSAL } from "./log-in-refusal.ts";
import { MONEY_REFUSAL } from "./money-refusal.ts";
import { OPERATOR_REFUSAL } from "./operator-refusal.ts";
import { REQUEST_REFUSAL } from "./request-refusal.ts";
import type { InTheWay } from "./reservations/in-the-way.ts";
import type { NearbySlot } from "./reservations/nearby.ts";
import { RESERVATION_REFUSAL } from "./reservations/refusal-rows.ts";
import type { RefusalRow } from "./refusal-row.ts";

export type { RefusalRow } from "./refusal-row.ts";

/** Every refusal of the API, once: operations, problem details, OpenAPI and docs/api.md take it from here. */
export const REFUSAL = {
  ...REQUEST_REFUSAL,
  ...LOG_IN_REFUSAL,
  ...OPERATOR_REFUSAL,
  ...ACCESS_REFUSAL,
  ...BACKEND_REFUSALS,
  ...MONEY_REFUSAL,
  ...RESERVATION_REFUSAL,
  ...CASE_REFUSALS,
  ...LOCK_REFUSAL,
  ...KEY_REFUSAL,
  ...EVENT_REFUSAL,
  ...FLEET_REFUSAL,
} as const satisfies Record<string, RefusalRow>;
export type RefusalName = keyof typeof REFUSAL;

/** A refusal with what exactly is refused. */
export const refuse = <Name extends RefusalName>(name: Name, detail = "") => err(name, detail);

/** What a refusal says otherwise than the table, where it depends on what was asked. */
export interface RefusalFacts {
  readonly rule?: string;
  /** As one reads it out. */
  readonly contact?: string;
  readonly caseCategory?: string | undefined;
  /** What could be booked instead of what is taken. */
  readonly nearby?: { readonly sameTime: readonly NearbySlot[]; readonly sameResource: readonly NearbySlot[] };
  /** What stands where the campus wants a place for itself. */
  readonly inTheWay?: readonly InTheWay[];
}
/** A refusal that names its own rule and whom to ask (rule 1.7). */
export const refuseAs = <Name extends RefusalName>(name: Name, detail: string, facts: RefusalFacts) => ({ ...err(name, detail), facts });
