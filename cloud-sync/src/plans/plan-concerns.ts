import type { Audience } from "../core/audience.ts";
import type { DesiredGrant, PlanStep } from "../core/grant-plan.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";

/** How many people of an audience a plan concerns; who belongs to two counts in both, who belongs to none under null. */
export interface PlanConcern {
  readonly audience: Audience | null;
  /** Something is opened to them, or opened at more times. */
  readonly gain: number;
  /** Something is ended, or open at fewer times. They may have it by another grant. */
  readonly lose: number;
}

/** Ids in one statement. */
const IDS_MAX = 300;

/** Whom a plan concerns, as of now. */
export async function concernsOf(queries: Queries, steps: readonly PlanStep[], now: number): Promise<PlanConcern[]> {
  const gain = new Set<string>();
  const lose = new Set<string>();
  for (const step of steps) {
    if (step.kind === "policy") continue;
    const [more, less] = changeOf(step);
    const grants = step.kind === "profile" ? await grantsOfProfile(queries, step.id) : [step.grant];
    for (const { subject, effect } of grants) {
      // More of what is withheld is less of what one has.
      const [gains, loses] = effect === "withhold" ? [less, more] : [more, less];
      for (const person of await peopleOf(queries, subject, now)) {
        if (gains) gain.add(person);
        if (loses) lose.add(person);
      }
    }
  }
  const counts = new Map<Audience | null, { gain: number; lose: number }>();
  const audiences = await audiencesOf(queries, [...new Set([...gain, ...lose])], now);
  for (const [set, effect] of [
    [gain, "gain"],
    [lose, "lose"],
  ] as const)
    // prettier-ignore
    for (const person of set)
      for (const audience of audiences.get(person) ?? [null]) {
        const count = counts.get(audience) ?? { gain: 0, lose: 0 };
        count[effect]++;
        counts.set(audience, count);
      }
  return [...counts].map(([audience, count]) => ({ audience, ...count })).sort((a, b) => ((a.audience ?? "~") < (b.audience ?? "~") ? -1 : 1));
}

/** Whether a step makes a grant, or the grants of a profile, say more than before, and whether less. */
function changeOf(step: Exclude<PlanStep, { readonly kind: "policy" }>): readonly [more: boolean, less: boolean] {
  if (step.kind === "profile") return [step.added.length > 0, step.ended.length > 0];
  if (step.act !== "change") return [step.act === "add", step.act === "end"];
  const { from, grant } = step;
  const { validity } = grant;
  return [validity.from < from.from || validity.until > from.until, validity.from > from.from || validity.until < from.until];
}

async function grantsOfProfile(queries: Queries, profile: string): Promise<Pick<DesiredGrant, "subject" | "effect">[]> {
  const rows = await queries
    .selectFrom("access_grant")
    .select(["subject_kind", "subject", "effect"])
    .distinct()
    .where("access_profile", "=", profile)
    .execute();
  return rows.map(({ subject_kind, subject, effect }) => ({ subject: { kind: subject_kind, id: subject }, effect }));
}

/** Whom a subject names, now or later. */
async function peopleOf(queries: Queries, { kind, id }: DesiredGrant["subject"], now: number): Promise<string[]> {
  if (kind === "person") return [id];
  const rows =
    kind === "group"
      ? await queries.selectFrom("group_member").select("person").where("person_group", "=", id).where("valid_until", ">", now).execute()
      : await queries
          .selectFrom("person_audience")
          .select("person")
          .where("audience", "=", id as Audience)
          .where("valid_until", ">", now)
          .execute();
  return rows.map(({ person }) => person);
}

async function audiencesOf(queries: Queries, people: readonly string[], now: number): Promise<ReadonlyMap<string, readonly Audience[]>> {
  const found = new Map<string, Audience[]>();
  for (const portion of portions(people, IDS_MAX))
    for (const { person, audience } of await queries
      .selectFrom("person_audience")
      .select(["person", "audience"])
      .distinct()
      .where("person", "in", portion)
      .where("valid_until", ">", now)
      .execute())
      found.set(person, [...(found.get(person) ?? []), audience]);
  return found;
}
