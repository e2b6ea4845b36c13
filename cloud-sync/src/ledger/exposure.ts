import type { Audience } from "../core/audience.ts";
import type { OfflineTerms } from "../services/money-terms.ts";
import type { Queries } from "../store/cloud-database.ts";

/** What members of an audience could pay where nobody can be asked. Fen. */
export interface AudienceExposure extends OfflineTerms {
  readonly audience: Audience;
  readonly people: number;
  /** At all terminals together. */
  readonly perHolderFen: number;
  readonly allFen: number;
}
export interface Exposure {
  readonly terminals: number;
  readonly audiences: AudienceExposure[];
  readonly allFen: number;
}

/** The bound of what may be lost to terminals that are cut off: limits are for each holder and terminal. The terminals' own ceilings lie below it. */
export async function exposureOf(queries: Queries, offline: readonly OfflineTerms[], now: number): Promise<Exposure> {
  const terminals = new Set<string>();
  for (const { access_point } of await queries.selectFrom("access_policy").select("access_point").distinct().where("capability", "=", "pay").execute()) terminals.add(access_point); // prettier-ignore
  for (const { access_points } of await queries
    .selectFrom("access_grant")
    .select("access_points")
    .where("capability", "=", "pay")
    .where("effect", "=", "give")
    .execute())
    // prettier-ignore
    for (const id of JSON.parse(access_points ?? "[]") as string[]) terminals.add(id);
  const audiences: AudienceExposure[] = [];
  for (const terms of offline) {
    const { people } = await queries
      .selectFrom("person_audience")
      .select(({ fn }) => fn.count<number>("person").distinct().as("people"))
      .where("audience", "=", terms.audience)
      .where("valid_from", "<=", now)
      .where("valid_until", ">", now)
      .executeTakeFirstOrThrow();
    const perHolderFen = terms.totalFen * terminals.size;
    audiences.push({ ...terms, people, perHolderFen, allFen: perHolderFen * people });
  }
  return { terminals: terminals.size, audiences, allFen: audiences.reduce((sum, { allFen }) => sum + allFen, 0) };
}
