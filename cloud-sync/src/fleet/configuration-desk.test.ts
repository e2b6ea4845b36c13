import { type ConfigurationRecord, FrameReader, ok, readConfigurationRecord } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addController, revokeController } from "../controllers.ts";
import { CloudKeys } from "../keys/cloud-keys.ts";
import { keyMemory } from "../keys/signing-key-files.ts";
import { installTrustList } from "../keys/trust-lists.ts";
import { putZone } from "../places.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { CLOUD_SIGNER, rigTrustList } from "../rig/rig-trust.ts";
import { ConfigurationDesk } from "./configuration-desk.ts";
import { toldConfigurationOf } from "./configuration-routes.ts";

const HASH = "5a".repeat(32);
let rig: CloudRig;
let keys: CloudKeys;
let desk: ConfigurationDesk;
/** What controllers were told. */
let told: { readonly controller: string; readonly record: ConfigurationRecord }[];
let timers: (() => void)[];
beforeEach(async () => {
  rig = await cloudRig();
  [told, timers] = [[], []];
  keys = await CloudKeys.open(rig, keyMemory(CLOUD_SIGNER, rig.randomBytes));
  await done(installTrustList(rig, NOTE, rigTrustList(1)));
  await keys.refresh();
  await done(putZone(rig, NOTE, "east", { zh: "东", en: "East" }));
  for (const [id, seed] of [["gate-house", 1], ["library-house", 2]] as const) await done(addController(rig, NOTE, { id, publicKey: nodeSigner(new Uint8Array(32).fill(seed)).publicKey, zones: ["east"] })); // prettier-ignore
  desk = deskOn({ ...rig, database: { ...rig.database, isShared: false } });
});
afterEach(() => rig.close());

const deskOn = (cloud: Pick<CloudRig, keyof CloudRig>): ConfigurationDesk =>
  new ConfigurationDesk(
    cloud,
    keys,
    { after: (_, act) => (timers.push(act), () => void (timers = timers.filter((each) => each !== act))) },
    (controller, frame) => (told.push({ controller, record: recordOf(frame)! }), true),
  );
function recordOf(frame: Uint8Array | undefined): ConfigurationRecord | undefined {
  const frames = new FrameReader().push(frame ?? new Uint8Array());
  const [one] = frames.ok ? frames.value : [];
  const read = one?.kind === "configuration" ? readConfigurationRecord(one.record, rig.site, () => ok(CLOUD_SIGNER.publicKey), nodeVerifier) : undefined;
  return read?.ok === true ? read.value : undefined;
}
const plan = (text: string, controller = "gate-house") => done(desk.plan(NOTE, controller, new TextEncoder().encode(text)));
const textOf = (record: ConfigurationRecord | undefined): string => new TextDecoder().decode(record?.text);
const stateOf = async (controller = "gate-house"): Promise<string | undefined> =>
  (await desk.standings()).find((each) => each.controller === controller)?.state;

test("what is planned is signed for one controller and told to it at once; the newest alone counts, and who has judged it is not told again", async () => {
  const first = await plan("a = 1");
  const second = await plan("a = 2");
  expect(told.map(({ controller, record }) => [controller, record.controller, record.epoch, record.number, textOf(record)])).toEqual([
    ["gate-house", "gate-house", 1, first.number, "a = 1"],
    ["gate-house", "gate-house", 1, second.number, "a = 2"],
  ]);
  const joined = async (number: number) => textOf(recordOf(await desk.joined("gate-house", { epoch: 1, number, running: HASH })));
  expect([await joined(0), await joined(first.number), await joined(second.number)]).toEqual(["a = 2", "a = 2", ""]);
  expect(await desk.joined("library-house", { epoch: 0, number: 0, running: HASH })).toBeUndefined();
  expect(new TextDecoder().decode((await desk.text("gate-house"))!.text)).toBe("a = 2");
  expect(await desk.plan(NOTE, "nobody", new Uint8Array())).toMatchObject({ ok: false, error: "ControllerUnknown" });
});

test("what became of it is what the controller says last", async () => {
  const { hash, number } = await plan("a = 1");
  expect(await stateOf()).toBe("waiting");
  await desk.joined("gate-house", undefined);
  expect(await stateOf()).toBe("byFile");
  await desk.joined("gate-house", { epoch: 0, number: 0, running: HASH });
  expect(await stateOf()).toBe("waiting");
  await desk.heard("gate-house", { epoch: 1, number, error: "ConfigurationInvalid", detail: "line 3" });
  expect((await desk.standings())[0]).toMatchObject({ state: "refused", error: "ConfigurationInvalid", detail: "line 3" });
  await desk.joined("gate-house", { epoch: 1, number, running: HASH });
  expect(await stateOf(), "it says the same again").toBe("refused");
  await desk.heard("gate-house", { epoch: 1, number, error: null, detail: "" });
  expect(await stateOf()).toBe("taken");
  await desk.joined("gate-house", { epoch: 1, number, running: hash });
  expect(await stateOf()).toBe("running");
  await plan("a = 2");
  expect(await stateOf()).toBe("waiting");
  await done(revokeController(rig, NOTE, "gate-house"));
  expect(await desk.standings()).toEqual([]);
});

test("where instances share a store, the one that has the controller's stream tells what another has planned", async () => {
  await plan("a = 1");
  const other = deskOn({ ...rig, database: { ...rig.database, isShared: true } });
  const look = async (): Promise<void> => {
    const waiting = timers.splice(0);
    for (const act of waiting) act();
    while (timers.length === 0) await rig.database.queries.selectFrom("site").select("publish").execute();
  };
  await look();
  expect(told.length, "what was there before is told to each as it comes").toBe(1);
  await plan("a = 2");
  await look();
  expect(told.map(({ record }) => textOf(record))).toEqual(["a = 1", "a = 2", "a = 2"]);
  other.close();
  expect(timers).toEqual([]);
});

test("what a controller says of itself is read in one form only", () => {
  expect(toldConfigurationOf(`1:7:${HASH}`)).toEqual({ epoch: 1, number: 7, running: HASH });
  for (const text of [undefined, "", "1:7", `1:7:${HASH}0`, `-1:7:${HASH}`, `1:7:${HASH.toUpperCase()}`])
    expect(toldConfigurationOf(text), text ?? "none").toBeUndefined();
});
