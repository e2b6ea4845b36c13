import { faultKey } from "../cases/fault.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ProviderRefundTable } from "../store/top-up-tables.ts";

/** Money that a provider hands back, and the case in which somebody looks at it. */
export interface HandBack extends ProviderRefundTable {
  /** Null: there is none, or it is over. */
  readonly campusCase: string | null;
}

/** Which ones. */
export interface HandBackQuery {
  readonly id?: string;
  readonly state?: ProviderRefundTable["state"] | undefined;
  /** Of this person. */
  readonly person?: string;
  /** Not those that are done. */
  readonly isOpen?: true;
  readonly limit: number;
}

/** The newest first. */
export async function listHandBacks(queries: Queries, { id, state, person, isOpen, limit }: HandBackQuery): Promise<HandBack[]> {
  let rows = queries.selectFrom("provider_refund").selectAll().orderBy("asked_at", "desc").orderBy("id").limit(limit);
  if (id !== undefined) rows = rows.where("id", "=", id);
  if (state !== undefined) rows = rows.where("state", "=", state);
  if (isOpen) rows = rows.where("state", "<>", "done");
  if (person !== undefined) rows = rows.where("wallet", "=", (each) => each.selectFrom("wallet").select("wallet").where("person", "=", person));
  const found = await rows.execute();
  const keys = new Map(found.map((row) => [row.id, faultKey("hand-back-failed", `provider/${row.provider}`, row.id, "")]));
  const cases = await queries
    .selectFrom("case_fault")
    .selectAll()
    .where("fault", "in", [...keys.values()])
    .execute();
  return found.map((row) => ({ ...row, campusCase: cases.find(({ fault }) => fault === keys.get(row.id))?.campus_case ?? null }));
}

/** What has become of what a movement was to hand back through a provider. Fen. */
export interface HandedBack {
  readonly doneFen: number;
  readonly underWayFen: number;
  readonly refusedFen: number;
}

/** Of these movements; those through no provider are absent. */
export async function handedBackBy(queries: Queries, movements: readonly string[]): Promise<ReadonlyMap<string, HandedBack>> {
  if (movements.length === 0) return new Map();
  const rows = await queries.selectFrom("provider_refund").select(["movement", "state", "amount_fen"]).where("movement", "in", movements).execute();
  const found = new Map<string, HandedBack>();
  for (const { movement, state, amount_fen: fen } of rows) {
    const { doneFen, underWayFen, refusedFen } = found.get(movement!) ?? { doneFen: 0, underWayFen: 0, refusedFen: 0 };
    const of = (wanted: ProviderRefundTable["state"]): number => (state === wanted ? fen : 0);
    found.set(movement!, { doneFen: doneFen + of("done"), underWayFen: underWayFen + of("asked"), refusedFen: refusedFen + of("failed") });
  }
  return found;
}
