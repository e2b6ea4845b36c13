import { dateOfDay, dayOfDate, type LocalDate, localTime, ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { creditBalanceFen } from "../core/ledger/account.ts";
import type { Names } from "../core/names.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LedgerDayTable } from "../store/ledger-tables.ts";
import { accountOf, holdLedger, readHead } from "./ledger-rows.ts";
import { totalsOf } from "./statement-lines.ts";

/** Who is paid, who takes cash, who collects for the campus. */
export const TILL_KINDS = ["merchant", "cashDesk", "provider"] as const;
export type TillKind = (typeof TILL_KINDS)[number];
/** `merchant/<id>`: of the id 1 to 57 characters, as places have them. */
export const TILL_ID = /^(?:merchant|cashDesk|provider)\/[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]{0,56}$/;

/** At tills of which kinds a caller has money moved: who is paid takes nothing in, and who takes in is not paid. */
const TILLS_FOR = {
  topUp: ["cashDesk", "provider"],
  charge: ["merchant"],
  hold: ["merchant"],
  close: ["cashDesk"],
  payOut: ["cashDesk"],
} as const satisfies Readonly<Record<string, readonly TillKind[]>>;

/** Refuses a till whose kind does not do that; undefined: it does. */
export function tillRefused(act: keyof typeof TILLS_FOR, till: string) {
  const kinds: readonly TillKind[] = TILLS_FOR[act];
  return kinds.includes(kindOf(till)) ? undefined : refuse("TillNotForThis", `${act} at ${till}: ${kinds.join(" or ")} does that`);
}

export interface Till {
  readonly id: string;
  readonly kind: TillKind;
  readonly names: Names;
  /** Terminals at which it is paid. */
  readonly terminals: readonly string[];
  /** What the campus owes it; below nothing: what it owes, or holds of the campus. */
  readonly balanceFen: number;
  /** The last day that is closed; null: none. */
  readonly closedThrough: string | null;
  readonly endedAt: number | null;
}

/** Makes a till or changes it. */
export function putTill(
  cloud: Cloud,
  note: ChangeNote,
  { id, names, terminals }: Pick<Till, "id" | "names" | "terminals">,
): Promise<Result<Changed<Till>, "TerminalTaken">> {
  return mutate(cloud, { ...note, target: `till ${id}` }, async ({ queries }) => {
    const taken = await queries.selectFrom("till_terminal").selectAll().where("terminal", "in", terminals).where("till", "<>", id).executeTakeFirst();
    if (taken !== undefined) return refuse("TerminalTaken", `${taken.terminal} is ${taken.till}'s`);
    const called = { name_zh: names.zh, name_en: names.en, ended_at: null };
    await queries.insertInto("till").values({ id, ...called }).onConflict((conflict) => conflict.column("id").doUpdateSet(called)).execute(); // prettier-ignore
    const sums = { debits_pending: 0, debits_posted: 0, credits_pending: 0, credits_posted: 0 };
    // What is booked meanwhile has read the account, and writes it as it was.
    await holdLedger(queries);
    await queries
      .insertInto("ledger_account")
      .values({ id, kind: kindOf(id), ...sums, closed: 0, closed_through: "", newest: null })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ closed: 0 }))
      .execute();
    await queries.deleteFrom("till_terminal").where("till", "=", id).execute();
    for (const terminal of new Set(terminals)) await queries.insertInto("till_terminal").values({ terminal, till: id }).execute();
    return ok((await readTill(queries, id))!);
  });
}

/** From now on it takes nothing new; what has happened there is booked all the same. */
export function endTill(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<Till>, "TillUnknown">> {
  return mutate(cloud, { ...note, target: `till ${id}` }, async ({ queries, now }) => {
    const till = await readTill(queries, id);
    if (till === undefined) return refuse("TillUnknown", id);
    await queries.updateTable("till").set({ ended_at: now }).where("id", "=", id).where("ended_at", "is", null).execute();
    await holdLedger(queries);
    await queries.updateTable("ledger_account").set({ closed: 1 }).where("id", "=", id).execute();
    return ok((await readTill(queries, id))!);
  });
}

export async function readTill(queries: Queries, id: string): Promise<Till | undefined> {
  return (await listTills(queries, id))[0];
}

/** All of them, in the order of their ids. @param only  this one alone */
export async function listTills(queries: Queries, only?: string): Promise<Till[]> {
  let rows = queries.selectFrom("till").innerJoin("ledger_account", "ledger_account.id", "till.id").selectAll("ledger_account").select(["name_zh", "name_en", "ended_at"]).orderBy("till.id"); // prettier-ignore
  if (only !== undefined) rows = rows.where("till.id", "=", only);
  const terminals = await queries.selectFrom("till_terminal").selectAll().orderBy("terminal").execute();
  return (await rows.execute()).map((row) => ({
    id: row.id,
    kind: kindOf(row.id),
    names: { zh: row.name_zh, en: row.name_en },
    terminals: terminals.filter(({ till }) => till === row.id).map(({ terminal }) => terminal),
    balanceFen: creditBalanceFen(accountOf(row)),
    closedThrough: row.closed_through === "" ? null : row.closed_through,
    endedAt: row.ended_at,
  }));
}

/** The till of a terminal; one that nobody has assigned is paid into a till of its own. */
export async function tillOfTerminal(queries: Queries, terminal: string): Promise<string> {
  const row = await queries.selectFrom("till_terminal").select("till").where("terminal", "=", terminal).executeTakeFirst();
  return row?.till ?? UNASSIGNED;
}
export const UNASSIGNED = "merchant/unassigned";
export const PRINTING = "merchant/printing";

/** Closes a day of a till, and all days before it that are open: what is booked on them never changes from then on; what comes late is booked on the next. */
export function closeDay(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  day: LocalDate,
): Promise<Result<Changed<LedgerDayTable>, "TillUnknown" | "DayNotOver" | "DayClosed">> {
  return mutate(cloud, { ...note, target: `till ${id}, ${day}` }, async ({ queries, now }) => {
    // What is booked meanwhile is booked behind the day.
    await holdLedger(queries);
    const account = await queries.selectFrom("ledger_account").select("closed_through").where("id", "=", id).where("kind", "in", [...TILL_KINDS]).executeTakeFirst(); // prettier-ignore
    if (account === undefined) return refuse("TillUnknown", id);
    if (day >= localTime(cloud.timeZone, unixSeconds(now)).date) return refuse("DayNotOver", day);
    const { closed_through: before } = account;
    const { seq } = await readHead(queries);
    if (day <= before) return refuse("DayClosed", `closed through ${before}`);
    const earlier = await queries.selectFrom("ledger_day").select("through_seq").where("account", "=", id).where("day", "=", before).executeTakeFirst();
    const totals = await totalsOf(queries, id, earlier?.through_seq ?? 0, before, day);
    const row = { account: id, day, after_day: before, ...totals, through_seq: seq, closed_at: now, closed_by: note.actor };
    await queries.insertInto("ledger_day").values(row).execute();
    await queries.updateTable("ledger_account").set({ closed_through: day }).where("id", "=", id).execute();
    return ok(row);
  });
}

/** Closed days, the newest first. */
export const closedDays = (queries: Queries, account: string, before: string | undefined, limit: number): Promise<LedgerDayTable[]> => {
  const days = queries.selectFrom("ledger_day").selectAll().where("account", "=", account).orderBy("day", "desc").limit(limit);
  return (before === undefined ? days : days.where("day", "<", before)).execute();
};

/** Closes yesterday of every till that is behind, once its time has come. @returns how many were closed */
export async function closeDaysThatAreOver(cloud: Cloud, closesAfterS: number): Promise<number> {
  const { date } = localTime(cloud.timeZone, unixSeconds(Math.floor(cloud.nowMs() / 1000) - closesAfterS));
  const yesterday = dateOfDay(dayOfDate(date) - 1);
  const open = await cloud.database.queries.selectFrom("ledger_account").select("id").where("kind", "in", [...TILL_KINDS]).where("closed_through", "<", yesterday).execute(); // prettier-ignore
  let closed = 0;
  for (const { id } of open) if ((await closeDay(cloud, { actor: "ledger", action: "till close-day", target: "", reason: "" }, id, yesterday)).ok) closed++; // prettier-ignore
  return closed;
}

const kindOf = (id: string): TillKind => id.slice(0, id.indexOf("/")) as TillKind;
