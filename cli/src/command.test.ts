import { nodeSigner } from "@portico/card-protocol/node";
import { addController, putZone } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let rig: CampusCloud;
beforeEach(async () => {
  rig = await campusCloud();
});
afterEach(() => rig.end());

const NOTE = { actor: "set-up", action: "set up", target: "", reason: "" };
async function controllers(...ids: string[]): Promise<void> {
  await putZone(rig.cloud, NOTE, "east", { zh: "东", en: "East" });
  for (const [nth, id] of ids.entries()) await addController(rig.cloud, NOTE, { id, publicKey: nodeSigner(new Uint8Array(32).fill(nth + 1)).publicKey, zones: ["east"] }); // prettier-ignore
}
const access = (...more: string[]) => rig.run(["command", "access", "library", ...more]);

test("a controller that is not connected is unheard: exit code 3, and the command can no longer be carried out", async () => {
  await controllers("library-house");
  await rig.trust();
  const given = await access("--reason", "parcel");
  expect(given).toMatchObject({ exitCode: 3, err: expect.stringMatching(/^portico: the controller was not heard: it is not connected; .*\non: access at library of controller library-house\n/) }); // prettier-ignore
  expect(JSON.parse(given.out)).toMatchObject({ controller: "library-house", target: "library", verb: "access", outcome: "unheard" });
});

test("which controller, a reason and a key that may sign are asked for", async () => {
  await controllers("gate-house", "library-house");
  expect(await access("--reason", "parcel")).toMatchObject({ exitCode: 2, err: expect.stringContaining("name one of gate-house, library-house") });
  expect((await access("--controller", "library-house")).err).toContain("ReasonRequired");
  expect((await access("--controller", "library-house", "--reason", "parcel")).err).toContain("CommandUnsigned");
  await rig.trust();
  expect((await access("--controller", "nowhere", "--reason", "parcel")).err).toContain("ControllerUnknown");
});
