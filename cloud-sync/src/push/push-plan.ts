import { createHash } from "node:crypto";
import { ok, type Result, sameBytes } from "@portico/card-protocol";
import type { Transaction } from "kysely";
import type { Cloud } from "../cloud.ts";
import type { Audience } from "../core/audience.ts";
import { refuse } from "../core/refusal.ts";
import { portions } from "../core/portions.ts";
import type { PushRowTable, PushTable } from "../store/push-tables.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { Schema } from "../store/schema.ts";
import { endsOf, judgeRow, NOTHING_SAID, readPeopleStanding, readStanding } from "./push-judgement.ts";
import { NO_COUNTS, NOT_DUE, type PlanCounts, type Push, readPush } from "./push-intake.ts";
import { linesOf, type PushContent, readPushRow } from "./push-row.ts";
import { sponsorTroubles } from "./push-sponsors.ts";

/** People in one statement. */
const PORTION = 250;
/** Rows in one step of the plan but for those of a part, which has at most 1 MiB. */
const STEP_MAX = 2_000;
/** What a plan does, one after the other: {@link PushTable.plan_step}. */
const [READING, SPONSORS, REMOVALS] = [0, 1, 2] as const;

/**
 * Goes one step on with the plan of a push whose list is whole, and changes nobody: each call is short, so that others need not wait; ask again while it is
 * `planning`. A plan that another push of the source has overtaken is begun anew.
 */
export function planPush(cloud: Cloud, id: string): Promise<Result<Push, "PushUnknown" | "PushState" | "PushIncomplete" | "PushDiffers">> {
  return cloud.database.transact(async (all) => {
    const row = await all.selectFrom("push").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("PushUnknown", id);
    if (row.state === "receiving") {
      const trouble = await wholeness(all, row);
      if (trouble !== undefined) return trouble;
      await restart(all, row);
    } else if (row.state === "planned" && row.base !== (await appliedOf(all, row.source))) await restart(all, row);
    else if (row.state !== "planning" && row.state !== "planned") return refuse("PushState", `it is ${row.state}`);
    const now = Math.floor(cloud.nowMs() / 1000);
    const current = await all.selectFrom("push").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
    if (current.state === "planning") {
      if (current.plan_step === READING) await readPart(all, current, now);
      else if (current.plan_step === SPONSORS) await lookUpSponsors(all, current, now);
      else await stageRemovals(all, current, now);
    }
    return ok((await readPush(all, id))!);
  });
}

/** How many pushes of a source have been applied, or are being so. */
export async function appliedOf(all: Queries, source: string): Promise<number> {
  const { pushes } = await all
    .selectFrom("push")
    .select((table) => table.fn.countAll<number | string>().as("pushes"))
    .where("source", "=", source)
    .where("state", "in", ["applying", "applied"])
    .executeTakeFirstOrThrow();
  return Number(pushes);
}

/** What somebody agrees to who applies a plan: this list, on this state of the source, with these counts. */
export const planDigest = ({ id, sha256, counts }: Push): string =>
  createHash("sha256")
    .update(JSON.stringify([id, Buffer.from(sha256).toString("hex"), counts]))
    .digest("hex");

async function wholeness(all: Transaction<Schema>, row: PushTable) {
  if (row.received_bytes < row.byte_count)
    return refuse("PushIncomplete", `${row.received_bytes} of ${row.byte_count} bytes have landed, ${row.received_rows} of ${row.row_count} rows`);
  if (row.received_rows !== row.row_count) return refuse("PushDiffers", `${row.received_rows} rows have landed, ${row.row_count} were announced`);
  const hash = createHash("sha256");
  for (const { first_byte } of await all.selectFrom("push_part").select("first_byte").where("push", "=", row.id).orderBy("first_byte").execute())
    hash.update(
      (await all.selectFrom("push_part").select("bytes").where("push", "=", row.id).where("first_byte", "=", first_byte).executeTakeFirstOrThrow()).bytes,
    );
  return sameBytes(new Uint8Array(hash.digest()), new Uint8Array(row.sha256)) ? undefined : refuse("PushDiffers", "its SHA-256 is another than was announced");
}

async function restart(all: Transaction<Schema>, { id, source }: PushTable): Promise<void> {
  await all.deleteFrom("push_row").where("push", "=", id).execute();
  await all.deleteFrom("push_claim").where("push", "=", id).execute();
  const fresh = { state: "planning", plan_step: READING, planned_rows: 0, counts: JSON.stringify(NO_COUNTS), base: await appliedOf(all, source) } as const;
  await all.updateTable("push").set(fresh).where("id", "=", id).execute();
}

/** Judges the rows of the next part. */
async function readPart(all: Transaction<Schema>, push: PushTable, now: number): Promise<void> {
  const part = await all
    .selectFrom("push_part")
    .selectAll()
    .where("push", "=", push.id)
    .where("last_row", ">", push.planned_rows)
    .orderBy("first_byte")
    .limit(1)
    .executeTakeFirst();
  if (part === undefined) return void (await all.updateTable("push").set({ plan_step: SPONSORS }).where("id", "=", push.id).execute());
  const counts = new Counting(push);
  let nth = push.planned_rows;
  for (const lines of portions(linesOf(new TextDecoder("utf-8").decode(part.bytes)), PORTION)) {
    const read = lines.map((line) => ({ nth: ++nth, row: readPushRow(line) }));
    const refused = new Map<number, readonly { readonly pointer: string; readonly detail: string }[]>();
    for (const { nth: at, row } of read) if (!row.ok) refused.set(at, row.errors);
    for (const [at, errors] of await claim(all, push.id, read)) if (!refused.has(at)) refused.set(at, errors);
    const good = read.flatMap(({ nth: at, row }) => (row.ok && !refused.has(at) ? [row.content] : []));
    const standing = await readStanding(all, push.source, good);
    const rows = read.map(({ nth: at, row }): PushRowTable => {
      const plain = { push: push.id, row_number: at, key: row.ok ? row.content.key : row.key, fields: "[]", ends: "[]", content: null, due: NOT_DUE };
      const judged = row.ok && !refused.has(at) ? judgeRow(row.content, standing, now) : undefined;
      if (!row.ok || judged === undefined || judged.outcome === "refused") {
        const errors = judged?.outcome === "refused" ? judged.errors : refused.get(at)!;
        return { ...plain, outcome: "refused", fields: JSON.stringify(errors) };
      }
      const content = JSON.stringify(row.content);
      // Family is looked at again when all rows are known: its sponsor may be one of them.
      const isFamily = row.content.audiences.some(({ sponsor }) => sponsor !== null);
      if (judged.outcome === "same" && !isFamily) return { ...plain, outcome: "same" };
      const due = isFamily ? 1 : judged.outcome === "same" ? NOT_DUE : 0;
      return { ...plain, outcome: judged.outcome, fields: JSON.stringify(judged.fields), ends: JSON.stringify(judged.ends), content, due };
    });
    for (const row of rows) counts.add(row);
    await all.insertInto("push_row").values(rows).execute();
  }
  await all.updateTable("push").set({ planned_rows: part.last_row, counts: counts.text }).where("id", "=", push.id).execute();
}

/** Each key, account and card is one row's: the second one that names it is refused, with the line of the first. */
async function claim(all: Transaction<Schema>, push: string, read: readonly { readonly nth: number; readonly row: ReturnType<typeof readPushRow> }[]) {
  const claims = read.flatMap(({ nth, row }) => {
    if (!row.ok) return row.key === null ? [] : [{ claim: `key ${row.key}`, nth, pointer: "/key" }];
    const { key, account, cards } = row.content;
    return [
      { claim: `key ${key}`, nth, pointer: "/key" },
      ...(account === null ? [] : [{ claim: `account ${account}`, nth, pointer: "/account" }]),
      ...cards.map((card, at) => ({ claim: `card ${card}`, nth, pointer: `/cards/${at}` })),
    ];
  });
  const owners = new Map<string, number>();
  for (const some of portions(claims, 500))
    for (const row of await all
      .selectFrom("push_claim")
      .select(["claim", "row_number"])
      .where("push", "=", push)
      .where(
        "claim",
        "in",
        some.map((one) => one.claim),
      )
      .execute())
      // prettier-ignore
      owners.set(row.claim, row.row_number);
  const [errors, fresh] = [new Map<number, { pointer: string; detail: string }[]>(), new Map<string, number>()];
  for (const { claim: name, nth, pointer } of claims) {
    const owner = owners.get(name) ?? fresh.get(name);
    if (owner === undefined) fresh.set(name, nth);
    else errors.set(nth, [...(errors.get(nth) ?? []), { pointer, detail: `stands in row ${owner} already` }]);
  }
  for (const some of portions([...fresh], 500))
    await all.insertInto("push_claim").values(some.map(([name, row_number]) => ({ push, claim: name, row_number }))).execute(); // prettier-ignore
  return errors;
}

/** Family whose sponsor no row and no earlier push knows, or whose sponsor's status does not hold, is refused (rule 1.6). */
async function lookUpSponsors(all: Transaction<Schema>, push: PushTable, now: number): Promise<void> {
  const rows = await all.selectFrom("push_row").selectAll().where("push", "=", push.id).where("due", "=", 1).orderBy("row_number").limit(STEP_MAX).execute();
  if (rows.length === 0) {
    await all.updateTable("push_row").set({ due: 1 }).where("push", "=", push.id).where("due", "=", LOOKED_UP).execute();
    return void (await all.updateTable("push").set({ plan_step: REMOVALS }).where("id", "=", push.id).execute());
  }
  const counts = new Counting(push);
  for (const some of portions(rows, PORTION)) {
    const contents = some.map((row) => JSON.parse(row.content!) as PushContent);
    const sponsors = await sponsorTroubles(all, push, contents, now);
    for (const [nth, row] of some.entries()) {
      const errors = contents[nth]!.audiences.flatMap(({ sponsor }, at) => {
        const trouble = sponsor === null ? undefined : sponsor === row.key ? "nobody vouches for himself" : sponsors.get(sponsor);
        return trouble === undefined ? [] : [{ pointer: `/audiences/${at}/sponsor`, detail: `${trouble} (rule 1.6)` }];
      });
      const isSame = row.outcome === "same";
      const next =
        errors.length === 0
          ? { ...row, due: isSame ? NOT_DUE : LOOKED_UP, content: isSame ? null : row.content }
          : { ...row, outcome: "refused" as const, fields: JSON.stringify(errors), ends: "[]", content: null, due: NOT_DUE };
      if (errors.length > 0) counts.replace(row, next);
      const { outcome, fields, ends, content, due } = next;
      await all
        .updateTable("push_row")
        .set({ outcome, fields, ends, content, due })
        .where("push", "=", push.id)
        .where("row_number", "=", row.row_number)
        .execute();
    }
  }
  await all.updateTable("push").set({ counts: counts.text }).where("id", "=", push.id).execute();
}

/** `due` of family whose sponsor has been looked up, until all have been. */
const LOOKED_UP = 5;

/** Of a full list: whoever of the source is in no row. Where a row's key cannot be read nobody is removed: it might be anybody's. */
async function stageRemovals(all: Transaction<Schema>, push: PushTable, now: number): Promise<void> {
  const planned = (): Promise<unknown> => all.updateTable("push").set({ state: "planned" }).where("id", "=", push.id).execute();
  if (push.is_full === 0) return void (await planned());
  const counts = new Counting(push);
  const missing = all
    .selectFrom("pushed_person")
    .where("pushed_person.source", "=", push.source)
    .where((where) =>
      where.not(
        where.exists(
          where.selectFrom("push_row").select("push_row.key").where("push_row.push", "=", push.id).whereRef("push_row.key", "=", "pushed_person.key"),
        ),
      ),
    );
  const unread = await all.selectFrom("push_row").select("row_number").where("push", "=", push.id).where("key", "is", null).limit(1).executeTakeFirst();
  if (unread !== undefined) {
    const { people } = await missing.select((table) => table.fn.countAll<number | string>().as("people")).executeTakeFirstOrThrow();
    counts.withhold(Number(people));
    await all.updateTable("push").set({ counts: counts.text }).where("id", "=", push.id).execute();
    return void (await planned());
  }
  const gone = await missing
    .select(["pushed_person.key", "pushed_person.person", "pushed_person.content"])
    .orderBy("pushed_person.key")
    .limit(STEP_MAX)
    .execute();
  if (gone.length === 0) return void (await planned());
  let nth = push.row_count + counts.removed;
  for (const some of portions(gone, PORTION)) {
    const standing = await readPeopleStanding(all, some.map(({ person }) => person)); // prettier-ignore
    const rows = some.map(({ key, person, content }): PushRowTable => {
      const said = JSON.parse(content) as PushContent;
      const ends = endsOf(NOTHING_SAID, said, standing.get(person)!, now);
      return { push: push.id, row_number: ++nth, key, outcome: "removed", fields: "[]", ends: JSON.stringify(ends), content: null, due: 2 };
    });
    for (const row of rows) counts.add(row);
    await all.insertInto("push_row").values(rows).execute();
  }
  await all.updateTable("push").set({ counts: counts.text }).where("id", "=", push.id).execute();
}

/** The counts of a plan while rows are added to it. */
class Counting {
  readonly #counts: { -readonly [K in keyof PlanCounts]: PlanCounts[K] };
  readonly #ends: Partial<Record<Audience, number>>;

  constructor({ counts }: Pick<PushTable, "counts">) {
    this.#counts = JSON.parse(counts) as PlanCounts;
    this.#ends = { ...this.#counts.ends };
  }

  add(row: PushRowTable): void {
    this.#count(row, 1);
  }

  replace(row: PushRowTable, by: PushRowTable): void {
    this.#count(row, -1);
    this.#count(by, 1);
  }

  withhold(people: number): void {
    this.#counts.withheld = people;
  }

  get removed(): number {
    return this.#counts.removed;
  }

  get text(): string {
    return JSON.stringify({ ...this.#counts, ends: this.#ends });
  }

  #count({ outcome, ends }: PushRowTable, by: 1 | -1): void {
    this.#counts[outcome] += by;
    for (const audience of JSON.parse(ends) as Audience[]) this.#ends[audience] = (this.#ends[audience] ?? 0) + by;
  }
}
