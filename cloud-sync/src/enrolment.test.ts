import { enrolmentWords, makePossession, type Result, SALT_BYTES } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addController, listControllers, readController, revokeController } from "./controllers.ts";
import {
  approveEnrolment,
  approveReplacement,
  askEnrolment,
  DECIDE_WITHIN_S,
  enrolmentState,
  listEnrolments,
  proveEnrolment,
  refuseEnrolment,
} from "./enrolment.ts";
import { putZone } from "./places.ts";
import { type CloudRig, cloudRig, done, NOTE } from "./rig/cloud-rig.ts";
import { RIG_ROOTS, waitingMachine } from "./rig/waiting-machine.ts";

let rig: CloudRig;
beforeEach(async () => {
  rig = await cloudRig();
  for (const zone of ["east", "west"]) await done(putZone(rig, NOTE, zone, { zh: zone, en: zone }));
});
afterEach(() => rig.close());

const salt = new Uint8Array(SALT_BYTES).fill(1);
const signer = nodeSigner(new Uint8Array(32).fill(1));
const ASKED = { controller: "gate-house", publicKey: signer.publicKey, commitment: nodeSha256(salt), asker: "192.0.2.7" };
const errorOf = <T>(result: Result<T, string>): string => (result.ok ? "none" : result.error);
const made = <T>(result: Result<T, string>): T => {
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
};
const ask = async (change: Partial<typeof ASKED> = {}) => made(await askEnrolment(rig, { ...ASKED, ...change }));
const proofOf = (nonce: Uint8Array, by = signer, person = "gate-house") => makePossession(rig.site, { nonce, person }, by);
const keyOf = (nth: number) => nodeSigner(nodeSha256(Buffer.from(String(nth)))).publicKey;
const zoneKey = async (zone: string) => (await rig.database.queries.selectFrom("zone").select("key_generation").where("id", "=", zone).executeTakeFirstOrThrow()).key_generation; // prettier-ignore

test("a machine that asks and shows its key waits with the words that it computes itself, and is a controller when an operator has typed them", async () => {
  const { id, nonce } = await ask();
  expect([await enrolmentState(rig, "gate-house", id), await listEnrolments(rig)]).toEqual([undefined, []]);
  made(await proveEnrolment(rig, RIG_ROOTS, id, { salt, proof: proofOf(nonce) }));
  const words = enrolmentWords({ site: rig.site, controller: "gate-house", publicKey: signer.publicKey, roots: RIG_ROOTS, nonce, salt }, nodeSha256).join(" ");
  const waiting = {
    id,
    controller: "gate-house",
    publicKey: signer.publicKey,
    words,
    asker: "192.0.2.7",
    askedAt: rig.now(),
    until: rig.now() + DECIDE_WITHIN_S,
  };
  expect(await listEnrolments(rig)).toEqual([{ ...waiting, replaces: false }]);
  expect([await enrolmentState(rig, "gate-house", id), await listControllers(rig.database.queries)]).toEqual(["waiting", []]);
  await done(approveEnrolment(rig, { ...NOTE, action: "controller enroll" }, id, { words: words.toUpperCase(), zones: ["west", "east"] }));
  expect(await listControllers(rig.database.queries)).toEqual([
    { id: "gate-house", publicKey: signer.publicKey, zones: ["east", "west"], revokedAt: null, machine: 1 },
  ]);
  expect([await enrolmentState(rig, "gate-house", id), await listEnrolments(rig)]).toEqual(["approved", []]);
  expect(errorOf(await approveEnrolment(rig, NOTE, id, { words, zones: ["east"] }))).toBe("EnrolmentUnknown");
  const audit = await rig.database.queries.selectFrom("change_record").select("target").where("action", "=", "controller enroll").execute();
  expect(audit).toEqual([{ target: "controller gate-house" }]);
});

test("somebody in between who shows the cloud a key of their own has other words than the machine: an operator who types the machine's lets nobody in", async () => {
  const between = await waitingMachine(rig, "gate-house", 0x66);
  const machine = await waitingMachine(rig, "gate-house", 0x01);
  expect(errorOf(await approveEnrolment(rig, NOTE, between.id, { words: machine.words, zones: ["east"] }))).toBe("WordsDiffer");
  expect(await listControllers(rig.database.queries)).toEqual([]);
  await done(approveEnrolment(rig, NOTE, machine.id, { words: machine.words, zones: ["east"] }));
  expect((await readController(rig.database.queries, "gate-house"))?.publicKey).toEqual(machine.signer.publicKey);
  expect(errorOf(await approveEnrolment(rig, NOTE, between.id, { words: between.words, zones: ["east"] }))).toBe("IdTaken");
});

test.each([
  ["another salt than the one it was bound to", () => ({ salt: new Uint8Array(SALT_BYTES).fill(2) })],
  ["a key that it does not hold", (nonce: Uint8Array) => ({ proof: proofOf(nonce, nodeSigner(new Uint8Array(32).fill(9))) })],
  ["a signature for another controller", (nonce: Uint8Array) => ({ proof: proofOf(nonce, signer, "library") })],
  ["a signature over another nonce", () => ({ proof: proofOf(new Uint8Array(32).fill(3)) })],
])("who shows %s does not wait", async (_, change) => {
  const { id, nonce } = await ask();
  expect(errorOf(await proveEnrolment(rig, RIG_ROOTS, id, { salt, proof: proofOf(nonce), ...change(nonce) }))).toBe("SignatureRefused");
  expect(await listEnrolments(rig)).toEqual([]);
});

test("time runs out: for the proof after a minute, for the operator after an hour", async () => {
  const { id, nonce } = await ask();
  rig.pass(60);
  expect(errorOf(await proveEnrolment(rig, RIG_ROOTS, id, { salt, proof: proofOf(nonce) }))).toBe("EnrolmentUnknown");
  const machine = await waitingMachine(rig, "gate-house", 5);
  rig.pass(DECIDE_WITHIN_S);
  expect(errorOf(await approveEnrolment(rig, NOTE, machine.id, { words: machine.words, zones: ["east"] }))).toBe("EnrolmentUnknown");
  expect([await enrolmentState(rig, "gate-house", machine.id), await listEnrolments(rig)]).toEqual([undefined, []]);
});

test("anybody may ask, but not without end: four for one id, sixteen from one address, sixty-four in all; what ran out makes room", async () => {
  for (let nth = 0; nth < 4; nth++) await ask({ publicKey: keyOf(nth), asker: `192.0.2.${nth}` });
  expect(errorOf(await askEnrolment(rig, { ...ASKED, asker: "192.0.2.99" }))).toBe("TooManyAsk");
  for (let nth = 4; nth < 20; nth++) await ask({ publicKey: keyOf(nth), controller: `c-${nth}` });
  expect(errorOf(await askEnrolment(rig, { ...ASKED, controller: "library" }))).toBe("TooManyAsk");
  for (let nth = 20; nth < 64; nth++) await ask({ publicKey: keyOf(nth), controller: `c-${nth}`, asker: `198.51.100.${nth}` });
  expect(errorOf(await askEnrolment(rig, { ...ASKED, controller: "library", asker: "203.0.113.1" }))).toBe("TooManyAsk");
  rig.pass(60);
  await ask();
});

test("the newest request of a key is the one that counts", async () => {
  const first = await ask();
  const second = await ask();
  made(await proveEnrolment(rig, RIG_ROOTS, second.id, { salt, proof: proofOf(second.nonce) }));
  expect(errorOf(await proveEnrolment(rig, RIG_ROOTS, first.id, { salt, proof: proofOf(first.nonce) }))).toBe("EnrolmentUnknown");
  expect((await listEnrolments(rig)).map(({ id }) => id)).toEqual([second.id]);
});

test.each([
  ["an id that is none", { controller: "gate house" }, "RequestMalformed"],
  ["a key that anybody can sign with", { publicKey: new Uint8Array(32) }, "RequestMalformed"],
  ["a commitment of another length", { commitment: new Uint8Array(31) }, "RequestMalformed"],
])("%s is refused at once", async (_, change, error) => {
  expect(errorOf(await askEnrolment(rig, { ...ASKED, ...change }))).toBe(error);
});

test("a refused machine is told so, and may ask again", async () => {
  const machine = await waitingMachine(rig, "gate-house", 1);
  await done(refuseEnrolment(rig, NOTE, machine.id));
  expect(await enrolmentState(rig, "gate-house", machine.id)).toBe("refused");
  expect(errorOf(await approveEnrolment(rig, NOTE, machine.id, { words: machine.words, zones: ["east"] }))).toBe("EnrolmentUnknown");
  await ask();
});

test("another machine takes a controller's place: id and zones stay, its key is never taken again, and the zones' keys are changed", async () => {
  await done(addController(rig, NOTE, { id: "gate-house", publicKey: signer.publicKey, zones: ["east"] }));
  rig.pass(100);
  const next = await waitingMachine(rig, "gate-house", 2);
  expect(await listEnrolments(rig)).toMatchObject([{ controller: "gate-house", replaces: true }]);
  expect(errorOf(await approveReplacement(rig, NOTE, next.id, { words: "zoo zoo zoo zoo zoo zoo" }))).toBe("WordsDiffer");
  expect([await zoneKey("east"), await zoneKey("west")]).toEqual([1, 1]);
  const replaced = await done(approveReplacement(rig, NOTE, next.id, { words: next.words }));
  expect(replaced).toEqual({ id: "gate-house", publicKey: next.signer.publicKey, zones: ["east"], revokedAt: null, machine: 2 });
  expect(await readController(rig.database.queries, "gate-house")).toEqual(replaced);
  expect([await zoneKey("east"), await zoneKey("west")]).toEqual([2, 1]);
  const former = await rig.database.queries.selectFrom("former_controller_key").selectAll().execute();
  expect(former.map((row) => ({ ...row, public_key: new Uint8Array(row.public_key) }))).toEqual([
    { public_key: signer.publicKey, controller: "gate-house", machine: 1, since: rig.now() - 100, until: rig.now() },
  ]);
  expect(errorOf(await askEnrolment(rig, ASKED))).toBe("KeyTaken");
  expect(errorOf(await addController(rig, NOTE, { id: "library", publicKey: signer.publicKey, zones: ["east"] }))).toBe("KeyTaken");
});

test("a machine may take the place of a controller that was revoked, and of none that never was", async () => {
  await done(addController(rig, NOTE, { id: "gate-house", publicKey: signer.publicKey, zones: ["east"] }));
  await done(revokeController(rig, NOTE, "gate-house"));
  const next = await waitingMachine(rig, "gate-house", 2);
  expect(errorOf(await approveEnrolment(rig, NOTE, next.id, { words: next.words, zones: ["east"] }))).toBe("IdTaken");
  expect(await done(approveReplacement(rig, NOTE, next.id, { words: next.words }))).toMatchObject({ revokedAt: null, machine: 2 });
  const stranger = await waitingMachine(rig, "library", 3);
  expect(errorOf(await approveReplacement(rig, NOTE, stranger.id, { words: stranger.words }))).toBe("ControllerUnknown");
});

test("a machine that is a controller already is told so, instead of asking once more", async () => {
  await done(addController(rig, NOTE, { id: "gate-house", publicKey: signer.publicKey, zones: ["east"] }));
  expect(errorOf(await askEnrolment(rig, ASKED))).toBe("AlreadyEnrolled");
});
