import type { Audience } from "../core/audience.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { AccessGrantTable } from "../store/schema.ts";

/** Ids in one statement. */
const IDS_MAX = 300;

/** How many people of each audience these subjects reach at an instant, each counted once. */
export async function peopleCounted(
  queries: Queries,
  subjects: readonly Pick<AccessGrantTable, "subject_kind" | "subject">[],
  now: number,
): Promise<ReadonlyMap<Audience, number>> {
  const named = (kind: AccessGrantTable["subject_kind"]): string[] => [
    ...new Set(subjects.filter(({ subject_kind }) => subject_kind === kind).map(({ subject }) => subject)),
  ];
  const reached = new Map<Audience, Set<string>>();
  const belonging = () => queries.selectFrom("person_audience").select(["audience", "person"]).where("valid_from", "<=", now).where("valid_until", ">", now);
  const add = (rows: readonly { readonly audience: Audience; readonly person: string }[]): void => {
    for (const { audience, person } of rows) {
      const people = reached.get(audience) ?? new Set();
      reached.set(audience, people.add(person));
    }
  };
  const audiences = named("audience") as Audience[];
  if (audiences.length > 0) add(await belonging().where("audience", "in", audiences).execute());
  for (const some of portions(named("group"), IDS_MAX)) {
    const members = queries.selectFrom("group_member").select("group_member.person").where("person_group", "in", some).where("group_member.valid_from", "<=", now).where("group_member.valid_until", ">", now); // prettier-ignore
    add(await belonging().where("person", "in", members).execute());
  }
  for (const some of portions(named("person"), IDS_MAX)) add(await belonging().where("person", "in", some).execute());
  return new Map([...reached].map(([audience, people]) => [audience, people.size]));
}
