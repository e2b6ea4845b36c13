import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerRig } from "../rig/controller-rig.ts";
import { CARD, CREDENTIAL } from "../rig/people.ts";
import type { PinRow } from "./pin-rows.ts";
import { refused } from "../rig/refused.ts";

const TABLES = '[[authentication_profile]]\nid = "strict"\nany_of = [["card", "pin"]]';
const BY = { by: "wang", reason: "at the desk" };

let rig: ControllerRig;
beforeEach(async () => {
  rig = new ControllerRig({
    library: 'authentication_profile = "strict"',
    libraryScanner: "keypad = true",
    tables: TABLES,
  });
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load();
  await rig.start();
});
afterEach(() => rig.end());

const set = (pin: string, credential: string = CREDENTIAL.chen): unknown => rig.ask("POST /v1/pins/set", { body: { ...BY, credential, pin } });
const rows = (): readonly PinRow[] => rig.ask("GET /v1/pins");
/** chen's card, then a line of keys. @returns what was judged last */
async function come(keys: string): Promise<string> {
  await rig.time.pass(4_000);
  await rig.scan("library-in", CARD.chen);
  await rig.scan("library-in", keys);
  const judged = rig.reports.findLast((report) => report.kind === "judged");
  return judged?.kind === "judged" ? (judged.reason ?? "granted") : "nothing";
}

test("set, used, changed and erased, each in the log with name and reason; what is answered never has a digit", async () => {
  expect(set("4826")).toEqual({ change: "set", holders: [{ zone: "", holder: 5 }] });
  expect(await come("4826#")).toBe("granted");
  expect(set("7391")).toMatchObject({ change: "changed" });
  expect(await come("4826#")).toBe("InvalidPIN");
  expect(rows()).toEqual([
    { zone: "", holder: 5, accessPoint: null, setAt: expect.any(Number), wrongTries: 1, lockedForS: null },
    { zone: "", holder: null, accessPoint: "library-in", setAt: null, wrongTries: 1, lockedForS: null },
  ]);
  expect(rig.ask("POST /v1/pins/erase", { body: { ...BY, credential: CREDENTIAL.chen, holder: null, all: false } })).toHaveLength(1);
  expect(await come("7391#")).toBe("InvalidPIN");
  const changes = rig.reports.flatMap((report) => (report.kind === "event" && report.event.name === "PinChanged" ? [report.event.fields] : []));
  expect(changes.map(({ change, by }) => [change, by])).toEqual([["set", "wang"], ["changed", "wang"], ["erased", "wang"]]); // prettier-ignore
  expect(JSON.stringify(rig.reports)).not.toMatch(/4826|7391/);
});

test.each([
  ["1234", CREDENTIAL.chen, 422],
  ["48", CREDENTIAL.chen, 422],
  ["4826", CREDENTIAL.unlisted, 404],
  ["4826", "nobody", 400],
  ["9".repeat(65), CREDENTIAL.chen, 400],
])("%s for %s is refused with %i, and the digits are not repeated", (pin, credential, status) => {
  const problem = refused(() => set(pin, credential));
  expect(problem.status).toBe(status);
  expect(JSON.stringify(problem)).not.toContain(pin);
  expect(rows()).toEqual([]);
});

test("erasing and unlocking say whom, one at a time; who has none is told", () => {
  set("4826");
  const erase = (credential: string | null, holder: number | null, all: boolean): number =>
    refused(() => rig.ask("POST /v1/pins/erase", { body: { ...BY, credential, holder, all } })).status;
  expect([erase(null, null, false), erase(CREDENTIAL.chen, 5, false), erase(null, 4, false)]).toEqual([400, 400, 404]);
  const unlock = (credential: string | null, accessPoint: string | null): number =>
    refused(() => rig.ask("POST /v1/pins/unlock", { body: { ...BY, credential, accessPoint } })).status;
  expect([unlock(null, null), unlock(CREDENTIAL.chen, "library-in"), unlock(null, "nowhere"), unlock(CREDENTIAL.unlisted, null)]).toEqual([400, 400, 404, 404]);
  expect(rig.ask("POST /v1/pins/erase", { body: { ...BY, credential: null, holder: null, all: true } })).toEqual([]);
});

test("another controller with the same list knows nothing of it: there the holder has no PIN", async () => {
  set("4826");
  const other = new ControllerRig({ library: 'authentication_profile = "strict"', libraryScanner: "keypad = true", tables: TABLES });
  mkdirSync(join(other.folder, "data"), { mode: 0o700 });
  other.load();
  await other.start();
  await other.scan("library-in", CARD.chen);
  expect(other.reports.findLast((report) => report.kind === "judged")).toMatchObject({
    reason: "InvalidPIN",
    detail: "the holder has no PIN at this controller",
  });
  other.end();
});

test("behind a restart a PIN is as it was", async () => {
  set("4826");
  rig.crash();
  await rig.start();
  expect(await come("4826#")).toBe("granted");
});
