import { hexToBytes, ok, type Result, U32_MAX } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { Audience } from "../core/audience.ts";
import { newCredentialId, newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import { portions } from "../core/portions.ts";
import { type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { forgetCredentials } from "../people.ts";
import type { PushRowTable, PushTable } from "../store/push-tables.ts";
import { type Guard, holdMassRemoval } from "./mass-removal.ts";
import { endPush, NOT_DUE, type PlanCounts, type Push, readPush } from "./push-intake.ts";
import { type Judgement, judgeRow, NOTHING_SAID, readPeopleStanding, readStanding, type StandingPerson, takenAway } from "./push-judgement.ts";
import { appliedOf, planDigest } from "./push-plan.ts";
import type { PushContent } from "./push-row.ts";

/** People in one transaction. */
const PORTION = 250;
/** Portions in one step. */
const PORTIONS_A_STEP = 4;

const OVERTAKEN = "another push of the source has been applied since";

type ApplyRefusal = "PushUnknown" | "PushState" | "PlanChanged" | "RemovalHeld";

/**
 * Begins to do what a plan says, if it still says so: nothing else of the source has been applied since, and nobody's access ends beyond the limits without
 * a second operator. A push that goes on already, or that is done, is answered as it stands.
 *
 * @param plan  the digest of the plan that was agreed to
 */
export async function beginApply(guard: Guard, id: string, plan: string): Promise<Result<Push, ApplyRefusal>> {
  const { cloud } = guard;
  const push = await readPush(cloud.database.queries, id);
  if (push === undefined) return refuse("PushUnknown", id);
  if (push.state === "applying" || push.state === "applied") return ok(push);
  if (push.state !== "planned" && push.state !== "held") return refuse("PushState", `it is ${push.state}`);
  if (planDigest(push) !== plan) return refuse("PlanChanged", `the plan is ${planDigest(push)}`);
  if (push.base !== (await appliedOf(cloud.database.queries, push.source))) return refuse("PlanChanged", OVERTAKEN);
  const held = await holdMassRemoval(guard, { kind: "push", push: id }, await endingOf(cloud, push));
  if (held !== undefined) {
    await cloud.database.queries.updateTable("push").set({ state: "held" }).where("id", "=", id).where("state", "=", "planned").execute();
    return held;
  }
  return letApply(cloud, id);
}

/** Whose access would end, by audience: those of the plan, and family that lives by them (rule 1.6). */
async function endingOf({ database: { queries }, nowMs }: Cloud, { id, source, counts }: Push): Promise<ReadonlyMap<Audience, number>> {
  const now = Math.floor(nowMs() / 1000);
  const { people } = await queries
    .selectFrom("person_audience")
    .select((table) => table.fn.count<number | string>("person").distinct().as("people"))
    .where("audience", "=", "family")
    .where("valid_from", "<=", now)
    .where("valid_until", ">", now)
    .where((where) =>
      where(
        "sponsor",
        "in",
        where
          .selectFrom("push_row")
          .innerJoin("pushed_person", (join) => join.onRef("pushed_person.key", "=", "push_row.key").on("pushed_person.source", "=", source))
          .select("pushed_person.person")
          .where("push_row.push", "=", id)
          .where("push_row.due", "<", NOT_DUE)
          .where((either) => either.or([either("push_row.ends", "like", '%"staff"%'), either("push_row.ends", "like", '%"student"%')])),
      ),
    )
    .executeTakeFirstOrThrow();
  const ending = new Map(Object.entries(counts.ends) as [Audience, number][]);
  return ending.set("family", Math.max(ending.get("family") ?? 0, Number(people)));
}

/** From now on the push is done, step by step, unless another of its source has been since its plan. */
export function letApply(cloud: Cloud, id: string): Promise<Result<Push, "PushUnknown" | "PushState" | "PlanChanged">> {
  return cloud.database.transact(async (all) => {
    const row = await all.selectFrom("push").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("PushUnknown", id);
    if (row.state !== "planned" && row.state !== "held") return refuse("PushState", `it is ${row.state}`);
    const running = await all.selectFrom("push").select("id").where("source", "=", row.source).where("state", "=", "applying").executeTakeFirst();
    if (running !== undefined) return refuse("PushState", `push ${running.id} of the same source is being applied`);
    if (row.base !== (await appliedOf(all, row.source))) {
      await all.updateTable("push").set({ state: "planned" }).where("id", "=", id).execute();
      return refuse("PlanChanged", OVERTAKEN);
    }
    await all.updateTable("push").set({ state: "applying" }).where("id", "=", id).execute();
    return ok((await readPush(all, id))!);
  });
}

/** One step of what is being applied. @returns the number of the last change, null: nothing was left to do; `push` as it then stands */
export async function applyStep(cloud: Cloud, note: ChangeNote, id: string): Promise<{ readonly change: number | null; readonly push: Push }> {
  let change: number | null = null;
  for (let nth = 0; nth < PORTIONS_A_STEP; nth++) {
    const done = await mutate<boolean, "PushState">(cloud, { ...note, target: `push ${id}` }, async (mutation) => {
      const { queries, now } = mutation;
      const push = await queries.selectFrom("push").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
      const rows = await queries.selectFrom("push_row").selectAll().where("push", "=", id).where("due", "<", NOT_DUE).orderBy("due").orderBy("row_number").limit(PORTION).execute(); // prettier-ignore
      if (push.state !== "applying") return ok(true);
      if (rows.length === 0) await endPush(queries, id, "applied", now);
      // Family and those who vouch for it are not done together: whoever vouches is there first.
      else await applyRows(cloud, mutation, push, rows.filter(({ due }) => due === rows[0]!.due)); // prettier-ignore
      return ok(rows.length === 0);
    });
    if (!done.ok) throw new Error(`a step of a push was refused: ${done.error}`);
    change = done.value.change;
    if (done.value.value) break;
  }
  return { change, push: (await readPush(cloud.database.queries, id))! };
}

async function applyRows(cloud: Cloud, mutation: Mutation, push: PushTable, rows: readonly PushRowTable[]): Promise<void> {
  const { queries, now } = mutation;
  if (rows[0]!.due === 2) await applyRemovals(mutation, push, rows);
  else {
    const contents = rows.map((row) => JSON.parse(row.content!) as PushContent);
    const standing = await readStanding(queries, push.source, contents);
    const sponsors = await sponsorIds(mutation, push.source, contents);
    const writes: Write[] = [];
    for (const [nth, row] of rows.entries()) {
      // What the plan saw may have changed since: nothing is written that does not hold now.
      const judged = judgeRow(contents[nth]!, standing, now);
      const content = contents[nth]!;
      const alone = content.audiences.findIndex(({ sponsor }) => sponsor !== null && !sponsors.has(sponsor));
      if (judged.outcome === "refused") await refuseRow(mutation, push, row, judged.errors);
      else if (alone >= 0) await refuseRow(mutation, push, row, [{ pointer: `/audiences/${alone}/sponsor`, detail: "is there no more (rule 1.6)" }]);
      else writes.push({ content, judged, id: judged.person?.row.id ?? newEntityId(cloud.nowMs(), cloud.randomBytes) });
    }
    await writePeople(cloud, mutation, push.source, writes, sponsors);
  }
  const numbers = rows.map(({ row_number }) => row_number);
  await queries.updateTable("push_row").set({ due: NOT_DUE, content: null }).where("push", "=", push.id).where("row_number", "in", numbers).execute();
}

interface Write {
  readonly content: PushContent;
  readonly judged: Exclude<Judgement, { readonly outcome: "refused" }>;
  readonly id: string;
}

async function refuseRow({ queries }: Mutation, { id }: PushTable, row: PushRowTable, errors: readonly object[]): Promise<void> {
  const { counts } = await queries.selectFrom("push").select("counts").where("id", "=", id).executeTakeFirstOrThrow();
  const told = JSON.parse(counts) as PlanCounts;
  const moved = { ...told, [row.outcome]: told[row.outcome] - 1, refused: told.refused + 1 };
  await queries
    .updateTable("push")
    .set({ counts: JSON.stringify(moved) })
    .where("id", "=", id)
    .execute();
  await queries
    .updateTable("push_row")
    .set({ outcome: "refused", fields: JSON.stringify(errors) })
    .where("push", "=", id)
    .where("row_number", "=", row.row_number)
    .execute();
}

/** Writes people as their rows say, a few statements for all of them. */
async function writePeople(cloud: Cloud, mutation: Mutation, source: string, writes: readonly Write[], sponsors: ReadonlyMap<string, string>): Promise<void> {
  const { queries, mark, now } = mutation;
  if (writes.length === 0) return;
  const people = writes.map(({ id, content: { account, name, phone, mail } }) => ({ id, account, name, phone, mail, flags: 0, party_size: 1 }));
  await queries
    .insertInto("person")
    .values(people)
    // Flags and party size are no list's: they stay.
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet((row) => ({
        account: row.ref("excluded.account"),
        name: row.ref("excluded.name"),
        phone: row.ref("excluded.phone"),
        mail: row.ref("excluded.mail"),
      })),
    )
    .execute();
  for (const { id, judged, content } of writes) await takeAway(mutation, id, judged.person, takenAway(judged.before, content));
  const audiences = writes.flatMap(({ id, content }) =>
    content.audiences.map(({ audience, from, until, sponsor }) => ({
      person: id,
      audience,
      valid_from: from,
      valid_until: until,
      sponsor: sponsor === null ? null : sponsors.get(sponsor)!,
    })),
  );
  for (const some of portions(audiences, 500))
    await queries
      .insertInto("person_audience")
      .values(some)
      .onConflict((conflict) =>
        conflict
          .columns(["person", "audience", "valid_from"])
          .doUpdateSet((row) => ({ valid_until: row.ref("excluded.valid_until"), sponsor: row.ref("excluded.sponsor") })),
      )
      .execute();
  const groups = writes.flatMap(({ id, content, judged }) =>
    content.groups
      .filter((group) => !(judged.person?.groups ?? []).includes(group))
      .map((person_group) => ({ person_group, person: id, valid_from: 0, valid_until: U32_MAX })),
  );
  for (const some of portions(groups, 500)) await queries.insertInto("group_member").values(some).onConflict((conflict) => conflict.doNothing()).execute(); // prettier-ignore
  const plain = { state: "active", state_since: now, valid_from: 0, valid_until: U32_MAX, public_key: null, takes_issued_until: null } as const;
  const credentials = writes.flatMap(({ id, content, judged }) => {
    const known = (judged.person?.cards ?? []).map(({ number }) => Buffer.from(number!).toString("hex"));
    const fresh = content.cards.filter((card) => !known.includes(card));
    return [
      ...fresh.map((card) => ({ ...plain, id: newCredentialId(cloud.randomBytes), person: id, kind: "card" as const, number: Buffer.from(hexToBytes(card)!) })),
      ...(content.qr && judged.person?.hasQr !== true
        ? [{ ...plain, id: newCredentialId(cloud.randomBytes), person: id, kind: "qr" as const, number: null }]
        : []),
    ];
  });
  for (const some of portions(credentials, 500)) await queries.insertInto("credential").values(some).execute();
  const pushed = writes.map(({ id, content }) => ({ source, key: content.key, person: id, content: JSON.stringify(content) }));
  await queries
    .insertInto("pushed_person")
    .values(pushed)
    .onConflict((conflict) => conflict.columns(["source", "key"]).doUpdateSet((row) => ({ content: row.ref("excluded.content") })))
    .execute();
  for (const { id } of writes) mark("person", id);
}

/** The people behind the keys of sponsors: those who vouch have been written before. */
async function sponsorIds({ queries }: Mutation, source: string, contents: readonly PushContent[]): Promise<ReadonlyMap<string, string>> {
  const keys = [...new Set(contents.flatMap(({ audiences }) => audiences.flatMap(({ sponsor }) => sponsor ?? [])))];
  if (keys.length === 0) return new Map();
  const rows = await queries.selectFrom("pushed_person").select(["key", "person"]).where("source", "=", source).where("key", "in", keys).execute();
  return new Map(rows.map(({ key, person }) => [key, person]));
}

/** Ends what the source said of the people and says no more; whoever is in the list no more keeps name and account, and what others gave. */
async function applyRemovals(mutation: Mutation, push: PushTable, rows: readonly PushRowTable[]): Promise<void> {
  const { queries, mark } = mutation;
  const keys = rows.map(({ key }) => key!);
  const gone = await queries.selectFrom("pushed_person").selectAll().where("source", "=", push.source).where("key", "in", keys).execute();
  const standing = await readPeopleStanding(queries, gone.map(({ person }) => person)); // prettier-ignore
  for (const { person, content } of gone) {
    await takeAway(mutation, person, standing.get(person), takenAway(JSON.parse(content) as PushContent, NOTHING_SAID));
    mark("person", person);
  }
  await queries.deleteFrom("pushed_person").where("source", "=", push.source).where("key", "in", keys).execute();
}

async function takeAway(mutation: Mutation, id: string, person: StandingPerson | undefined, gone: ReturnType<typeof takenAway>): Promise<void> {
  const { queries, now } = mutation;
  for (const { audience, from } of gone.audiences) {
    if (from >= now)
      await queries.deleteFrom("person_audience").where("person", "=", id).where("audience", "=", audience).where("valid_from", "=", from).execute();
    else
      await queries
        .updateTable("person_audience")
        .set({ valid_until: now })
        .where("person", "=", id)
        .where("audience", "=", audience)
        .where("valid_from", "=", from)
        .where("valid_until", ">", now)
        .execute();
  }
  if (gone.groups.length > 0) await queries.deleteFrom("group_member").where("person", "=", id).where("person_group", "in", gone.groups).execute();
  const cards = (person?.cards ?? []).filter(({ number }) => gone.cards.includes(Buffer.from(number!).toString("hex"))).map((card) => card.id);
  await forgetCredentials(mutation, id, cards);
}
