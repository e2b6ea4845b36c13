import { eventOf } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { cloudRig } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { catchUp, forgetNames, lookOn, namesOneOf } from "./credential-events.ts";
import { EventIntake } from "./event-intake.ts";

const [MINE, OTHER] = ["00112233445566ff", "00112233445566aa"];

test("which events name a credential is written behind the intake, batch by batch, each once, and goes with them", async () => {
  const rig = await cloudRig();
  const { queries } = rig.database;
  const intake = new EventIntake(rig, () => {});
  const log = new MachineLog("gate-house", 8);
  for (const credential of [MINE, OTHER, null, MINE, OTHER, MINE]) {
    log.record(eventOf("DenialRepeated", { accessPoint: "gate", reason: "PassReplayed", credential, deniedSeq: 1, count: 2 }));
    await intake.take(log.machine, log.batch(log.end().seq));
  }
  const found = async () => (await queries.selectFrom("controller_event").select("seq").where(namesOneOf([MINE])).orderBy("seq").execute()).map(({ seq }) => seq); // prettier-ignore
  expect(await found(), "nobody has looked yet").toEqual([]);
  expect([await lookOn(rig.database), await found()]).toEqual([true, [1, 4]]);
  await catchUp(rig.database);
  expect([await lookOn(rig.database), await found()]).toEqual([false, [1, 4, 6]]);
  await queries.updateTable("last_use_mark").set({ batch: 2 }).execute();
  await catchUp(rig.database);
  expect((await queries.selectFrom("credential_event").selectAll().execute()).length, "looked at once more").toBe(5);
  await forgetNames(queries, 1, 2, 4);
  expect(await queries.selectFrom("credential_event").select(["credential", "seq"]).orderBy("seq").execute()).toEqual([
    { credential: MINE, seq: 1 },
    { credential: OTHER, seq: 5 },
    { credential: MINE, seq: 6 },
  ]);
  await rig.close();
});
