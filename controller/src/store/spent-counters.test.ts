import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControllerEvent, eventOf, type EventFields, isReplayed, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ControllerDatabase, type DatabaseOptions } from "./database.ts";
import { EventLog } from "./event-log.ts";
import { RecordingFailed } from "./recording-failed.ts";
import { spendOf, SpentCounters } from "./spent-counters.ts";

const CREDENTIAL = "0011223344556677";
const OTHER = "ff11223344556677";
const GROUP = "main-gate/entry";
let path: string;
let clock: SimulatedClock;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  path = join(folder, "controller.db");
  clock = simulatedClock();
});

const granted = (counter: number, change: Partial<EventFields<"AccessGranted">> = {}): ControllerEvent =>
  eventOf("AccessGranted", {
    accessPoint: "gate-1-in",
    credential: CREDENTIAL,
    presentation: "H",
    holder: 1,
    counter,
    signedAt: unixSeconds(1_000 + counter),
    pass: null,
    accessProfile: "campus",
    uncertaintyS: 1,
    listVersion: 1,
    replayGroup: GROUP,
    ...change,
  });

interface Opened {
  readonly database: ControllerDatabase;
  readonly spent: SpentCounters;
  readonly pass: (event: ControllerEvent) => void;
  readonly rows: () => number;
  readonly mark: () => number;
}

function opened(
  options: DatabaseOptions = {},
  onAltered?: ConstructorParameters<typeof SpentCounters>[2],
  cached?: ConstructorParameters<typeof SpentCounters>[3],
): Opened {
  const database = ControllerDatabase.open(path, options);
  onTestFinished(() => database.close());
  const log = new EventLog(database, nodeSha256);
  const spent = new SpentCounters(database, clock, onAltered, cached);
  const number = (sql: string): number => database.prepare<[], number>(sql).pluck().get()!;
  return {
    database,
    spent,
    pass: (event) => {
      const seq = log.append(event, { at: unixSeconds(2_000), ms: 0 });
      const spend = spendOf(event);
      if (spend !== undefined) spent.spent(spend, seq);
    },
    rows: () => number("SELECT count(*) FROM spent_counter"),
    mark: () => number("SELECT seq FROM spent_mark"),
  };
}

test("a grant by pass spends it, one by card and any other event nothing", () => {
  expect(spendOf(granted(5))).toEqual({ credential: CREDENTIAL, replayClass: "H", replayGroup: GROUP, counter: 5, signedAt: 1_005 });
  expect(spendOf(granted(5, { presentation: "T" }))?.replayClass).toBe("T");
  expect(spendOf(granted(5, { presentation: "card", counter: null, signedAt: null }))).toBeUndefined();
  expect(spendOf(eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: 1 }))).toBeUndefined();
});

test("what was spent counts at once, and its row follows within a second, one for each credential, class and group", () => {
  const { spent, pass, rows, mark } = opened();
  for (const event of [granted(5), granted(6), granted(7, { credential: OTHER }), granted(8, { replayGroup: "library" }), granted(9, { presentation: "T" })])
    pass(event);
  expect(spent.last(CREDENTIAL, "H", GROUP)?.counter).toBe(6);
  expect([rows(), mark()]).toEqual([0, 0]);
  clock.advance(1_000);
  expect([rows(), mark()]).toEqual([4, 5]);
  expect([
    spent.last(CREDENTIAL, "H", GROUP),
    spent.last(OTHER, "H", GROUP),
    spent.last(CREDENTIAL, "H", "library"),
    spent.last(CREDENTIAL, "T", GROUP),
  ]).toMatchObject([6, 7, 8, 9].map((counter) => ({ counter, signedAt: 1_000 + counter })));
  expect(clock.pending).toBe(0);
});

test("after a crash it is read from the events behind the mark, and written then", () => {
  const first = opened();
  first.pass(granted(5));
  clock.advance(1_000);
  first.pass(granted(6));
  first.pass(granted(1, { credential: OTHER }));
  first.spent.close();
  first.database.close();
  const again = opened();
  expect([again.mark(), again.rows()]).toEqual([1, 1]);
  expect(again.spent.last(CREDENTIAL, "H", GROUP)?.counter).toBe(6);
  expect(again.spent.last(OTHER, "H", GROUP)?.counter).toBe(1);
  clock.advance(1_000);
  expect([again.mark(), again.rows()]).toEqual([3, 2]);
  expect(again.spent.last(CREDENTIAL, "H", GROUP)?.counter).toBe(6);
});

test("many rows are written in portions, and a crash between two of them loses none: the mark follows what is written", () => {
  const first = opened();
  const id = (person: number): string => person.toString(16).padStart(16, "0");
  for (let person = 0; person < 700; person++) first.pass(granted(3, { credential: id(person) }));
  first.pass(granted(4, { credential: id(0) }));
  clock.advance(1_000);
  expect([first.rows(), first.mark()]).toEqual([500, 500]);
  first.spent.close();
  first.database.close();
  const again = opened();
  for (let person = 0; person < 700; person++) expect(again.spent.last(id(person), "H", GROUP)?.counter, id(person)).toBe(person === 0 ? 4 : 3);
  clock.advance(2_000);
  expect([again.rows(), again.mark()]).toEqual([700, 701]);
});

test("what was spent is kept in memory beside the table, from the start on", () => {
  const first = opened();
  for (const event of [granted(5), granted(6, { replayGroup: "library" }), granted(7, { presentation: "T" }), granted(8, { credential: OTHER })])
    first.pass(event);
  first.spent.write();
  first.spent.close();
  first.database.close();
  const { spent, database } = opened();
  const unread = database.prepare<[]>("UPDATE spent_counter SET counter = 1").run();
  expect(unread.changes).toBe(4);
  expect([
    spent.last(CREDENTIAL, "H", GROUP),
    spent.last(CREDENTIAL, "H", "library"),
    spent.last(CREDENTIAL, "T", GROUP),
    spent.last(OTHER, "H", GROUP),
    spent.last(OTHER, "T", GROUP),
  ]).toEqual([...[5, 6, 7, 8].map((counter) => ({ counter, signedAt: 1_000 + counter })), undefined]);
});

test("of more than memory has room for, each is found all the same, before and after it was written and after the next start", () => {
  const id = (person: number): string => person.toString(16).padStart(16, "0");
  const people = Array.from({ length: 100 }, (_, person) => id(person));
  const first = opened({}, undefined, { least: 3, most: 3 });
  const lasts = ({ spent }: Opened): unknown[] => people.map((each) => spent.last(each, "H", GROUP)?.counter);
  const expected = people.map((_, person) => person + 1);
  for (const [person, credential] of people.entries()) first.pass(granted(person + 1, { credential }));
  expect(lasts(first)).toEqual(expected);
  first.spent.write();
  expect(lasts(first)).toEqual(expected);
  first.spent.close();
  first.database.close();
  expect(lasts(opened({}, undefined, { least: 3, most: 3 }))).toEqual(expected);
});

test("where the table has more than memory has room for as a rule, it takes more at the next start", () => {
  const people = Array.from({ length: 100 }, (_, person) => person.toString(16).padStart(16, "0"));
  const first = opened({}, undefined, { least: 3, most: 8 });
  for (const credential of people) first.pass(granted(5, { credential }));
  first.spent.write();
  first.spent.close();
  first.database.close();
  const { spent, database } = opened({}, undefined, { least: 3, most: 8 });
  database.prepare<[]>("DELETE FROM spent_counter").run();
  expect(people.filter((credential) => spent.last(credential, "H", GROUP) !== undefined).length).toBeGreaterThan(80);
});

test("what a transaction spent that was undone counts no more", () => {
  const { database, spent, pass } = opened();
  pass(granted(5));
  pass(granted(7, { credential: OTHER }));
  clock.advance(1_000);
  pass(granted(6));
  const undone = (): void =>
    database.transaction("durable", () => {
      pass(granted(9));
      pass(granted(9, { credential: OTHER }));
      throw new Error("undone");
    });
  expect(undone).toThrow("undone");
  expect([spent.last(CREDENTIAL, "H", GROUP)?.counter, spent.last(OTHER, "H", GROUP)?.counter]).toEqual([6, 7]);
});

test("a row that the disk altered, where it has to be read again, refuses every pass and says so: what was spent is not forgotten with it", () => {
  const altered: string[] = [];
  const { database, spent, pass } = opened({}, (credential, replayGroup) => altered.push(`${credential} ${replayGroup}`));
  pass(granted(5));
  pass(granted(5, { credential: OTHER }));
  clock.advance(1_000);
  database.prepare<[]>("UPDATE spent_counter SET counter = 4 WHERE credential > 0").run();
  const undone = (): void =>
    database.transaction("quick", () => {
      throw new Error("undone"); // what is kept of the database beside it is forgotten then
    });
  expect(undone).toThrow("undone");
  const last = spent.last(CREDENTIAL, "H", GROUP);
  expect(isReplayed(last, { counter: U32_MAX, signedAt: unixSeconds(U32_MAX) })).toBe(true);
  expect([spent.last(OTHER, "H", GROUP)?.counter, altered]).toEqual([5, [`${CREDENTIAL} ${GROUP}`]]);
});

test("on a full disk rows stay owed, what they say counts all the same, and they are written when there is room again", () => {
  const { database, spent, pass, rows, mark } = opened();
  const id = (person: number): string => person.toString(16).padStart(16, "0");
  for (let person = 0; person < 700; person++) pass(granted(3, { credential: id(person) }));
  const limit = (pages: number): unknown => database.prepare(`PRAGMA max_page_count = ${pages}`).get();
  limit(database.prepare<[], number>("PRAGMA page_count").pluck().get()!);
  expect(() => spent.write()).toThrow(RecordingFailed);
  clock.advance(1_000);
  expect([rows(), mark(), spent.last(id(699), "H", GROUP)?.counter]).toEqual([0, 0, 3]);
  limit(1_000_000);
  clock.advance(2_000);
  expect([rows(), mark(), spent.last(id(699), "H", GROUP)?.counter]).toEqual([700, 700, 3]);
});
