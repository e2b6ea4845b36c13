import { type FeedItem, GLOBAL, type Schedule, U32_MAX, zonePartition } from "@portico/card-protocol";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { putCalendar } from "../calendar-change.ts";
import { putSchedule, putSpecialDays } from "../calendar.ts";
import { AUDIENCES } from "../core/audience.ts";
import { issueCredential, removeCredential, setCredentialState } from "../credentials.ts";
import { approveGrant, createGrant, putPolicy, removePolicy, revokeGrant } from "../grants.ts";
import { adoptOfflineTerms } from "../ledger/offline-terms.ts";
import { MoneyDesk } from "../ledger/money-desk.ts";
import { putTill } from "../ledger/tills.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { putGroup, putMember, removeMember } from "../groups.ts";
import { endAudience, putAudience, putPerson, removePerson } from "../people.ts";
import { putAccessPoint, putZone, rotateZoneKey } from "../places.ts";
import { putAccessProfile } from "../profiles.ts";
import { ALWAYS, between, type CloudRig, cloudRig, done, itemsIn, NOTE, SECOND, START } from "../rig/cloud-rig.ts";
import { LOCK_ACTS } from "../rig/lock-acts.ts";
import { expandFromScratch, keptItems } from "./from-scratch.ts";

let rig: CloudRig;
beforeEach(async () => void (rig = await cloudRig()));
afterEach(() => rig.close());

const names = (id: string): { zh: string; en: string } => ({ zh: id, en: id });
const weekdays: Schedule = {
  id: "weekdays",
  weekly: { 1: [{ startS: 25_200, endS: 79_200 }] },
  specialDays: [{ group: "open-days", periods: [{ startS: 0, endS: 86_400 }] }],
  follows: { holidays: true, makeUpDays: true },
};

/** Two zones with two access points each, one of them high; a schedule and two profiles, one of them in both zones. */
async function campus(): Promise<void> {
  for (const zone of ["east", "west"]) {
    await done(putZone(rig, NOTE, zone, names(zone)));
    for (const nth of [1, 2]) await done(putAccessPoint(rig, NOTE, { id: `${zone}-${nth}`, zone, names: names(zone), high: zone === "west" && nth === 2 }));
  }
  await done(putSpecialDays(rig, NOTE, { id: "open-days", days: ["2026-10-10"] }));
  await done(putSchedule(rig, NOTE, weekdays));
  await done(putSchedule(rig, NOTE, { ...weekdays, id: "nights", specialDays: [] }));
  await done(putAccessProfile(rig, NOTE, { id: "gates", names: names("gates"), policies: ["east-1", "west-1"].map((accessPoint) => ({ accessPoint, capability: "pass" as const, schedule: "weekdays" })) })); // prettier-ignore
  await done(putAccessProfile(rig, NOTE, { id: "laboratory", names: names("laboratory"), policies: [{ accessPoint: "west-2", capability: "unlock", schedule: "always" }] })); // prettier-ignore
  await done(putPolicy(rig, NOTE, { id: "students-gates", names: names("students") }));
}
const profile = (id: string) => ({ kind: "profile", profile: id }) as const;
const byPolicy = { kind: "policy", id: "students-gates" } as const;
const byOperator = { kind: "operator" } as const;
const person = async (account: string): Promise<string> =>
  (await done(putPerson(rig, NOTE, undefined, { account, name: account, phone: null, mail: null, flags: [], partySize: 1 }))).id;
const phone = (owner: string) => done(issueCredential(rig, NOTE, owner, { kind: "qr", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null })); // prettier-ignore
const card = (owner: string, number: number) => done(issueCredential(rig, NOTE, owner, { kind: "card", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: Uint8Array.of(0, 0, 0, number) })); // prettier-ignore
const rows = (items: readonly FeedItem[]) => items.flatMap((item) => (item.table === "credential" ? [item.row] : []));
const rowsIn = async (zone: string) => rows(await itemsIn(rig, zonePartition(zone)));
async function settled(): Promise<void> {
  await rig.expander.expandAll();
  expect(await keptItems(rig.database.queries)).toEqual(await expandFromScratch(rig.database.queries));
}

test("a student has a row in each zone that the policy opens, with one handle for phone and card", async () => {
  await campus();
  const zhang = await person("zhang@connect.example.edu");
  await done(putAudience(rig, NOTE, zhang, { audience: "student", validity: between(0, 1000), sponsor: null }));
  const [qr, plastic] = [await phone(zhang), await card(zhang, 7)];
  await done(createGrant(rig, NOTE, { subject: { kind: "audience", id: "student" }, what: profile("gates"), validity: ALWAYS, source: byPolicy }));
  await settled();
  for (const zone of ["east", "west"]) {
    const found = await rowsIn(zone);
    expect(Object.fromEntries(found.map(({ credential }) => [credential.id, credential.holder]))).toEqual({ [qr.id]: 1, [plastic.id]: 1 });
    for (const { grants } of found) expect(grants).toEqual([{ kind: "profileFor", profile: 0, validFrom: START, validUntil: START + 1000 }]);
    expect((await itemsIn(rig, zonePartition(zone))).filter(({ table }) => table === "match")).toMatchObject([{ kind: "card", credential: plastic.id }]);
  }
});

test("a lost card is revoked in global and suspended in its rows; the phone goes on", async () => {
  await campus();
  const zhang = await person("zhang@connect.example.edu");
  await done(putAudience(rig, NOTE, zhang, { audience: "student", validity: ALWAYS, sponsor: null }));
  const [qr, plastic] = [await phone(zhang), await card(zhang, 7)];
  await done(createGrant(rig, NOTE, { subject: { kind: "audience", id: "student" }, what: profile("gates"), validity: ALWAYS, source: byPolicy }));
  rig.pass(60);
  await done(setCredentialState(rig, NOTE, plastic.id, "lost", null));
  await settled();
  expect(await itemsIn(rig, GLOBAL)).toEqual([{ table: "revocation", credential: plastic.id, suspension: "CredentialLost", since: START + 60 }]);
  const suspensions = Object.fromEntries((await rowsIn("east")).map(({ credential }) => [credential.id, credential.suspension]));
  expect(suspensions).toEqual({ [qr.id]: undefined, [plastic.id]: "CredentialLost" });
  await done(setCredentialState(rig, NOTE, plastic.id, "active", null));
  await settled();
  expect(await itemsIn(rig, GLOBAL)).toEqual([]);
});

test("rule 1.6: family has its grants no longer than the sponsor's status, and loses them in the same publication", async () => {
  await campus();
  const [sponsor, child] = [await person("wei@example.edu"), await person("child@example.edu")];
  await done(putAudience(rig, NOTE, sponsor, { audience: "staff", validity: between(-100, 5000), sponsor: null }));
  await done(putAudience(rig, NOTE, child, { audience: "family", validity: ALWAYS, sponsor }));
  await phone(child);
  await done(createGrant(rig, NOTE, { subject: { kind: "audience", id: "family" }, what: profile("gates"), validity: ALWAYS, source: byPolicy }));
  await settled();
  expect((await rowsIn("east"))[0]?.grants).toMatchObject([{ validFrom: START - 100, validUntil: START + 5000 }]);
  rig.pass(1000);
  await done(endAudience(rig, NOTE, sponsor, "staff"));
  const publications = await rig.expander.expandAll();
  expect(publications).toHaveLength(1);
  expect((await rowsIn("east"))[0]?.grants).toMatchObject([{ validUntil: START + 1000 }]);
  expect(await putAudience(rig, NOTE, child, { audience: "family", validity: ALWAYS, sponsor })).toMatchObject({ ok: false, error: "SponsorNotLive" });
  expect(await putAudience(rig, NOTE, child, { audience: "family", validity: ALWAYS, sponsor: null })).toMatchObject({ ok: false, error: "SponsorRequired" });
});

test("a high access point opens after a second operator's approval, and no third time by the first", async () => {
  await campus();
  const wei = await person("wei@example.edu");
  await phone(wei);
  const grant = await done(createGrant(rig, NOTE, { subject: { kind: "person", id: wei }, what: profile("laboratory"), validity: ALWAYS, source: byOperator }));
  await settled();
  expect([grant.inForce, await rowsIn("west")]).toEqual([false, []]);
  expect(await approveGrant(rig, NOTE, grant.id)).toMatchObject({ ok: false, error: "SameOperator" });
  expect(await done(approveGrant(rig, SECOND, grant.id))).toMatchObject({ inForce: true, approvedBy: "operator-2" });
  await settled();
  expect((await rowsIn("west"))[0]?.grants).toEqual([{ kind: "profile", profile: 1 }]);
});

test("a grant of its own names its access points by zone, and its schedule is there too", async () => {
  await campus();
  const wei = await person("wei@example.edu");
  await phone(wei);
  const what = { kind: "own", accessPoints: ["west-1", "east-2", "east-1"], capability: "pass", schedule: "weekdays" } as const;
  const grant = await done(createGrant(rig, NOTE, { subject: { kind: "person", id: wei }, what, validity: between(0, 60), source: byOperator }));
  await settled();
  expect((await rowsIn("east"))[0]?.grants).toMatchObject([{ kind: "own", accessPoints: [0, 1], capability: "pass", schedule: 1 }]);
  expect((await rowsIn("west"))[0]?.grants).toMatchObject([{ kind: "own", accessPoints: [0] }]);
  await done(revokeGrant(rig, NOTE, grant.id));
  await settled();
  expect([await rowsIn("east"), await rowsIn("west")]).toEqual([[], []]);
});

test("a schedule that a zone has not known comes with the grant that names it", async () => {
  await campus();
  const wei = await person("wei@example.edu");
  await phone(wei);
  await settled();
  const what = { kind: "own", accessPoints: ["east-2"], capability: "pass", schedule: "nights" } as const;
  await done(createGrant(rig, NOTE, { subject: { kind: "person", id: wei }, what, validity: ALWAYS, source: byOperator }));
  await settled();
  expect((await itemsIn(rig, zonePartition("east"))).filter(({ table }) => table === "schedule")).toMatchObject([
    { number: 1 },
    { number: 2, schedule: { id: "nights" } },
  ]);
});

test("who has a profile follows it into another zone and out of it", async () => {
  await campus();
  const wei = await person("wei@example.edu");
  await phone(wei);
  await done(createGrant(rig, NOTE, { subject: { kind: "person", id: wei }, what: profile("laboratory"), validity: ALWAYS, source: byOperator }));
  const moved = (accessPoint: string) => done(putAccessProfile(rig, NOTE, { id: "laboratory", names: names("laboratory"), policies: [{ accessPoint, capability: "unlock", schedule: "always" }] })); // prettier-ignore
  await moved("east-2");
  await settled();
  expect([(await rowsIn("east")).length, (await rowsIn("west")).length]).toEqual([1, 0]);
  await moved("west-1");
  await settled();
  expect([(await rowsIn("east")).length, (await rowsIn("west")).length]).toEqual([0, 1]);
});

const GATE_PASS = { kind: "own", accessPoints: ["east-1"], capability: "pass", schedule: "always" } as const;

test("a profile of which a line is withheld for a while is named before and after, and stands line by line meanwhile", async () => {
  await campus();
  const wei = await person("wei@example.edu");
  await phone(wei);
  const lines = ["east-1", "east-2"].map((accessPoint) => ({ accessPoint, capability: "pass" as const, schedule: "weekdays" }));
  await done(putAccessProfile(rig, NOTE, { id: "gates", names: names("gates"), policies: [...lines, { ...lines[0]!, capability: "unlock" }] }));
  const subject = { kind: "person", id: wei } as const;
  await done(createGrant(rig, NOTE, { subject, what: profile("gates"), validity: between(0, 900), source: byOperator }));
  const withheld = await done(createGrant(rig, NOTE, { subject, effect: "withhold", what: GATE_PASS, validity: between(100, 200), source: byOperator }));
  await settled();
  const at = (from: number, until: number) => ({ validFrom: START + from, validUntil: START + until });
  const own = (capability: string, accessPoint: number) => ({ kind: "own", ...at(100, 200), capability, schedule: 1, accessPoints: [accessPoint] });
  const whole = (from: number, until: number) => ({ kind: "profileFor", profile: 0, ...at(from, until) });
  const [row] = await rowsIn("east");
  expect(row!.grants).toHaveLength(4);
  expect(row!.grants).toEqual(expect.arrayContaining([whole(0, 100), whole(200, 900), own("pass", 1), own("unlock", 0)]));
  await done(revokeGrant(rig, NOTE, withheld.id));
  await settled();
  expect((await rowsIn("east"))[0]!.grants).toEqual([whole(0, 900)]);
});

test("a grant of its own is split by access points and times where a part of it is withheld; where all is, the row stays without grants", async () => {
  await campus();
  const wei = await person("wei@example.edu");
  await phone(wei);
  const subject = { kind: "person", id: wei } as const;
  const what = { ...GATE_PASS, accessPoints: ["east-1", "east-2", "west-1"] };
  await done(createGrant(rig, NOTE, { subject, what, validity: between(0, 900), source: byOperator }));
  await done(putGroup(rig, NOTE, { id: "barred", names: names("barred") }));
  await done(putMember(rig, NOTE, "barred", { person: wei, validity: between(0, 300) }));
  await done(createGrant(rig, NOTE, { subject: { kind: "group", id: "barred" }, effect: "withhold", what: GATE_PASS, validity: between(100, 500), source: byPolicy })); // prettier-ignore
  await settled();
  const granted = async (zone: string) =>
    (await rowsIn(zone))[0]!.grants.map((grant) => (grant.kind === "own" ? [grant.accessPoints, grant.validFrom - START, grant.validUntil - START] : []));
  expect(await granted("east")).toEqual([[[0], 0, 100], [[1], 0, 900], [[0], 300, 900]]); // prettier-ignore
  expect(await granted("west")).toEqual([[[0], 0, 900]]);
  await done(createGrant(rig, NOTE, { subject, effect: "withhold", what: { kind: "everywhere", capability: "pass" }, validity: ALWAYS, source: byOperator }));
  await settled();
  expect([await granted("east"), await granted("west")]).toEqual([[], []]);
  expect(await done(removePolicy(rig, NOTE, "students-gates")), "what withholds goes with its source too").toEqual({ grants: 1 });
});

test("a policy takes its grants with it, and a removed person leaves a revocation behind", async () => {
  await campus();
  const zhang = await person("zhang@connect.example.edu");
  await done(putAudience(rig, NOTE, zhang, { audience: "student", validity: ALWAYS, sponsor: null }));
  const { id } = await phone(zhang);
  await done(createGrant(rig, NOTE, { subject: { kind: "audience", id: "student" }, what: profile("gates"), validity: ALWAYS, source: byPolicy }));
  await settled();
  expect(await done(removePolicy(rig, NOTE, "students-gates"))).toEqual({ grants: 1 });
  await settled();
  expect(await rowsIn("east")).toEqual([]);
  await done(removePerson(rig, NOTE, zhang));
  await settled();
  expect(await itemsIn(rig, GLOBAL)).toMatchObject([{ table: "revocation", credential: id, suspension: "CredentialDestroyed" }]);
});

test("somebody with more bookings than a row holds has the soonest of them, and keeps nobody's list from being published", async () => {
  await campus();
  const wei = await person("wei@example.edu");
  await phone(wei);
  const what = { kind: "own", accessPoints: ["east-1"], capability: "pass", schedule: "always" } as const;
  for (let nth = 299; nth >= 0; nth--)
    await done(createGrant(rig, NOTE, { subject: { kind: "person", id: wei }, what, validity: between(nth * 100, nth * 100 + 50), source: byOperator }));
  await settled();
  const starts = (await rowsIn("east"))[0]!.grants.map((grant) => (grant.kind === "own" ? (grant.validFrom - START) / 100 : -1));
  expect(starts).toEqual(Array.from({ length: 255 }, (_, nth) => nth));
});

test("a change of 2,500 people is published in portions, the change with the last; what comes meanwhile waits its turn", async () => {
  await campus();
  await rig.database.queries
    .insertInto("person")
    .values(
      Array.from({ length: 2_500 }, (_, nth) => ({
        id: `p-${String(nth).padStart(4, "0")}`,
        account: null,
        name: "",
        phone: null,
        mail: null,
        flags: 0,
        party_size: 1,
      })),
    ) // prettier-ignore
    .execute();
  for (const nth of [0, 1_000, 2_000])
    await rig.database.queries
      .insertInto("person_audience")
      .values(
        Array.from({ length: Math.min(1_000, 2_500 - nth) }, (_, index) => ({
          person: `p-${String(nth + index).padStart(4, "0")}`,
          audience: "student" as const,
          valid_from: 0,
          valid_until: U32_MAX,
          sponsor: null,
        })),
      ) // prettier-ignore
      .execute();
  await rig.expander.expandAll();
  await phone("p-2400");
  await done(createGrant(rig, NOTE, { subject: { kind: "audience", id: "student" }, what: profile("gates"), validity: ALWAYS, source: byPolicy }));
  const first = await rig.expander.expandNext();
  expect(first?.changes).toEqual([]);
  await done(removePolicy(rig, NOTE, "students-gates"));
  const published = (await rig.expander.expandAll()).map(({ changes }) => changes.length);
  expect(published.filter((count) => count > 0)).toEqual([2, 1]);
  expect(await rowsIn("east")).toEqual([]);
  await settled();
});

/** One thing that an operator or the backend might do, chosen by numbers. */
type Step = readonly [what: number, a: number, b: number, c: number];
const ACTS: readonly ((world: World, a: number, b: number, c: number) => Promise<unknown>)[] = [
  async (world) => world.people.push(await person(`p${world.people.length}@example.edu`)),
  ({ people }, a, b, c) => putAudience(rig, NOTE, people[a % people.length]!, { audience: AUDIENCES[b % 3]!, validity: between((c % 5) * 100 - 200, 400 + c), sponsor: b % 3 === 2 ? people[(a + 1) % people.length]! : null }), // prettier-ignore
  ({ people }, a, b) => endAudience(rig, NOTE, people[a % people.length]!, AUDIENCES[b % 3]!),
  async (world, a) => {
    const content = { kind: "qr", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null } as const;
    const made = await issueCredential(rig, NOTE, world.people[a % world.people.length]!, content);
    if (made.ok) world.credentials.push(made.value.value.id);
  },
  ({ people }, a, b) => issueCredential(rig, NOTE, people[a % people.length]!, { kind: "card", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: Uint8Array.of(1, b % 200) }), // prettier-ignore
  ({ credentials }, a, b) => setCredentialState(rig, NOTE, credentials[a % (credentials.length || 1)] ?? "", (["lost", "active", "frozen", "suspended", "expired"] as const)[b % 5]!, "case-1"), // prettier-ignore
  ({ credentials }, a) => removeCredential(rig, NOTE, credentials[a % (credentials.length || 1)] ?? ""),
  ({ people }, a, b) => putMember(rig, NOTE, `group-${b % 2}`, { person: people[a % people.length]!, validity: between(b % 50, 500) }),
  ({ people }, a, b) => removeMember(rig, NOTE, `group-${b % 2}`, people[a % people.length]!),
  async (world, a, b, c) => {
    const subjects = [{ kind: "person", id: world.people[a % world.people.length]! }, { kind: "group", id: `group-${a % 2}` }, { kind: "audience", id: AUDIENCES[a % 3]! }] as const; // prettier-ignore
    const own = {
      kind: "own",
      accessPoints: [`east-${(c % 2) + 1}`, `west-${(a % 2) + 1}`],
      capability: b % 2 === 0 ? "pass" : "unlock",
      schedule: c % 3 === 0 ? "always" : "weekdays",
    } as const;
    const effect = b % 5 < 3 ? "give" : "withhold";
    const everywhere = { kind: "everywhere", capability: a % 2 === 0 ? "pass" : "unlock" } as const;
    const what = effect === "give" ? [profile("gates"), profile("laboratory"), own][b % 3]! : [profile("gates"), everywhere, { ...own, schedule: "always" }][a % 3]!; // prettier-ignore
    const made = await createGrant(rig, NOTE, {
      subject: subjects[c % 3]!,
      effect,
      what,
      validity: between((c % 7) * 10, 300 + b),
      source: c % 2 === 0 ? byOperator : byPolicy,
    });
    if (made.ok) world.grants.push(made.value.value.id);
  },
  ({ grants }, a) => revokeGrant(rig, NOTE, grants[a % (grants.length || 1)] ?? ""),
  ({ grants }, a) => approveGrant(rig, SECOND, grants[a % (grants.length || 1)] ?? ""),
  async (_, a) => {
    await removePolicy(rig, NOTE, "students-gates");
    if (a % 2 === 0) await putPolicy(rig, NOTE, { id: "students-gates", names: names("students") });
  },
  (_, a) => putAccessProfile(rig, NOTE, { id: "gates", names: names("gates"), policies: ["east-1", "east-2", "west-1", "west-2"].filter((__, nth) => (a & (1 << nth)) !== 0).map((accessPoint) => ({ accessPoint, capability: "pass", schedule: a % 3 === 0 ? "always" : "weekdays" })) }), // prettier-ignore
  (_, a, b) => putAccessPoint(rig, NOTE, { id: `east-${(a % 2) + 1}`, zone: b % 4 === 0 ? "west" : "east", names: names("moved"), high: b % 3 === 0 }),
  (_, a) =>
    putSchedule(rig, NOTE, { ...weekdays, weekly: { 2: [{ startS: 0, endS: 3600 + (a % 100) }] }, specialDays: a % 2 === 0 ? [] : weekdays.specialDays }),
  (_, a) => putSpecialDays(rig, NOTE, { id: "open-days", days: [`2026-10-${String((a % 20) + 10)}`] }),
  (_, a) => putCalendar({ cloud: rig, services: loadServiceDocument(CAMPUS_SERVICES_FILE) }, NOTE, { from: "2026-01-01", until: "2027-01-01", days: [{ date: `2026-10-0${(a % 9) + 1}`, kind: "holiday" }, { date: "2026-11-07", kind: "makeUpDay", runsAs: 4 }], termPhases: [{ phase: "exams", from: "2026-12-20", until: "2027-01-10" }] }), // prettier-ignore
  (_, a) => rotateZoneKey(rig, NOTE, a % 2 === 0 ? "east" : "west"),
  ({ people }, a) => removePerson(rig, NOTE, people[a % people.length]!),
  ...LOCK_ACTS.map(
    (act) =>
      ({ people }: World, a: number, b: number, c: number): Promise<unknown> =>
        act(rig, people[c % people.length]!, a, b),
  ),
];
interface World {
  readonly people: string[];
  readonly credentials: string[];
  readonly grants: string[];
}

test("whatever is done in whatever order: the feed says what a computation from scratch says, no grant outlives its source, and nothing at a lock its grant", async () => {
  let tried = 0;
  const step = fc.tuple(fc.nat(ACTS.length - 1), fc.nat(999), fc.nat(999), fc.nat(999));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.nat(3), async (steps: readonly Step[], every) => {
      await rig.close();
      rig = await cloudRig();
      await campus();
      for (const id of ["group-0", "group-1"]) await done(putGroup(rig, NOTE, { id, names: names(id) }));
      const people = [await person("first@example.edu"), await person("second@example.edu")];
      const world: World = { people, credentials: [(await phone(people[0]!)).id, (await phone(people[1]!)).id], grants: [] };
      await done(putAudience(rig, NOTE, people[0]!, { audience: "staff", validity: ALWAYS, sponsor: null }));
      await done(putMember(rig, NOTE, "group-1", { person: people[1]!, validity: ALWAYS }));
      for (const subject of [
        { kind: "audience", id: "staff" },
        { kind: "group", id: "group-1" },
      ] as const)
        // prettier-ignore
        await done(createGrant(rig, NOTE, { subject, what: profile("gates"), validity: ALWAYS, source: byOperator }));
      await done(createGrant(rig, NOTE, { subject: { kind: "person", id: people[0]! }, what: { kind: "own", accessPoints: ["east-1", "west-1"], capability: "unlock", schedule: "always" }, validity: between(0, 700), source: byOperator })); // prettier-ignore
      await LOCK_ACTS[0]!(rig, people[0]!, 0, 1);
      for (const [index, [what, a, b, c]] of steps.entries()) {
        await ACTS[what]!(world, a, b, c);
        rig.pass(b % 90);
        if (index % (every + 1) === 0) await rig.expander.expandAll();
      }
      await settled();
      const orphans = await rig.database.queries
        .selectFrom("access_grant")
        .select("id")
        .where("source_kind", "=", "policy")
        .where("policy", "is", null)
        .execute();
      expect(orphans).toEqual([]);
      const live = await rig.database.queries.selectFrom("lock_state").select("place").where("ended_at", "is", null).execute();
      const told = (await Promise.all(["east", "west"].map((zone) => itemsIn(rig, zonePartition(zone))))).flat();
      expect(told.filter(({ table }) => table === "lockPin" || table === "lockFinger")).toHaveLength(live.length);
      tried += live.length;
    }),
    // Somebody with a grant sets a PIN once the lock is told: the few runs that a server is given come to a lock, too.
    { numRuns: rig.database.isShared ? 5 : 150, examples: [[[[0, 0, 1, 0], [ACTS.length - LOCK_ACTS.length + 1, 0, 1, 0]], 0]] }, // prettier-ignore
  );
  expect(tried).toBeGreaterThan(0);
});

test("rule 2.10: whoever may pay somewhere has the limits of their audience in that zone's row alone, until it ends; who owes all that may be owed, or whose wallet is closed, may pay nothing there", async () => {
  await campus();
  const zhang = await person("zhang@connect.example.edu");
  await done(putAudience(rig, NOTE, zhang, { audience: "student", validity: between(0, 1000), sponsor: null }));
  await card(zhang, 7);
  const give = (what: Parameters<typeof createGrant>[2]["what"]) =>
    done(createGrant(rig, NOTE, { subject: { kind: "person", id: zhang }, what, validity: ALWAYS, source: byOperator }));
  await give(profile("gates"));
  await give({ kind: "own", accessPoints: ["west-1"], capability: "pay", schedule: "always" });
  const limits = async () => [(await rowsIn("east"))[0]?.credential.offlineLimits, (await rowsIn("west"))[0]?.credential.offlineLimits];
  await settled();
  expect(await limits()).toEqual([undefined, undefined]);
  const terms = loadServiceDocument(CAMPUS_SERVICES_FILE).money;
  for (let times = 0; times < 2; times++) await adoptOfflineTerms(rig, terms.offline);
  await settled();
  expect(await limits()).toEqual([undefined, { perTxFen: 3_000, totalFen: 10_000, count: 10, until: START + 1000 }]);
  const money = new MoneyDesk(rig, terms);
  await done(putTill(rig, NOTE, { id: "cashDesk/office", names: names("office"), terminals: [] }));
  await money.topUp(NOTE, zhang, "cashDesk/office", { id: "top-up-0001", amountFen: 100, text: "" });
  await settled();
  expect((await money.close({ ...NOTE, reason: "has left" }, zhang, "cashDesk/office", { id: "closing-0001", text: "" })).ok).toBe(true);
  await settled();
  expect(await limits()).toEqual([undefined, { perTxFen: 0, totalFen: 0, count: 0, until: START + 1000 }]);
});
