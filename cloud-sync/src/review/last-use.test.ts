import { type ControllerEvent, eventOf, unixSeconds } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { EventIntake } from "../events/event-intake.ts";
import { LAST_USE_LIFE_S, LAST_USE_LOOK_MS, LastUseWatch } from "../events/last-use-watch.ts";
import { type ApiCampus, apiCampus, GATE, LABORATORY, plainPerson } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS, valueOf } from "../rig/api-rig.ts";
import { START } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";

const WHY = { reason: "review of autumn" };
const DAY_S = 86_400;

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
let log: MachineLog;
let intake: EventIntake;
let watch: LastUseWatch;
let later: { readonly ms: number; readonly act: () => void }[];
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
  log = new MachineLog("gate-house", 8, rig.cloud.site);
  intake = new EventIntake(rig.cloud, () => {});
  later = [];
  watch = start();
});
afterEach(async () => {
  await watch.close();
  await rig.close();
});

/** Turns of the loop pass at once; the look of every minute waits until the test lets it. */
const start = (): LastUseWatch =>
  new LastUseWatch({
    cloud: rig.cloud,
    clock: { after: (ms, act) => (ms === 0 ? act() : void later.push({ ms, act }), () => {}) },
    onFailure: (error) => expect(error).toBeUndefined(),
  });
const granted = (accessPoint: string, credential: string): ControllerEvent =>
  eventOf("AccessGranted", { accessPoint, credential, presentation: "card", holder: 1, counter: null, signedAt: null, pass: null, accessProfile: "own", uncertaintyS: 1, listVersion: 1, replayGroup: "g" }); // prettier-ignore
async function sent(...events: ControllerEvent[]): Promise<void> {
  const first = log.end().seq + 1;
  for (const event of events) log.record(event);
  expect(await intake.take(log.machine, log.batch(first))).toMatchObject({ ok: true });
}
const grantOf = async (person: string, accessPoints: string[]): Promise<string> =>
  (await valueOf(client.ask("POST /v1/grants", { body: { subject: { kind: "person", id: person }, what: { kind: "own", accessPoints, capability: "pass", schedule: "always" }, validity: ENDLESS, source: { kind: "operator" } } }, WHY))).id; // prettier-ignore
type What = { kind: "place"; accessPoint: string } | { kind: "group"; group: string } | { kind: "age"; days: number };
async function review(what: What) {
  const due = new Date((rig.cloud.now() + 30 * DAY_S) * 1000).toISOString().replace(".000Z", "Z");
  const { id } = (await valueOf(client.ask("POST /v1/access-reviews", { body: { what, due, unconfirmed: "list" } }, WHY))).review;
  const rows = async () => (await answered(client.ask("GET /v1/access-reviews/{id}", { params: { id } }))).rows;
  return { id, rows, uses: async () => (await rows()).map(({ kind, subject, lastUsed }) => `${kind} ${subject.kind} ${lastUsed ?? "never"}`).sort() };
}

test("each row of a review says in which month it was used last, by the campus's calendar, and never on which day", async () => {
  const { id: other } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("li@example.edu") }));
  const [used, unused] = [await grantOf(campus.person, [GATE]), await grantOf(other, [GATE])];
  await sent(granted(GATE, campus.card), eventOf("AccessTaken", { accessPoint: GATE, grantedSeq: 1 }));
  const place = await review({ kind: "place", accessPoint: GATE });
  const of = async (about: string) => (await place.rows()).find((row) => row.about === about)?.lastUsed;
  expect([await of(used), await of(unused)], "nobody has looked yet").toEqual([null, null]);
  await watch.look();
  expect([await of(used), await of(unused)]).toEqual(["2026-09", null]);
  expect(await place.uses(), "an audience, by any of its people").toContain("grant audience 2026-09");
});

test("a month begins at the campus's midnight, and what is older does not come back", async () => {
  const grant = await grantOf(campus.person, [GATE]);
  const at = async (seconds: number) => {
    await rig.cloud.database.queries.deleteFrom("last_use").execute();
    await rig.cloud.database.queries.insertInto("last_use").values({ credential: campus.card, access_point: GATE, at: seconds }).execute();
    const { rows } = await review({ kind: "place", accessPoint: GATE });
    return (await rows()).find((row) => row.about === grant)?.lastUsed;
  };
  const midnight = unixSeconds(Date.parse("2026-08-01T00:00:00+08:00") / 1000);
  expect([await at(midnight - 1), await at(midnight)]).toEqual(["2026-07", "2026-08"]);
  await at(START + 5 * DAY_S);
  await sent(granted(GATE, campus.card));
  await watch.look();
  const [row] = await rig.cloud.database.queries.selectFrom("last_use").selectAll().execute();
  expect(row!.at, "an older one that comes late").toBe(START + 5 * DAY_S);
});

test("a review of a place tells nothing of other places; one of a group what its members used wherever its grants open", async () => {
  await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: campus.person }, body: { validity: ENDLESS } }));
  await valueOf(client.ask("POST /v1/grants", { body: { subject: { kind: "group", id: "class-1" }, what: { kind: "own", accessPoints: [GATE, LABORATORY], capability: "pass", schedule: "always" }, validity: ENDLESS, source: { kind: "operator" } } }, WHY)); // prettier-ignore
  await sent(granted(LABORATORY, campus.card));
  await watch.look();
  expect(await (await review({ kind: "group", group: "class-1" })).uses()).toEqual(["grant group 2026-09", "membership person 2026-09"]);
  expect(await (await review({ kind: "place", accessPoint: GATE })).uses()).toEqual(["grant audience never", "grant group never", "membership person never"]);
});

test("the card that a person had before counts; a decided row still says so; refusals are no use", async () => {
  const grant = await grantOf(campus.person, [GATE]);
  await sent(granted(GATE, campus.card), eventOf("DenialRepeated", { accessPoint: GATE, reason: "Unauthorized", credential: campus.phone, deniedSeq: 1, count: 2 })); // prettier-ignore
  await watch.look();
  await answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: campus.card } }));
  const { id, rows } = await review({ kind: "place", accessPoint: GATE });
  const row = (await rows()).find(({ about }) => about === grant)!;
  expect(row.lastUsed).toBe("2026-09");
  const ended = await valueOf(client.ask("POST /v1/access-reviews/{id}/rows/{row}", { params: { id, row: row.id }, body: { verdict: "end" } }, WHY));
  expect(ended).toMatchObject({ state: "ended", lastUsed: "2026-09" });
  expect((await rig.cloud.database.queries.selectFrom("last_use").select("credential").execute()).map(({ credential }) => credential)).toEqual([campus.card]);
});

test("it goes on where it stopped, through any number of batches, by itself every minute; what is older than 400 days goes", async () => {
  for (let nth = 0; nth < 40; nth++) await sent(granted(nth % 2 === 0 ? GATE : LABORATORY, campus.card));
  later.shift()!.act();
  while (later.length === 0) await new Promise(setImmediate);
  expect(later[0]!.ms).toBe(LAST_USE_LOOK_MS);
  const uses = async () => (await rig.cloud.database.queries.selectFrom("last_use").selectAll().orderBy("at").execute()).map(({ access_point, at }) => `${access_point} ${at - START}`); // prettier-ignore
  expect(await uses()).toEqual([`${GATE} 38`, `${LABORATORY} 39`]);
  await sent(granted(GATE, campus.card));
  const other = start();
  await Promise.all([watch.look(), other.look()]);
  await other.close();
  expect(await uses()).toEqual([`${LABORATORY} 39`, `${GATE} 40`]);
  rig.cloud.pass(LAST_USE_LIFE_S + 40);
  await watch.look();
  expect(await uses()).toEqual([`${GATE} 40`]);
});
