import { GLOBAL } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCredential, setCredentialState } from "../credentials.ts";
import { type CampusOfOne, campusOfOne } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, itemsIn, NOTE, START } from "../rig/cloud-rig.ts";
import { addController } from "../controllers.ts";
import { nodeSigner } from "@portico/card-protocol/node";
import { adoptionStanding, adoptRevocations, liftAdopted, takeRevocationReport } from "./adoption.ts";

const STRANGER = "00112233445566ee";
const WHY = { ...NOTE, reason: "backup of Monday" };

let rig: CloudRig;
let campus: CampusOfOne;
beforeEach(async () => {
  rig = await cloudRig();
  campus = await campusOfOne(rig);
  for (const [nth, id] of ["gate-house", "library-house"].entries())
    await done(addController(rig, NOTE, { id, publicKey: nodeSigner(new Uint8Array(32).fill(nth + 1)).publicKey, zones: ["east"] }));
});
afterEach(() => rig.close());

const report = (controller: string, version: number, ...revocations: (readonly [string, "CredentialLost" | "Frozen" | "CredentialDestroyed", number])[]) =>
  takeRevocationReport(rig, controller, {
    epoch: 1,
    version,
    revocations: revocations.map(([credential, suspension, since]) => ({ credential, suspension, since })),
  });
const standing = () => adoptionStanding(rig.database.queries);
async function named(): Promise<Record<string, string | undefined>> {
  await rig.expander.expandAll();
  return Object.fromEntries(
    (await itemsIn(rig, GLOBAL)).flatMap((item) => (item.table === "revocation" ? [[item.credential, item.suspension ?? "lifted"]] : [])),
  );
}

test("what controllers know and the cloud does not is shown, the newest word on each, and who has said nothing", async () => {
  await report("gate-house", 9, [campus.card, "CredentialLost", START - 9], [STRANGER, "CredentialLost", START - 5]);
  await report("gate-house", 12, [campus.card, "CredentialLost", START - 9], [STRANGER, "Frozen", START - 3], [STRANGER, "Frozen", START - 3]);
  expect(await standing()).toMatchObject({
    reports: [{ controller: "gate-house", epoch: 1, version: 12, at: START }],
    silent: ["library-house"],
    unknown: [{ credential: STRANGER, suspension: "Frozen" }, { credential: campus.card, suspension: "CredentialLost" }].sort((a, b) => (a.credential < b.credential ? -1 : 1)), // prettier-ignore
  });
  await report("library-house", 4, [STRANGER, "CredentialLost", START - 1]);
  expect((await standing()).unknown.find(({ credential }) => credential === STRANGER)).toMatchObject({ suspension: "CredentialLost", since: START - 1 });
  // What is refused here already is nothing new.
  await done(setCredentialState(rig, NOTE, campus.card, "frozen", null));
  expect((await standing()).unknown.map(({ credential }) => credential)).toEqual([STRANGER]);
});

test("adopted: the credential is refused here too, each is named in global, and a second time changes nothing", async () => {
  expect(await named()).toEqual({});
  await report("gate-house", 9, [campus.card, "CredentialLost", START - 9], [campus.phone, "CredentialDestroyed", START - 8], [STRANGER, "Frozen", START - 7]);
  expect(await done(adoptRevocations(rig, WHY))).toEqual({ adopted: 3 });
  expect(await done(adoptRevocations(rig, WHY))).toEqual({ adopted: 0 });
  expect(await named()).toEqual({ [campus.card]: "CredentialLost", [campus.phone]: "CredentialDestroyed", [STRANGER]: "Frozen" });
  expect([(await readCredential(rig.database.queries, campus.card))?.state, (await standing()).unknown]).toEqual(["lost", []]);
});

test("what ends an adopted revocation is named as lifted: of a known card by its return, of a stranger by name", async () => {
  await report("gate-house", 9, [campus.card, "CredentialLost", START - 9], [STRANGER, "Frozen", START - 7]);
  await done(adoptRevocations(rig, WHY));
  await done(setCredentialState(rig, NOTE, campus.card, "active", null));
  expect(await named()).toEqual({ [campus.card]: "lifted", [STRANGER]: "Frozen" });
  await done(liftAdopted(rig, WHY, STRANGER));
  await done(liftAdopted(rig, WHY, STRANGER));
  expect(await named()).toEqual({ [campus.card]: "lifted", [STRANGER]: "lifted" });
  expect(await liftAdopted(rig, WHY, campus.card)).toMatchObject({ ok: false, error: "StateRefused" });
  expect(await liftAdopted(rig, WHY, campus.phone)).toMatchObject({ ok: false, error: "CredentialUnknown" });
  await done(setCredentialState(rig, NOTE, campus.card, "lost", null));
  expect((await named())[campus.card]).toBe("CredentialLost");
});
