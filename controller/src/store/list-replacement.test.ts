import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventOf, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ControllerDatabase } from "./database.ts";
import { EventLog } from "./event-log.ts";
import { EMPTY_LIST, type ListContent } from "./list-content.ts";
import { ListLines } from "./list-lines.ts";
import type { ListStep, ListWork } from "./list-work.ts";
import { type ListLoad, PermissionList } from "./permission-list.ts";

const TIME = { at: unixSeconds(1_790_000_000), ms: 0 };
const ACT = { by: "wang", reason: "new term" };
const PEOPLE = 400;

let folder: string;
let database: ControllerDatabase;
let events: EventLog;
let list: PermissionList;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  open("controller.db");
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function open(file: string): void {
  database = ControllerDatabase.open(join(folder, file));
  events = new EventLog(database, nodeSha256);
  list = new PermissionList(database, "Asia/Shanghai");
}

const id = (n: number): string => ((n * 0x9e37_79b9) % 0x1_0000_0000).toString(16).padStart(8, "0") + n.toString(16).padStart(8, "0");
const token = (n: number): string => id(n).repeat(2);

/** Everybody has a card, and one access profile, which leads through a gate of its own name. */
function peopleOf(profile: string, numbers: readonly number[]): ListContent {
  return {
    ...EMPTY_LIST,
    credentials: numbers.map((n) => ({
      id: id(n),
      person: `p${n}`,
      kind: "card" as const,
      validFrom: unixSeconds(0),
      validUntil: unixSeconds(2_000_000_000),
      takes: [],
      flags: [],
    })),
    cards: numbers.map((n) => ({ token: token(n), credential: id(n) })),
    grants: numbers.map((n) => ({ credential: id(n), accessProfile: profile, validFrom: unixSeconds(0), validUntil: unixSeconds(2_000_000_000) })),
    policies: [{ accessProfile: profile, accessPoint: profile, capability: "pass", schedule: "day" }],
    schedules: [{ id: "day", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } }],
  };
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => n + from);
/** Half of the people stay. */
const BEFORE = peopleOf("summer", range(0, PEOPLE));
const AFTER = peopleOf("winter", range(PEOPLE / 2, (3 * PEOPLE) / 2));

const load = (content: ListContent): ListLoad => list.load(content, events, TIME, ACT);
const replacement = (): ListWork<ListLoad> => list.replacement({ events, time: () => TIME, act: ACT });

/** Goes on with the work for so many steps, or to its end. */
function go<T>(work: ListWork<T>, lines: ListLines, steps: number, between: () => void = () => {}): T | undefined {
  let step: IteratorResult<ListStep, T> = work.next([]);
  for (let done = 1; done < steps && step.done !== true; done++) {
    between();
    step = work.next(typeof step.value === "object" && "lines" in step.value ? lines.portion(step.value.lines, step.value.from) : []);
  }
  return step.done === true ? step.value : undefined;
}

/** Which list somebody at a gate meets; `both` where some of it is of one and some of the other. */
function met(): string {
  const seen = new Set<string>();
  for (let n = 0; n < (3 * PEOPLE) / 2; n += 7) {
    const credential = list.credentialByNumber("card", Buffer.from(token(n), "hex"));
    const of = ["summer", "winter"].filter((gate) => list.permissions(id(n), gate).length > 0).join();
    if ((credential === undefined) !== (list.credential(id(n)) === undefined)) return "both";
    if (n < PEOPLE / 2) seen.add(credential === undefined ? "winter" : of);
    else if (n >= PEOPLE) seen.add(credential === undefined ? "summer" : of);
    else seen.add(of);
  }
  return seen.size === 1 ? [...seen][0]! : "both";
}

function isWhole(): boolean {
  for (const check = list.verify(); ;) {
    const step = check.next();
    if (step.done === true) return step.value === "whole";
  }
}

const tables = (): string[] =>
  database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE name LIKE '%~_next' ESCAPE '~' OR name LIKE '%~_old' ESCAPE '~'").pluck().all();
const persons = (): string[] => database.prepare<[], string>("SELECT person FROM person ORDER BY person").pluck().all();
const holderOf = (n: number): number => list.credential(id(n))!.holder;

describe("a load of many rows", () => {
  beforeEach(() => void load(BEFORE));

  test("goes in small steps, between which anything else is recorded, and whoever comes meets the one list or the other", () => {
    const seen: string[] = [];
    let steps = 0;
    const done = go(replacement(), ListLines.of(AFTER), Number.POSITIVE_INFINITY, () => {
      steps++;
      if (met() !== seen.at(-1)) seen.push(met());
      events.append(eventOf("RequestToExit", { door: "library" }), TIME);
    });
    expect(seen).toEqual(["summer", "winter"]);
    expect(met()).toBe("winter");
    expect(steps).toBeGreaterThan(50);
    expect(done).toMatchObject({ kind: "changed", version: 2 });
    expect([isWhole(), tables()]).toEqual([true, []]);
    expect(events.newest({ name: "ListLoaded", limit: 2 })).toHaveLength(2);
    expect(events.last().seq, "none was lost").toBe(steps + 2);
  });

  test("says the same as one that changes rows in place, and forgets and keeps the same people", () => {
    const kept = range(PEOPLE / 2, PEOPLE).map(holderOf);
    const many = load(AFTER);
    expect(range(PEOPLE / 2, PEOPLE).map(holderOf)).toEqual(kept);
    expect(persons()).toEqual(AFTER.credentials.map(({ person }) => person).sort());
    expect(list.summary()).toEqual({ credentials: PEOPLE, persons: PEOPLE, cards: PEOPLE, accessProfiles: 1, schedules: 1 });
    const handles = new Set(range(0, (3 * PEOPLE) / 2).flatMap((n) => list.credential(id(n))?.holder ?? []));
    load(BEFORE);
    expect(
      range(0, PEOPLE / 2).filter((n) => handles.has(holderOf(n))),
      "who is listed again gets another handle",
    ).toEqual([]);
    database.close();
    open("other.db");
    list = new PermissionList(database, "Asia/Shanghai", Number.POSITIVE_INFINITY);
    load(BEFORE);
    expect(load(AFTER).digest).toEqual(many.digest);
    expect(tables()).toEqual([]);
  });

  test("that a power cut ends at any step leaves the one list or the other, whole; the next load clears up behind it", () => {
    const digests = new Map([
      ["winter", Buffer.from(load(AFTER).digest).toString("hex")],
      ["summer", Buffer.from(load(BEFORE).digest).toString("hex")],
    ]);
    const seen: string[] = [];
    for (let steps = 1; ; steps++) {
      const lines = ListLines.of(AFTER);
      if (go(replacement(), lines, steps) !== undefined) break;
      if (steps % 5 !== 0 && tables().length === 0) continue;
      // What a power cut leaves: the files as they are, and nobody who closes them.
      for (const file of ["controller.db", "controller.db-wal"]) cpSync(join(folder, file), join(folder, file.replace("controller", `cut-${steps}`)));
      const running = { database, events, list };
      open(`cut-${steps}.db`);
      seen.push(met());
      expect([Buffer.from(list.version()!.digest).toString("hex"), isWhole()], `step ${steps}`).toEqual([digests.get(met()), true]);
      expect(load(AFTER).kind).toBe(seen.at(-1) === "summer" ? "changed" : "unchanged");
      expect([met(), isWhole(), tables()]).toEqual(["winter", true, []]);
      database.close();
      ({ database, events, list } = running);
      // Back to the old list.
      load(BEFORE);
    }
    expect(new Set(seen)).toEqual(new Set(["summer", "winter"]));
  });

  test("that is given up leaves the old list, and nothing else once it was cleared away", () => {
    go(replacement(), ListLines.of(AFTER), 60);
    expect([met(), tables()]).toEqual(["summer", ["credential_next", "card_number_next"]]);
    go(list.cleared(), new ListLines(), Number.POSITIVE_INFINITY);
    expect([met(), tables(), isWhole()]).toEqual(["summer", [], true]);
    expect(load(BEFORE)).toMatchObject({ kind: "unchanged", version: 1 });
  });

  test("asks whether there is room before it writes anything", () => {
    const work = replacement();
    const lines = ListLines.of(AFTER);
    let step = work.next([]);
    while (!(typeof step.value === "object" && "room" in step.value)) {
      expect(step.done).toBe(false);
      step = work.next(typeof step.value === "object" && "lines" in step.value ? lines.portion(step.value.lines, step.value.from) : []);
    }
    expect(step.value.room).toBeGreaterThan(2 * PEOPLE * 100);
    expect(tables()).toEqual([]);
  });
});

test("a comparison goes in small steps too, whatever the ids are, and writes nothing", () => {
  const sequential = peopleOf("summer", []);
  const numbers = range(0, 3_000).map((n) => n.toString(16).padStart(16, "0"));
  const credentials = numbers.map((each) => ({ ...BEFORE.credentials[0]!, id: each, person: `p${each}` }));
  load({ ...sequential, credentials });
  let steps = 0;
  const before = events.last().seq;
  const found = go(list.comparison(), ListLines.of({ ...sequential, credentials: credentials.slice(1) }), Number.POSITIVE_INFINITY, () => steps++);
  expect(found).toMatchObject({ added: 0, changed: 0, removed: 1 });
  expect(steps).toBeGreaterThan(100);
  expect(events.last().seq).toBe(before);
});
