import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addController, revokeController } from "../controllers.ts";
import { numberNotifications, readNotifications } from "../notifications/notification.ts";
import { campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { SILENT_AFTER_S } from "./fleet-status.ts";
import { SILENCE_LOOK_MS, SilenceWatch } from "./silence-watch.ts";

let rig: CloudRig;
let watch: SilenceWatch;
let pokes: number;
let due: (() => void)[];
beforeEach(async () => {
  rig = await cloudRig();
  [pokes, due] = [0, []];
  await campusOfOne(rig);
  for (const [nth, id] of ["gate-house", "library"].entries())
    await done(addController(rig, NOTE, { id, publicKey: nodeSigner(new Uint8Array(32).fill(nth + 1)).publicKey, zones: [ZONE] }));
  watch = start();
});
afterEach(async () => {
  await watch.close();
  await rig.close();
});

const start = (): SilenceWatch =>
  new SilenceWatch({
    cloud: rig,
    clock: { after: (ms, act) => (expect(ms).toBe(SILENCE_LOOK_MS), due.push(act), () => {}) },
    onTold: () => void pokes++,
    onFailure: (error) => expect(error).toBeUndefined(),
  });
async function heard(controller: string): Promise<void> {
  await rig.database.queries
    .insertInto("controller_contact")
    .values({ controller, heard_at: rig.now(), left_at: null, silent_since: null })
    .onConflict((conflict) => conflict.column("controller").doUpdateSet({ heard_at: rig.now(), left_at: null }))
    .execute();
}
async function told(): Promise<string[]> {
  await numberNotifications(rig.database);
  const { items } = await readNotifications(rig.database.queries, { after: 0, limit: 100, kinds: ["controller.silent", "controller.heard"] });
  return items.map(({ kind, body }) => `${kind} ${String(body["controller"])}`);
}

test("a controller that is silent for longer than it may is told once, and once when it is heard again; instances do not repeat each other", async () => {
  await heard("gate-house");
  await heard("library");
  rig.pass(SILENT_AFTER_S - 1);
  await heard("library");
  await watch.look();
  expect(await told()).toEqual([]);
  rig.pass(1);
  const other = start();
  rig.pass(SILENT_AFTER_S - 1);
  await heard("library");
  await Promise.all([watch.look(), watch.look()]);
  await other.look();
  expect(await told()).toEqual(["controller.silent gate-house"]);
  await heard("gate-house");
  await watch.look();
  await watch.look();
  expect([await told(), pokes]).toEqual([["controller.silent gate-house", "controller.heard gate-house"], 2]);
  await other.close();
});

test("a cloud that was down itself waits for everybody before it calls anybody silent", async () => {
  await heard("gate-house");
  rig.pass(3 * SILENT_AFTER_S);
  await watch.close();
  watch = start();
  await watch.look();
  expect(await told()).toEqual([]);
  await heard("gate-house");
  rig.pass(SILENT_AFTER_S);
  await heard("gate-house");
  await watch.look();
  expect(await told()).toEqual([]);
});

test("one that was revoked is silent by intent; it looks again and again by itself", async () => {
  await heard("gate-house");
  await heard("library");
  await done(revokeController(rig, NOTE, "library"));
  rig.pass(SILENT_AFTER_S);
  due.shift()!();
  while (due.length === 0) await new Promise(setImmediate);
  expect(await told()).toEqual(["controller.silent gate-house"]);
});
