import { zonePartition } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { putCalendar } from "../calendar-change.ts";
import { removeSchedule } from "../calendar.ts";
import { expandFromScratch, keptItems } from "../expansion/from-scratch.ts";
import { issueCredential } from "../credentials.ts";
import { revokeGrant } from "../grants.ts";
import { endAudience, putAudience, removePerson } from "../people.ts";
import { ALWAYS, done, itemsIn, NOTE, SECOND } from "../rig/cloud-rig.ts";
import { at, hours, type PlacesRig, placesRig } from "../rig/places-rig.ts";
import { removeAccessPoint } from "../places.ts";
import { book } from "./book.ts";
import type { BookingAsk } from "./booking.ts";
import { cancel } from "./cancel.ts";
import { approve, confirm, decline, modify } from "./decide.ts";
import type { Reservation } from "./reservation-rows.ts";
import { ReservationWatch } from "./reservation-watch.ts";
import { removeResource } from "./resources.ts";

let rig: PlacesRig;
let person: string;
beforeEach(async () => {
  rig = await placesRig();
  person = await rig.person();
});
afterEach(() => rig.close());

const EVENING = hours("2026-09-02", 18, 19);
const ask = (more: Partial<BookingAsk> = {}): BookingAsk => ({ resource: "court-1", person, spans: [EVENING], acceptedVersion: 1, isHold: false, ...more });
const booked = (more: Partial<BookingAsk> = {}): Promise<Reservation> => done(book(rig.desk, NOTE, ask(more)));
const grants = () => rig.cloud.database.queries.selectFrom("access_grant").selectAll().orderBy("valid_from").execute();
const told = async () => (await rig.cloud.database.queries.selectFrom("notification").select("kind").orderBy("nth").execute()).map(({ kind }) => kind).filter((kind) => kind.startsWith("reservation")); // prettier-ignore

test("a booking gives what it opens, a quarter of an hour before and behind, for its audiences alone, in the list of the zone", async () => {
  const { id: credential } = await done(
    issueCredential(rig.cloud, NOTE, person, { kind: "qr", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null }),
  );
  const { id } = await booked();
  expect(await grants()).toMatchObject([
    {
      subject: person,
      access_points: '["hall/entry","hall/exit"]',
      capability: "pass",
      valid_from: EVENING.from - 900,
      valid_until: EVENING.until + 900,
      source_kind: "reservation",
      source: id,
      within_audiences: '["staff","student","family"]',
    },
  ]);
  await rig.cloud.expander.expandAll();
  const row = (await itemsIn(rig.cloud, zonePartition("east"))).find((item) => item.table === "credential" && item.row.credential.id === credential);
  expect(row).toMatchObject({ row: { grants: [{ kind: "own", validFrom: EVENING.from - 900, validUntil: EVENING.until + 900 }] } });
  expect(await keptItems(rig.cloud.database.queries)).toEqual(await expandFromScratch(rig.cloud.database.queries));
});

test("a grant of a reservation goes with it alone, and reaches nobody who has left the campus", async () => {
  const { id } = await booked();
  const [grant] = await grants();
  expect(await revokeGrant(rig.cloud, NOTE, grant!.id)).toMatchObject({ error: "SourceOwnsGrant", detail: `reservation ${id}` });
  await done(issueCredential(rig.cloud, NOTE, person, { kind: "qr", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null }));
  await done(endAudience(rig.cloud, NOTE, person, "student"));
  await rig.cloud.expander.expandAll();
  expect((await itemsIn(rig.cloud, zonePartition("east"))).filter((item) => item.table === "credential")).toEqual([]);
  expect(await book(rig.desk, NOTE, ask({ resource: "court-2" }))).toMatchObject({
    error: "ServiceNotForYou",
    facts: { rule: "5.1", contact: expect.stringContaining("体育馆前台") },
  });
  await done(putAudience(rig.cloud, NOTE, person, { audience: "student", validity: ALWAYS, sponsor: null }));
  await rig.cloud.expander.expandAll();
  expect((await itemsIn(rig.cloud, zonePartition("east"))).filter((item) => item.table === "credential").length).toBe(1);
});

test("what a booking gave leaves store and list within an hour behind its end, though its person books nothing more; others keep theirs", async () => {
  await done(issueCredential(rig.cloud, NOTE, person, { kind: "qr", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null }));
  await booked();
  const later = await booked({ resource: "court-2", person: await rig.person(), spans: [hours("2026-09-03", 18, 19)] });
  const watch = new ReservationWatch({
    cloud: rig.cloud,
    services: rig.desk.services,
    clock: { after: () => () => {} },
    onTold: () => {},
    onFailure: () => {},
  });
  const sources = async () => (await grants()).map(({ source }) => source);
  const own = async () => (await itemsIn(rig.cloud, zonePartition("east"))).flatMap((item) => (item.table === "credential" ? item.row.grants : []));
  await watch.look();
  await rig.cloud.expander.expandAll();
  expect([(await sources()).length, (await own()).length]).toEqual([2, 1]);
  rig.cloud.pass(EVENING.until + 900 + 3_600 - rig.cloud.now());
  await watch.look();
  expect(await sources()).toEqual([later.id]);
  await rig.cloud.expander.expandAll();
  expect(await own()).toEqual([]);
  expect(await keptItems(rig.cloud.database.queries)).toEqual(await expandFromScratch(rig.cloud.database.queries));
  const { id: change } = await rig.cloud.database.queries.selectFrom("change_record").select("id").orderBy("id", "desc").executeTakeFirstOrThrow();
  await watch.look();
  expect((await rig.cloud.database.queries.selectFrom("change_record").select("id").orderBy("id", "desc").executeTakeFirstOrThrow()).id).toBe(change);
  await watch.close();
});

test("a modification has the new time or the old one, never both and never none, and the grant moves in the same change", async () => {
  const { id } = await booked();
  const other = await rig.person();
  await booked({ person: other, resource: "court-2" });
  const changes = async () => (await rig.cloud.database.queries.selectFrom("change_record").select("id").execute()).length;
  const before = await changes();
  expect(await modify(rig.desk, NOTE, id, person, { resource: "court-2", spans: [EVENING], acceptedVersion: null })).toMatchObject({
    error: "SlotTaken",
    facts: { rule: "5.2" },
  });
  expect([await changes(), (await grants()).length]).toEqual([before, 2]);
  const later = hours("2026-09-03", 20, 21);
  const moved = await done(modify(rig.desk, NOTE, id, person, { resource: "court-2", spans: [later], acceptedVersion: null }));
  expect(moved).toMatchObject({ id, resource: "court-2", revision: 2, state: "booked", times: [later] });
  expect([await changes(), (await grants()).map(({ source, valid_from }) => [source === id, valid_from])]).toEqual([before + 1, [[false, EVENING.from - 900], [true, later.from - 900]]]); // prettier-ignore
  await booked({ person: other, spans: [EVENING] }); // what was given back is there for others
  expect(await modify(rig.desk, NOTE, id, other, { resource: null, spans: [later], acceptedVersion: null })).toMatchObject({ error: "ReservationUnknown" });
});

test("it can be moved within its own time", async () => {
  const { id } = await booked();
  const moved = await done(modify(rig.desk, NOTE, id, person, { resource: null, spans: [hours("2026-09-02", 18.5, 19.5)], acceptedVersion: null }));
  expect(moved.times.map(({ from }) => from)).toEqual([at("2026-09-02", 18.5)]);
});

test("cancelling gives back the slot and its grant together; the front desk does so when it has begun", async () => {
  const { id } = await booked();
  expect(await cancel(rig.desk, NOTE, id, await rig.person(), null)).toMatchObject({ error: "ReservationUnknown" });
  expect(await done(cancel(rig.desk, NOTE, id, person, null))).toMatchObject({ state: "cancelled", times: [{ isActive: false }] });
  expect([await grants(), await told()]).toEqual([[], ["reservation.booked", "reservation.cancelled"]]);
  expect(await cancel(rig.desk, NOTE, id, person, null)).toMatchObject({ error: "ReservationOver", detail: "it is cancelled" });
  const second = await booked();
  rig.cloud.pass(EVENING.from - rig.cloud.now());
  expect(await cancel(rig.desk, NOTE, second.id, person, null)).toMatchObject({ error: "WindowClosed" });
  expect((await grants()).length).toBe(1);
  expect(await done(cancel({ ...rig.desk, isDesk: true }, NOTE, second.id, person, null))).toMatchObject({ state: "cancelled" });
  expect(await grants()).toEqual([]);
});

test("several times are one booking: all of them or none, and one can be given back", async () => {
  const spans = [2, 3, 4].map((day) => hours(`2026-09-0${day}`, 10, 11));
  await booked({ person: await rig.person("staff"), resource: "607", spans: [spans[1]!] });
  expect(await book(rig.desk, NOTE, ask({ resource: "607", spans }))).toMatchObject({ error: "SlotTaken", detail: "607, 2026-09-03 10:00" });
  const { id } = await booked({ resource: "608", spans });
  await done(cancel(rig.desk, NOTE, id, person, 1));
  const rows = await rig.cloud.database.queries.selectFrom("reserved_time").select(["nth", "active"]).where("reservation", "=", id).orderBy("nth").execute();
  expect(rows).toEqual([{ nth: 0, active: 1 }, { nth: 1, active: 0 }, { nth: 2, active: 1 }]); // prettier-ignore
});

test("a hold is confirmed within its time and opens nothing before; what came meanwhile is looked at again", async () => {
  const held = await booked({ isHold: true });
  expect([held.state, held.heldUntil, await grants()]).toEqual(["held", rig.cloud.now() + 600, []]);
  await done(putCalendar(rig.desk, NOTE, { from: "2026-09-02", until: "2026-09-03", days: [{ date: "2026-09-02", kind: "holiday" }], termPhases: [] }));
  expect(await confirm(rig.desk, NOTE, held.id, person)).toMatchObject({ error: "NotBookable", detail: expect.stringContaining("NotOpen: ") });
  await done(putCalendar(rig.desk, NOTE, { from: "2026-09-02", until: "2026-09-03", days: [], termPhases: [] }));
  expect(await done(confirm(rig.desk, NOTE, held.id, person))).toMatchObject({ state: "booked", heldUntil: null });
  expect((await grants()).length).toBe(1);
  const second = await booked({ resource: "court-2", isHold: true });
  rig.cloud.pass(600);
  expect(await confirm(rig.desk, NOTE, second.id, person)).toMatchObject({ error: "ReservationOver", detail: "it is lapsed" });
});

test("what needs approval opens nothing before somebody else approves it, and is judged anew then", async () => {
  const services = {
    ...rig.desk.services,
    services: rig.desk.services.services.map((each) =>
      each.id === "spaces" ? { ...each, reservations: { ...each.reservations!, needsApproval: true } } : each,
    ),
  };
  const desk = { ...rig.desk, services };
  const wait = () => done(book(desk, NOTE, ask({ resource: "607" })));
  const { id, state } = await wait();
  expect([state, await grants()]).toEqual(["waiting", []]);
  expect(await approve(desk, NOTE, id)).toMatchObject({ error: "SameOperator" });
  expect(await book(desk, NOTE, ask({ resource: "607" }))).toMatchObject({ error: "SlotTaken" });
  await done(endAudience(rig.cloud, NOTE, person, "student"));
  expect(await approve(desk, SECOND, id)).toMatchObject({ error: "NotBookable", detail: expect.stringContaining("ServiceNotForYou: ") });
  await done(putAudience(rig.cloud, NOTE, person, { audience: "student", validity: ALWAYS, sponsor: null }));
  expect(await done(approve(desk, SECOND, id))).toMatchObject({ state: "booked", approvedBy: "operator-2" });
  expect(await grants()).toMatchObject([{ granted_by: "operator-1", approved_by: "operator-2", capability: "unlock" }]);
  // Moved, it is something else: it waits again.
  expect(await done(modify(desk, NOTE, id, person, { resource: null, spans: [hours("2026-09-03", 9, 10)], acceptedVersion: null }))).toMatchObject({
    state: "waiting",
    approvedBy: null,
  });
  expect(await grants()).toEqual([]);
  expect(await done(decline(desk, SECOND, id))).toMatchObject({ state: "refused" });
  const late = await wait();
  rig.cloud.pass(EVENING.from - rig.cloud.now());
  expect(await approve(desk, SECOND, late.id)).toMatchObject({ error: "ReservationOver", detail: "it is lapsed" });
});

test("quotas count what stands, not what was given back", async () => {
  const first = await booked();
  await booked({ resource: "court-2", spans: [hours("2026-09-02", 8, 9)] });
  const third = { resource: "court-2", spans: [hours("2026-09-02", 12, 13)] };
  expect(await book(rig.desk, NOTE, ask(third))).toMatchObject({
    error: "QuotaReached",
    detail: "courts-per-day: at most 2 pieces, 2026-09-02",
    facts: { rule: "5.2" },
  });
  // A move does not count against itself.
  await done(modify(rig.desk, NOTE, first.id, person, { resource: null, spans: [hours("2026-09-02", 20, 21)], acceptedVersion: null }));
  await done(cancel(rig.desk, NOTE, first.id, person, null));
  await booked(third);
});

test("what is booked keeps its place in the store, and goes with its person", async () => {
  await booked();
  expect(await removeResource(rig.desk, NOTE, "court-1")).toMatchObject({ error: "StillInUse" });
  await expect(rig.put("court-1", { campusService: "sports-hall", seats: 1, kind: "course", sessions: [EVENING], schedule: null })).rejects.toThrow(
    "StillInUse",
  );
  await done(removePerson(rig.cloud, NOTE, person));
  expect(await grants()).toEqual([]);
  await done(removeResource(rig.desk, NOTE, "court-1"));
});

test("neither opening hours nor a door goes while a place names it", async () => {
  expect(await removeSchedule(rig.cloud, NOTE, "open-hours")).toMatchObject({ error: "StillInUse", detail: expect.stringContaining("resource") });
  expect(await removeAccessPoint(rig.cloud, NOTE, "room-607")).toMatchObject({ error: "StillInUse", detail: "resource 607" });
});
