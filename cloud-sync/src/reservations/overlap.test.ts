import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { ALWAYS, done, NOTE } from "../rig/cloud-rig.ts";
import { hours, type PlacesRig, placesRig } from "../rig/places-rig.ts";
import { openSqlite } from "../store/cloud-database.ts";
import { book } from "./book.ts";

let rig: PlacesRig;
beforeEach(async () => {
  rig = await placesRig();
});
afterEach(() => rig.close());

/** A row as no code of ours would write it. */
async function rawTime(reservation: string, nth: number, seat: number, starts: number, ends: number, active = 1): Promise<void> {
  const { queries } = rig.cloud.database;
  await sql`INSERT INTO reserved_time (reservation, nth, resource_number, seats, seat, starts, ends, active)
    SELECT ${reservation}, ${nth}, number, seats, ${seat}, ${starts}, ${ends}, ${active} FROM resource WHERE id = 'pool'`.execute(queries);
}
async function rawReservation(id: string): Promise<void> {
  await sql`INSERT INTO reservation (id, resource, kind, state, label, created_at, created_by, revision)
    VALUES (${id}, 'pool', 'closure', 'booked', '', 0, 'nobody', 1)`.execute(rig.cloud.database.queries);
}

test("the store itself refuses a row that overlaps another on the same seat, inserted or updated, whatever wrote it", async () => {
  await rawReservation("a");
  await rawReservation("b");
  await rawTime("a", 0, 1, 1000, 2000);
  for (const [from, until] of [[1000, 2000], [1500, 1501], [500, 1001], [1999, 3000], [500, 3000]] as const) await expect(rawTime("b", 0, 1, from, until)).rejects.toThrow(/overlap/); // prettier-ignore
  await rawTime("b", 0, 1, 2000, 3000); // it touches
  await rawTime("b", 1, 2, 1000, 2000); // another seat
  await rawTime("b", 2, 1, 1000, 2000, 0); // given back
  const { queries } = rig.cloud.database;
  await expect(sql`UPDATE reserved_time SET starts = 1999 WHERE reservation = 'b' AND nth = 0`.execute(queries)).rejects.toThrow(/overlap/);
  await expect(sql`UPDATE reserved_time SET active = 1 WHERE reservation = 'b' AND nth = 2`.execute(queries)).rejects.toThrow(/overlap/);
  await sql`UPDATE reserved_time SET signed_in_at = 1, signed_in_by = 'desk' WHERE reservation = 'a'`.execute(queries);
});

test("the store itself refuses a seat beyond those that there are, and fewer seats than are taken", async () => {
  await rawReservation("a");
  await rawTime("a", 0, 3, 1000, 2000);
  await expect(rawTime("a", 1, 4, 1000, 2000)).rejects.toThrow(/check/i);
  await expect(rawTime("a", 1, 0, 1000, 2000)).rejects.toThrow(/check/i);
  await expect(sql`UPDATE resource SET seats = 2 WHERE id = 'pool'`.execute(rig.cloud.database.queries)).rejects.toThrow(/check/i);
});

test("whatever is asked in whatever order, no two bookings of one seat overlap and no seat is given beyond capacity", async () => {
  const person = await rig.person("staff");
  const free = {
    ...rig.desk,
    services: {
      ...rig.desk.services,
      services: rig.desk.services.services.map((each) => ({ ...each, quotas: [], notices: each.id === "sports-hall" ? [] : each.notices })),
    },
  };
  const ask = fc.record({
    resource: fc.constantFrom("court-1", "pool"),
    from: fc.integer({ min: 16, max: 40 }),
    length: fc.integer({ min: 1, max: 4 }),
    isHold: fc.boolean(),
    pass: fc.integer({ min: 0, max: 400 }),
  });
  let [taken, given] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(ask, { minLength: 10, maxLength: 25 }), async (asks) => {
      const { queries } = rig.cloud.database;
      await queries.deleteFrom("reservation").execute();
      const day = `2026-09-${String(2 + Math.floor(rig.cloud.now() / 86_400 - 20_697)).padStart(2, "0")}`;
      for (const { resource, from, length, isHold, pass } of asks) {
        rig.cloud.pass(pass);
        const made = await book(free, NOTE, { resource, person, spans: [hours(day, from / 2, (from + length) / 2)], acceptedVersion: 1, isHold });
        if (made.ok) given++;
        else if (made.error === "SlotTaken") taken++;
        const clash = await sql<{
          n: number;
        }>`SELECT COUNT(*) AS n FROM reserved_time a JOIN reserved_time b ON a.resource_number = b.resource_number AND a.seat = b.seat
          AND a.starts < b.ends AND b.starts < a.ends AND (a.reservation <> b.reservation OR a.nth <> b.nth) WHERE a.active = 1 AND b.active = 1`.execute(
          queries,
        );
        expect(clash.rows[0]!.n).toBe(0);
        const beyond = await sql<{ n: number }>`SELECT COUNT(*) AS n FROM resource WHERE EXISTS (
          SELECT 1 FROM reserved_time a JOIN reserved_time b ON b.resource_number = a.resource_number AND b.active = 1 AND b.starts <= a.starts AND a.starts < b.ends
          WHERE a.resource_number = number AND a.active = 1 GROUP BY a.reservation, a.nth HAVING COUNT(*) > resource.seats)`.execute(queries);
        expect(beyond.rows[0]!.n).toBe(0);
      }
    }),
    { numRuns: 4 },
  );
  expect([taken > 10, given > 20]).toEqual([true, true]);
});

test("32 who want the same court at once: one has it, the others hear what is free nearby", async () => {
  const people = await Promise.all(Array.from({ length: 32 }, () => rig.person()));
  const answers = await Promise.all(
    people.map((person) => book(rig.desk, NOTE, { resource: "court-1", person, spans: [hours("2026-09-02", 18, 19)], acceptedVersion: 1, isHold: false })),
  );
  expect(answers.filter(({ ok }) => ok).length).toBe(1);
  const refused = answers.filter((answer) => !answer.ok);
  expect(refused.length).toBe(31);
  for (const answer of refused)
    expect(answer).toMatchObject({
      error: "SlotTaken",
      facts: {
        nearby: {
          sameTime: [{ resource: "court-2", ...hours("2026-09-02", 18, 19) }],
          sameResource: [hours("2026-09-02", 17, 18), hours("2026-09-02", 19, 20), hours("2026-09-02", 16.5, 17.5)],
        },
      },
    });
});

test("a place with a free seat at every instant and no seat that is free throughout is not offered: who asked for it would be refused", async () => {
  const pool = { campusService: "sports-hall", type: "泳道", capacity: 4, opens: [] };
  for (const id of ["pool-2", "pool-3"]) await rig.put(id, { ...pool, seats: 2 });
  await rig.put("pool-1", { ...pool, seats: 1 });
  const { queries } = rig.cloud.database;
  await rawReservation("a");
  const half = (from: number) => hours("2026-09-02", from, from + 0.5);
  for (const [nth, resource, seat, at] of [
    [0, "pool-2", 1, half(18)],
    [1, "pool-2", 2, half(18.5)],
    [2, "pool-3", 1, half(18)],
    [3, "pool-3", 1, half(18.5)],
    [4, "pool-1", 1, half(18)],
  ] as const)
    // prettier-ignore
    await sql`INSERT INTO reserved_time (reservation, nth, resource_number, seats, seat, starts, ends, active)
      SELECT 'a', ${nth}, number, seats, ${seat}, ${at.from}, ${at.until}, 1 FROM resource WHERE id = ${resource}`.execute(queries);
  const asked = { person: await rig.person(), spans: [hours("2026-09-02", 18, 19)], acceptedVersion: 1, isHold: false };
  expect(await book(rig.desk, NOTE, { ...asked, resource: "pool-2" })).toMatchObject({
    error: "SlotTaken",
    facts: { nearby: { sameTime: [{ resource: "pool" }, { resource: "pool-3" }] } },
  });
  expect(await book(rig.desk, NOTE, { ...asked, resource: "pool-1" })).toMatchObject({
    error: "SlotTaken",
    facts: { nearby: { sameTime: [{ resource: "pool" }, { resource: "pool-3" }] } },
  });
});

test("32 who want one of three lanes at once: three have one, each another", async () => {
  const people = await Promise.all(Array.from({ length: 32 }, () => rig.person()));
  const answers = await Promise.all(
    people.map((person) => book(rig.desk, NOTE, { resource: "pool", person, spans: [hours("2026-09-02", 18, 19)], acceptedVersion: 1, isHold: false })),
  );
  const seats = answers.flatMap((answer) => (answer.ok ? [answer.value.value.times[0]!.seat] : []));
  expect(seats.sort((a, b) => a - b)).toEqual([1, 2, 3]);
  expect(answers.filter((answer) => !answer.ok).every((answer) => !answer.ok && answer.error === "SlotTaken")).toBe(true);
});

test("two programs that write to one file at once: of each slot one gets it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "cloud.db");
  const database = await openSqlite(path);
  await sql`INSERT INTO resource (id, number, campus_service, kind, name_zh, name_en, type, path, capacity, attributes, seats, opens) VALUES ('court', 1, 's', 'place', '', '', '', '[]', 1, '{}', 1, '[]')`.execute(
    database.queries,
  );
  for (const id of ["0", "1"])
    await sql`INSERT INTO reservation (id, resource, kind, state, label, created_at, created_by, revision) VALUES (${id}, 'court', 'closure', 'booked', '', 0, 'x', 1)`.execute(
      database.queries,
    );
  await database.close();
  const results = await Promise.all(["0", "1"].map((id) => racer(path, id)));
  expect([results[0]!.won + results[1]!.won, results[0]!.lost + results[1]!.lost]).toEqual([200, 200]);
  expect(results.map(({ other }) => other)).toEqual([0, 0]);
}, 20_000);

/** A program of its own, which cloud.db is not locked against: the trigger alone stands between the two. */
function racer(path: string, id: string): Promise<{ readonly won: number; readonly lost: number; readonly other: number }> {
  const child = fork(new URL("../rig/racing-bookings.mjs", import.meta.url).pathname, [path, id], { stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.once("message", (counts) => resolve(counts as Awaited<ReturnType<typeof racer>>));
    child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
  });
}

test("whoever reads a hold past its time reads that it is free, though nothing was written", async () => {
  const [first, second] = [await rig.person(), await rig.person()];
  const spans = [hours("2026-09-02", 18, 19)];
  await done(book(rig.desk, NOTE, { resource: "court-1", person: first, spans, acceptedVersion: 1, isHold: true }));
  rig.cloud.pass(599);
  expect(await book(rig.desk, NOTE, { resource: "court-1", person: second, spans, acceptedVersion: 1, isHold: false })).toMatchObject({ error: "SlotTaken" });
  rig.cloud.pass(1);
  const made = await done(book(rig.desk, NOTE, { resource: "court-1", person: second, spans, acceptedVersion: 1, isHold: false }));
  expect(made.state).toBe("booked");
  expect(ALWAYS.from).toBe(0);
});
