import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, isOpenAt, type Schedule, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ControllerDatabase } from "./database.ts";
import { EventLog } from "./event-log.ts";
import { EMPTY_LIST, type ListContent, type ListedCredential, type ListedGrant } from "./list-content.ts";
import { type ListLoad, PermissionList } from "./permission-list.ts";
import { RecordingFailed } from "./recording-failed.ts";
import { SpentCounters } from "./spent-counters.ts";

const time = { at: unixSeconds(1_790_000_000), ms: 0 };
const [from, until] = [unixSeconds(1_780_000_000), unixSeconds(1_880_000_000)];

let folder: string;
let database: ControllerDatabase;
let events: EventLog;
let list: PermissionList;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  database = ControllerDatabase.open(join(folder, "controller.db"));
  events = new EventLog(database, nodeSha256);
  list = new PermissionList(database, "Asia/Shanghai");
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const ACT = { by: "wang", reason: "new term" };
const load = (content: ListContent): ListLoad => list.load(content, events, time, ACT);
const id = (n: number): string => n.toString(16).padStart(16, "0");
const phone = (n: number, change: Partial<ListedCredential> = {}): ListedCredential => ({
  id: id(n),
  person: `p${n}`,
  kind: "qr",
  validFrom: from,
  validUntil: until,
  publicKey: new Uint8Array(32).fill(n),
  takes: ["H", "HC"],
  flags: [],
  ...change,
});
const grant = (n: number, accessProfile: string, change: Partial<ListedGrant> = {}): ListedGrant => ({
  credential: id(n),
  accessProfile,
  validFrom: from,
  validUntil: until,
  ...change,
});
const schedule = (name: string, change: Partial<Schedule> = {}): Schedule => ({
  id: name,
  weekly: { 1: [{ startS: 28_800, endS: 64_800 }] },
  specialDays: [],
  follows: { holidays: true, makeUpDays: true },
  ...change,
});
const card = { token: "00112233445566778899aabbccddeeff", credential: id(3) };
const campus: ListContent = {
  credentials: [
    phone(1),
    phone(2, { suspension: "CredentialLost", takes: ["T", "H", "HC"], takesIssuedUntil: unixSeconds(1_800_000_000), flags: ["visitor", "emergency"] }),
    { id: id(3), person: "p1", kind: "card", validFrom: from, validUntil: until, takes: [], flags: [] },
  ],
  cards: [card],
  policies: [
    { accessProfile: "gates", accessPoint: "gate-1-in", capability: "pass", schedule: "day" },
    { accessProfile: "gates", accessPoint: "gate-1-in", capability: "pass", schedule: "night" },
    { accessProfile: "图书馆", accessPoint: "library-in", capability: "pass", schedule: "day" },
  ],
  grants: [grant(1, "gates"), grant(1, "图书馆"), grant(2, "gates"), grant(3, "gates")],
  schedules: [
    schedule("day"),
    schedule("night", {
      weekly: { 5: [{ startS: 79_200, endS: 108_000 }] },
      specialDays: [{ group: "open-days", periods: [] }],
      follows: { holidays: false, makeUpDays: false, termPhases: ["autumn"] },
    }),
  ],
  specialDayGroups: [{ id: "open-days", days: ["2026-10-10", "2026-09-30"] }],
  calendar: {
    days: new Map([
      ["2026-10-01", { kind: "holiday" }],
      ["2026-10-11", { kind: "makeUpDay", runsAs: 1 }],
    ]),
    termPhases: [{ phase: "autumn", from: "2026-09-01", until: "2027-01-16" }],
  },
};
const without = (n: number): ListContent => ({
  ...campus,
  credentials: campus.credentials.filter((credential) => credential.id !== id(n)),
  grants: campus.grants.filter(({ credential }) => credential !== id(n)),
  cards: campus.cards.filter(({ credential }) => credential !== id(n)),
});

describe("what was loaded is found again", () => {
  beforeEach(() => void load(campus));

  test("a credential by its id, with every field, and its person as a handle", () => {
    expect(list.credential(id(2))).toEqual({
      id: id(2),
      holder: expect.any(Number),
      kind: "qr",
      suspension: "CredentialLost",
      validFrom: from,
      validUntil: until,
      publicKey: new Uint8Array(32).fill(2),
      takes: ["T", "H", "HC"],
      takesIssuedUntil: 1_800_000_000,
      flags: ["visitor", "emergency"],
    });
    expect(Object.keys(list.credential(id(1))!)).not.toContain("suspension");
    expect(list.credential(id(1))!.publicKey!.constructor).toBe(Uint8Array);
  });

  test("a physical card by its token; two credentials of one person share a handle", () => {
    expect(list.credentialByNumber("card", Buffer.from(card.token, "hex"))).toEqual(list.credential(id(3)));
    expect(list.credentialByNumber("plate", Buffer.from(card.token, "hex")), "of another kind").toBeUndefined();
    expect(list.credential(id(3))!.holder).toBe(list.credential(id(1))!.holder);
    expect(list.credential(id(2))!.holder).not.toBe(list.credential(id(1))!.holder);
  });

  test("nothing where nothing is listed", () => {
    expect(list.credential(id(9))).toBeUndefined();
    expect(list.credential("not hex")).toBeUndefined();
    expect(list.credentialByNumber("card", new Uint8Array(16))).toBeUndefined();
    expect(list.permissions(id(9), "gate-1-in")).toEqual([]);
    expect(list.permissions(id(2), "library-in")).toEqual([]);
    expect(list.permissions(id(1), "gate-2-in")).toEqual([]);
  });

  test("every line of an access profile that names the access point, with its schedule", () => {
    expect(list.permissions(id(1), "gate-1-in")).toEqual(
      ["day", "night"].map((name) => ({
        accessProfile: "gates",
        capability: "pass",
        validFrom: from,
        validUntil: until,
        schedule: campus.schedules.find((known) => known.id === name),
      })),
    );
    expect(list.permissions(id(1), "library-in").map(({ accessProfile }) => accessProfile)).toEqual(["图书馆"]);
  });

  test("schedules read against special days and calendar, after a restart too", () => {
    database.close();
    database = ControllerDatabase.open(join(folder, "controller.db"));
    list = new PermissionList(database, "Asia/Shanghai");
    const context = list.scheduleContext();
    expect(context.calendar).toEqual(campus.calendar);
    expect(context.specialDays.get("open-days")).toEqual(new Set(["2026-09-30", "2026-10-10"]));
    expect(list.scheduleContext()).toBe(context);
    const [day] = list.permissions(id(1), "gate-1-in");
    expect(isOpenAt(day!.schedule, context, unixSeconds(Date.UTC(2026, 9, 11, 2) / 1000))).toBe(true); // a Sunday that runs as Monday
    expect(isOpenAt(day!.schedule, context, unixSeconds(Date.UTC(2026, 9, 4, 2) / 1000))).toBe(false);
  });

  test("how much there is, and all of one person", () => {
    expect(list.summary()).toEqual({ credentials: 3, persons: 2, cards: 1, accessProfiles: 2, schedules: 2 });
    expect(list.entries({ person: "p1" }).map(({ credential, person, cards }) => [credential.id, person, cards])).toEqual([
      [id(1), "p1", 0],
      [id(3), "p1", 1],
    ]);
    expect(list.entries({ credential: id(2) })).toEqual([
      { credential: list.credential(id(2)), person: "p2", cards: 0, accessProfiles: [{ accessProfile: "gates", validFrom: from, validUntil: until }] },
    ]);
    expect(list.entries({ person: "nobody" })).toEqual([]);
    expect(list.entries({ credential: "nonsense" })).toEqual([]);
  });
});

describe("a load", () => {
  test("counts what it does, gives the list its next version and records both", () => {
    expect(list.version()).toBeUndefined();
    const first = load(campus);
    expect(first).toMatchObject({ kind: "changed", version: 1, added: 17, changed: 0, removed: 0 });
    const second = load({
      ...without(2),
      credentials: [phone(1, { suspension: "Frozen" }), campus.credentials[2]!, phone(4)],
      grants: [grant(1, "gates"), grant(3, "gates"), grant(4, "图书馆")],
    });
    expect(second).toMatchObject({ kind: "changed", version: 2, added: 2, changed: 1, removed: 3 });
    expect(list.version()).toEqual({ version: 2, digest: second.digest, loadedAt: time.at, confirmedAt: time.at });
    const record = events.event(2)!.record;
    expect(record.ok && record.value.event).toEqual({
      name: "ListLoaded",
      fields: { version: 2, added: 2, changed: 1, removed: 3, digest: bytesToHex(second.digest), ...ACT },
    });
  });

  test("of the same content changes nothing, leaves no event, and says that the list was confirmed", () => {
    const first = load(campus);
    const shuffled = {
      ...campus,
      credentials: [...campus.credentials].reverse(),
      grants: [...campus.grants].reverse(),
      policies: [...campus.policies].reverse(),
    };
    const again = list.load(shuffled, events, { at: unixSeconds(1_790_009_999), ms: 0 }, ACT);
    expect(again).toMatchObject({ kind: "unchanged", version: first.version, digest: first.digest, added: 0, changed: 0, removed: 0 });
    expect(list.version()).toMatchObject({ version: 1, loadedAt: 1_790_000_000, confirmedAt: 1_790_009_999 });
    expect(events.last().seq).toBe(1);
  });

  test("while the clock is untrusted leaves the times open", () => {
    list.load(campus, events, { at: null, ms: 0 }, ACT);
    expect(list.version()).toMatchObject({ loadedAt: null, confirmedAt: null });
  });

  test("of an empty list is a list too", () => {
    expect(load(EMPTY_LIST)).toMatchObject({ kind: "changed", version: 1 });
    expect(load(EMPTY_LIST)).toMatchObject({ kind: "unchanged", version: 1 });
  });

  test("takes a revoked credential with its permissions and cards, and what it spent is remembered", () => {
    load(campus);
    const spent = new SpentCounters(database, { after: () => () => {} });
    spent.spent({ credential: id(3), replayClass: "T", replayGroup: "gate", counter: 9, signedAt: from }, 1);
    spent.write();
    load(without(3));
    expect(list.credential(id(3))).toBeUndefined();
    expect(list.permissions(id(3), "gate-1-in")).toEqual([]);
    expect(list.credentialByNumber("card", Buffer.from(card.token, "hex"))).toBeUndefined();
    expect(spent.last(id(3), "T", "gate")?.counter).toBe(9);
    load(campus);
    expect(list.credential(id(3))).toBeDefined();
  });

  test("keeps a person's handle as long as anything of the person is listed, and never gives one twice", () => {
    load(campus);
    const [one, two] = [list.credential(id(1))!.holder, list.credential(id(2))!.holder];
    load(without(1)); // p1 still has the card
    expect(list.credential(id(3))!.holder).toBe(one);
    load(without(2));
    expect(list.entries({ person: "p2" })).toEqual([]);
    load(campus);
    expect(list.credential(id(1))!.holder).toBe(one);
    expect([one, two]).not.toContain(list.credential(id(2))!.holder);
  });

  test("reaches the next decision: schedules and access profiles are those of the new list", () => {
    load(campus);
    const before = list.scheduleContext();
    load({ ...campus, schedules: [schedule("day", { weekly: {} }), campus.schedules[1]!], policies: campus.policies.slice(0, 1), grants: [grant(1, "gates")] });
    expect(list.scheduleContext()).not.toBe(before);
    expect(list.permissions(id(1), "gate-1-in").map(({ schedule }) => schedule.weekly)).toEqual([{}]);
    expect(list.permissions(id(1), "library-in")).toEqual([]);
  });

  test("that the disk refuses leaves the old list in force, whole", () => {
    load(campus);
    database.close();
    database = ControllerDatabase.open(join(folder, "controller.db"), { pagesMax: 60 });
    list = new PermissionList(database, "Asia/Shanghai");
    events = new EventLog(database, nodeSha256);
    const many = Array.from({ length: 5000 }, (_, n) => phone(n + 100));
    expect(() => load({ ...campus, credentials: [...many], grants: [], cards: [] })).toThrow(RecordingFailed);
    expect(list.version()?.version).toBe(1);
    expect(list.permissions(id(1), "gate-1-in")).toHaveLength(2);
    expect(outcomeOf(list.verify())).toBe("whole");
    expect(events.last().seq).toBe(1);
  });

  test.each<[string, Partial<ListContent>, RegExp]>([
    ["a grant of nobody", { grants: [grant(9, "gates")] }, /credential 0{15}9 is named but not in the list/],
    ["a grant of nothing", { grants: [grant(1, "cellar")] }, /access profile cellar/],
    ["a card of nobody", { cards: [{ ...card, credential: id(9) }] }, /credential/],
    ["a schedule that is not there", { schedules: [] }, /schedule day/],
    ["a group that is not there", { specialDayGroups: [] }, /special day group open-days/],
    ["a credential twice", { credentials: [...campus.credentials, phone(1)] }, /stands twice/],
    ["an id that is none", { credentials: [...campus.credentials, phone(9, { id: "12E5" })] }, /16 lower-case hex/],
    ["a name that could be a formula", { credentials: [...campus.credentials, phone(9, { person: "=1+1" })] }, /no name for a list/],
  ])("with %s is a mistake of whoever made the list, and changes nothing", (_, change, message) => {
    load(campus);
    expect(() => load({ ...campus, ...change })).toThrow(message);
    expect(list.version()?.version).toBe(1);
  });
});

test("card numbers and names of people stay out of the events", () => {
  load(campus);
  expect(Buffer.from(events.event(1)!.bytes).toString("latin1")).not.toMatch(/p1|p2/);
});

test("the digest of the list is the one that the documentation describes", () => {
  const { digest } = load({ ...EMPTY_LIST, calendar: { days: new Map([["2026-10-01", { kind: "holiday" }]]), termPhases: [] } });
  const text = "#credential\n#card\n#policy\n#grant\n#schedule\n#specialDayGroup\n#calendarDay\n2026-10-01\tholiday\t\n#termPhase\n";
  expect(digest).toEqual(nodeSha256(new TextEncoder().encode(text)));
});

describe("verifying", () => {
  test("finds the list whole after any load, in portions between which the database is free", () => {
    load({ ...campus, credentials: [...campus.credentials, ...Array.from({ length: 1_000 }, (_, n) => phone(n + 10))] });
    let portions = 0;
    const steps = list.verify();
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        expect(step.value).toBe("whole");
        break;
      }
      portions++;
      database.prepare<[number]>("UPDATE spent_mark SET seq = ?").run(portions);
    }
    expect(portions).toBeGreaterThan(30);
  });

  test.each([
    "UPDATE credential SET row = (SELECT row FROM credential WHERE holder = 2 LIMIT 1) WHERE holder = 1",
    "UPDATE credential SET row = unhex(replace(hex(row), '01010101', '01010102'))",
    "DELETE FROM credential WHERE holder = 1",
    "UPDATE credential SET row = x'00'",
    "UPDATE schedule SET definition = replace(definition, '28800', '0')",
    "UPDATE person SET person = 'p9' WHERE holder = 1",
    "DELETE FROM card_number",
    "DELETE FROM calendar_day WHERE kind = 'holiday'",
  ])("finds what was altered behind our back: %s", (sql) => {
    load(campus);
    expect(database.prepare<[]>(sql).run().changes).toBeGreaterThan(0);
    expect(outcomeOf(list.verify())).toBe("altered");
  });

  test("gives up where another list is loaded meanwhile", () => {
    load(campus);
    const steps = list.verify();
    steps.next();
    load(without(2));
    expect(outcomeOf(steps)).toBe("replaced");
  });
});

function outcomeOf(steps: Generator<void, "whole" | "altered" | "replaced">): "whole" | "altered" | "replaced" {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Lists over few names, so that loads share, change and drop each other's rows. */
const anyList: fc.Arbitrary<ListContent> = fc
  .record({
    people: fc.uniqueArray(
      fc.record({ n: fc.integer({ min: 0, max: 600 }), person: fc.integer({ min: 0, max: 3 }), frozen: fc.boolean(), key: fc.boolean() }),
      {
        selector: ({ n }) => n,
        maxLength: 12,
      },
    ),
    grants: fc.uniqueArray(
      fc.record({
        n: fc.nat(11),
        profile: fc.constantFrom("a", "a.b", "b", "图"),
        from: fc.constantFrom(0, 9, 10, 1_780_000_000),
        until: fc.constantFrom(11, 1_880_000_000),
      }),
      {
        selector: ({ n, profile, from }) => `${n} ${profile} ${from}`,
        maxLength: 12,
      },
    ),
    open: fc.integer({ min: 1, max: 3 }),
    days: fc.uniqueArray(fc.constantFrom("2026-10-01", "2026-10-02", "2026-10-03")),
  })
  .map(({ people, grants, open, days }) => ({
    ...EMPTY_LIST,
    // Ids spread over all first bytes, with neighbours that differ in the last alone.
    credentials: people.map(({ n, person, frozen, key }) => ({
      id: (n % 256).toString(16).padStart(2, "0") + n.toString(16).padStart(14, "0"),
      person: `p${person}`,
      kind: "qr" as const,
      validFrom: from,
      validUntil: until,
      ...(frozen ? { suspension: "Frozen" as const } : {}),
      ...(key ? { publicKey: new Uint8Array(32).fill(1) } : {}),
      takes: ["T" as const],
      flags: [],
    })),
    grants: grants
      .filter(({ n }) => n < people.length)
      .map(({ n, profile, from: start, until: end }) => {
        const credential = people[n]!.n;
        return {
          credential: (credential % 256).toString(16).padStart(2, "0") + credential.toString(16).padStart(14, "0"),
          accessProfile: profile,
          validFrom: unixSeconds(start),
          validUntil: unixSeconds(end),
        };
      }),
    policies: ["a", "a.b", "b", "图"].map((accessProfile) => ({ accessProfile, accessPoint: `gate-${open}`, capability: "pass" as const, schedule: "day" })),
    schedules: [schedule("day", { weekly: { [open as 1]: [{ startS: 0, endS: 60 }] } })],
    calendar: { days: new Map(days.map((day) => [day, { kind: "holiday" as const }])), termPhases: [] },
  }));

test.each([
  ["in place", undefined],
  ["by making the tables anew", 0],
])("whatever was loaded before, a list that is loaded %s has the digest of its content, and the tables say it", (_, inPlaceMax) => {
  list = new PermissionList(database, "Asia/Shanghai", inPlaceMax);
  fc.assert(
    fc.property(fc.array(anyList, { minLength: 1, maxLength: 4 }), (lists) => {
      for (const content of lists) load(content);
      const last = lists.at(-1)!;
      const fresh = mkdtempSync(join(folder, "fresh-"));
      const other = ControllerDatabase.open(join(fresh, "controller.db"));
      try {
        const alone = new PermissionList(other, "Asia/Shanghai");
        expect(list.version()!.digest).toEqual(alone.load(last, new EventLog(other, nodeSha256), time, ACT).digest);
      } finally {
        other.close();
      }
      expect(outcomeOf(list.verify())).toBe("whole");
      expect(list.compare(last)).toMatchObject({ added: 0, changed: 0, removed: 0 });
      for (const { id: credential } of last.credentials) {
        const reached = list.permissions(credential, last.policies[0]!.accessPoint).map(({ accessProfile, validFrom }) => `${accessProfile} ${validFrom}`);
        const granted = last.grants.filter((g) => g.credential === credential).map(({ accessProfile, validFrom }) => `${accessProfile} ${validFrom}`);
        expect(new Set(reached)).toEqual(new Set(granted));
      }
    }),
    { numRuns: 40 },
  );
});
