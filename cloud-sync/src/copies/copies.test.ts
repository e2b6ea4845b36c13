import { type ControllerEvent, eventOf, type Presentation, type Signer, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { makeChallengedPass, makeHeldPass } from "@portico/card-protocol/phone";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { issueCredential } from "../credentials.ts";
import { EventIntake } from "../events/event-intake.ts";
import { apiCampus, cardOf } from "../rig/api-campus.ts";
import { type ApiRig, answered, apiRig, valueOf } from "../rig/api-rig.ts";
import { ALWAYS, done, NOTE, START } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { CopyWatch } from "./copy-watch.ts";

let rig: ApiRig;
let person: string;
let qr: string;
let card: string;
const phone = nodeSigner(new Uint8Array(32).fill(0x51));
let watch: CopyWatch;
let intake: EventIntake;
let failures: unknown[];
let pokes: number;
let gate: MachineLog;
let library: MachineLog;
beforeEach(async () => {
  rig = await apiRig();
  [failures, pokes] = [[], 0];
  const { client } = rig.backend;
  const campus = await apiCampus(client);
  ({ person, card } = campus);
  const content = { kind: "qr", validity: ALWAYS, publicKey: phone.publicKey, takesIssuedUntil: null, number: null } as const;
  qr = (await done(issueCredential(rig.cloud, NOTE, person, content))).id;
  const clock = { after: (_: number, act: () => void) => (queueMicrotask(act), () => {}) };
  watch = new CopyWatch({ cloud: rig.cloud, publisher: { poke: () => pokes++ }, clock, onFailure: (error) => failures.push(error) });
  intake = new EventIntake(rig.cloud, () => {}, { onTaken: () => watch.poke() });
  [gate, library] = [new MachineLog("gate-house", 8), new MachineLog("library", 9)];
});
afterEach(async () => {
  await watch.close();
  expect(failures).toEqual([]);
  await rig.close();
});

/** A pass as the door that saw it recorded it. */
function shown(
  counter: number,
  signedAt: number,
  change: { readonly by?: Signer; readonly kind?: Presentation; readonly pass?: null; readonly denied?: true } = {},
): ControllerEvent {
  const fields = { site: rig.cloud.site, credentialId: qr, counter, signedAt: unixSeconds(START + signedAt) };
  const { by = phone, kind = "H" } = change;
  const { bytes } = kind === "HC" ? makeChallengedPass({ ...fields, challenge: new Uint8Array(8) }, by) : makeHeldPass(fields, by);
  const seen = { accessPoint: "gate-1-in", credential: qr, presentation: kind, counter, signedAt: fields.signedAt, pass: change.pass === null ? null : bytes, uncertaintyS: 1, listVersion: 1 }; // prettier-ignore
  if (change.denied === true) return eventOf("AccessDenied", { ...seen, reason: "PassReplayed", detail: "" });
  return eventOf("AccessGranted", { ...seen, holder: 1, accessProfile: "gates", replayGroup: "g" });
}
let sent = new WeakMap<MachineLog, number>();
async function sends(log: MachineLog, ...events: ControllerEvent[]): Promise<void> {
  const first = (sent.get(log) ?? 0) + 1;
  for (const event of events) log.record(event);
  sent.set(log, first + events.length - 1);
  const taken = await intake.take(log.machine, log.batch(first));
  if (!taken.ok) throw new Error(taken.detail);
  await watch.settled();
}
const stateOf = async (id: string): Promise<string> => (await answered(rig.backend.client.ask("GET /v1/credentials/{id}", { params: { id } }))).state;
const findings = async () => (await answered(rig.backend.client.ask("GET /v1/copies", {}))).items.map(({ kind, outcome }) => `${kind} ${outcome}`);

describe("what doors have seen", () => {
  test("rule 2.4: a key that two phones hold is suspended wherever their two logs meet, never frozen, and the card goes on working", async () => {
    await sends(gate, shown(65, 10), shown(66, 20));
    expect([await stateOf(qr), await findings()]).toEqual(["active", []]);
    await sends(library, shown(66, 45, { denied: true }));
    expect([await stateOf(qr), await stateOf(card), await findings(), pokes]).toEqual(["suspended", "active", ["sameCounter suspended"], 1]);
    const [finding] = (await answered(rig.backend.client.ask("GET /v1/copies", {}))).items;
    expect(JSON.parse(finding!.evidence)).toEqual({ earlier: { counter: 66, signedAt: START + 20 }, later: { counter: 66, signedAt: START + 45 } });
    await sends(library, shown(67, 60), shown(67, 70));
    expect([await stateOf(qr), (await findings()).every((each) => each !== "sameCounter frozen")]).toEqual(["suspended", true]);
  });

  test("rule 2.4: nobody gets another's QR suspended by showing what was shown before: at any door, any number of times, refused or granted", async () => {
    await sends(gate, shown(65, 10), shown(66, 20), shown(70, 40, { kind: "HC" }));
    await sends(library, shown(66, 20), shown(65, 10, { denied: true }), shown(66, 20, { denied: true }), shown(65, 10));
    await sends(gate, shown(71, 50), shown(65, 10), shown(70, 40, { kind: "HC", denied: true }));
    expect([await stateOf(qr), await findings()]).toEqual(["active", []]);
  });

  test("a controller that is not honest can say where a pass was, and cannot make one: without a signature that holds nothing follows", async () => {
    const stranger = nodeSigner(new Uint8Array(32).fill(0x52));
    await sends(gate, shown(65, 10), shown(66, 20));
    await sends(library, shown(66, 30, { by: stranger }), shown(66, 31, { pass: null }), shown(65, 40, { by: stranger }), shown(1, 50, { by: stranger }));
    expect([await stateOf(qr), await findings()]).toEqual(["active", []]);
  });

  test("two phones in turns are found though no counter comes twice", async () => {
    await sends(gate, shown(100, 10), shown(101, 30));
    await sends(library, shown(65, 20), shown(66, 40));
    expect([await stateOf(qr), await findings()]).toEqual(["suspended", ["interleaved suspended"]]);
  });

  test("a restored backup is asked about and stays as it is", async () => {
    await sends(gate, shown(100, 10), shown(64, 20), shown(65, 30), shown(66, 40), shown(67, 50));
    expect([await stateOf(qr), await findings(), pokes]).toEqual(["active", ["restored reported"], 0]);
  });

  test("every pass of a batch is looked at, however many it holds, and every batch, however many wait", async () => {
    const one = Array.from({ length: 201 }, (_, nth) => shown(1_000 + nth, nth));
    await sends(gate, ...one, shown(1_200, 300));
    expect(await findings()).toEqual(["sameCounter suspended"]);
    await watch.close();
    for (let nth = 0; nth < 17; nth++) await sends(library, shown(2_000 + nth, 400 + nth));
    const next = new CopyWatch({ cloud: rig.cloud, publisher: { poke: () => {} }, clock: { after: (_, act) => (queueMicrotask(act), () => {}) }, onFailure: (error) => failures.push(error) }); // prettier-ignore
    next.poke();
    await next.settled();
    const { queries } = rig.cloud.database;
    const { batch } = await queries.selectFrom("copy_mark").select("batch").executeTakeFirstOrThrow();
    const { last } = await queries.selectFrom("event_batch").select(({ fn }) => fn.max("id").as("last")).executeTakeFirstOrThrow(); // prettier-ignore
    expect(batch).toBe(last);
    expect((await queries.selectFrom("shown_pass").select("counter").execute()).length).toBe(202 + 17);
  });

  test("what was kept and not acted on before a power cut is acted on after the next start, once", async () => {
    await watch.close();
    await sends(gate, shown(65, 10), shown(65, 20));
    const { queries } = rig.cloud.database;
    const events = await queries.selectFrom("controller_event").select(["chain", "seq"]).orderBy("seq").execute();
    const kept = events.map((event, nth) => ({ ...event, credential: qr, counter: 65, signed_at: START + 10 + 10 * nth }));
    await queries.insertInto("shown_pass").values(kept).execute();
    for (let start = 0; start < 2; start++) {
      const next = new CopyWatch({ cloud: rig.cloud, publisher: { poke: () => {} }, clock: { after: (_, act) => (queueMicrotask(act), () => {}) }, onFailure: (error) => failures.push(error) }); // prettier-ignore
      next.poke();
      await next.settled();
      await next.close();
      expect([await stateOf(qr), await findings()]).toEqual(["suspended", ["sameCounter suspended"]]);
    }
  });

  test("what was not looked at before a stop is looked at after the next start, and what is older than a month is forgotten", async () => {
    await watch.close();
    await sends(gate, shown(65, 10), shown(65, 20));
    expect(await findings()).toEqual([]);
    const next = new CopyWatch({
      cloud: rig.cloud,
      publisher: { poke: () => {} },
      clock: { after: (_, act) => (queueMicrotask(act), () => {}) },
      onFailure: (error) => failures.push(error),
    });
    next.poke();
    await next.settled();
    expect([await stateOf(qr), await findings()]).toEqual(["suspended", ["sameCounter suspended"]]);
    rig.cloud.pass(31 * 86_400);
    next.poke();
    await next.settled();
    expect(await rig.cloud.database.queries.selectFrom("shown_pass").selectAll().execute()).toEqual([]);
  });
});

describe("captures", () => {
  const capture = async (id = qr, by = person) => {
    const made = await rig.backend.client.ask("POST /v1/credentials/{id}/captures", { params: { id }, body: { person: by, what: "screenshot" } });
    return made.ok
      ? `${made.value.value.outcome}${made.value.value.repeated ? ", repeated" : ""}`
      : `${made.status} ${made.problem.reason} ${made.problem.rule}`;
  };

  test("rule 2.4: a capture that the owner's phone reports is warned of at first and frozen at the second within 30 days, and nobody else may report it", async () => {
    expect([await capture(), await stateOf(qr)]).toEqual(["warned", "active"]);
    rig.cloud.pass(30 * 86_400 - 1);
    expect([await capture(), await stateOf(qr), await stateOf(card)]).toEqual(["frozen, repeated", "frozen", "active"]);
    expect(await findings()).toEqual(["capture warned", "capture frozen"]);
    const stranger = (await valueOf(rig.backend.client.ask("POST /v1/persons", { body: { account: "li@connect.example.edu", name: "李", phone: null, mail: null, flags: [], partySize: 1 } }))).id; // prettier-ignore
    expect(await capture(qr, stranger)).toBe("422 OwnerOnly 2.4");
    const another = (await valueOf(rig.backend.client.ask("POST /v1/persons/{id}/credentials", { params: { id: person }, body: cardOf("0a0b0c") }))).id;
    expect([await capture(another), await stateOf(another)]).toEqual(["422 QrOnly 2.4", "active"]);
  });

  test("rule 2.4: a month later it is a first one again", async () => {
    await capture();
    rig.cloud.pass(30 * 86_400);
    expect([await capture(), await stateOf(qr)]).toEqual(["warned", "active"]);
  });

  test("rule 2.4: the site chooses: warn, suspend or freeze, at the first and at the next", async () => {
    const { client } = rig.backend;
    expect(await answered(client.ask("GET /v1/capture-policy", {}))).toEqual({ first: "warn", repeated: "freeze" });
    await answered(client.ask("PUT /v1/capture-policy", { body: { first: "suspend", repeated: "warn" } }));
    expect(await answered(client.ask("GET /v1/capture-policy", {}))).toEqual({ first: "suspend", repeated: "warn" });
    expect([await capture(), await stateOf(qr), await capture(), await stateOf(qr)]).toEqual(["suspended", "suspended", "warned, repeated", "suspended"]);
    const bad = await client.ask("PUT /v1/capture-policy", { body: { first: "ignore" as never, repeated: "freeze" } });
    expect(bad.ok ? "" : bad.problem.reason).toBe("RequestMalformed");
  });
});
