import type { InputFault } from "@portico/card-protocol";
import { listeners, type RelayBoard } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerRig } from "./rig/controller-rig.ts";
import { PortalRig } from "./rig/portal-rig.ts";
import { rigConfiguration } from "./rig/rig-configuration.ts";
import { TamperWatch } from "./tamper-watch.ts";

const TAMPER = 4;
const LOOP = `tamper = { board = "library", input = 4 }`;
const BY = { by: "wang", reason: "drill" };

let rig: ControllerRig;
beforeEach(async () => {
  rig = new ControllerRig({ door: LOOP });
  await rig.start();
  await shut();
});
afterEach(() => rig.end());

async function put(closed: boolean, forMs = 300): Promise<void> {
  rig.boards.library.inputs[TAMPER] = closed;
  await rig.time.pass(forMs);
}
const shut = (): Promise<void> => put(true);
const open = (): Promise<void> => put(false);
const state = (): unknown => rig.ask("GET /v1/doors")[0]!.tamper;
async function told(): Promise<string[]> {
  await rig.stop();
  return rig.events().flatMap(({ name, fields, drill }) => (name === "DoorTamper" ? [`${fields.door} ${fields.cause} ${drill ?? ""}`.trim()] : name === "DoorTamperCleared" ? ["over"] : [])); // prettier-ignore
}

test("an opened case is an alarm once, until it is shut; no lock moves", async () => {
  expect(state()).toBe("NotInTamper");
  const before = rig.boards.library.writes.length;
  await open();
  expect(state()).toBe("TamperDetected");
  await rig.time.pass(60_000);
  await shut();
  expect(state()).toBe("NotInTamper");
  expect(rig.boards.library.writes.length).toBe(before);
  // The loop that had not been closed yet when the rig started is the first.
  expect(await told()).toEqual(["library opened", "over", "library opened", "over"]);
});

test("a restart tells nothing anew, and what happened meanwhile", async () => {
  await open();
  rig.crash();
  await rig.start();
  expect(state()).toBe("TamperDetected");
  rig.crash();
  rig.boards.library.inputs[TAMPER] = true;
  await rig.start();
  expect(state()).toBe("NotInTamper");
  expect((await told()).slice(2)).toEqual(["library opened", "over"]);
});

test("a board that is off line ends nothing and begins nothing", async () => {
  await open();
  rig.wire("library").cut();
  await rig.time.pass(10_000);
  expect(state()).toBe("TamperDetected");
  expect((await told()).slice(2)).toEqual(["library opened"]);
});

test("it is real in a drill", async () => {
  rig.ask("POST /v1/site/:verb", { params: { verb: "drill" }, body: { zone: null, ...BY } });
  await open();
  expect((await told()).slice(2)).toEqual(["library opened"]);
});

test("a door without a loop has no state", async () => {
  rig.end();
  rig = new ControllerRig({});
  await rig.start();
  expect(state()).toBeNull();
});

test("a supervised loop whose wire is faulted is tampered with; a contact that closes when it is opened, too", async () => {
  const portals = new PortalRig();
  const faults = new Map<number, InputFault>();
  const onFault = listeners<[input: number, fault: InputFault | undefined]>();
  const board = Object.defineProperties({} as RelayBoard, Object.getOwnPropertyDescriptors(portals.board));
  Object.assign(board, { input: (input: number) => (faults.has(input) ? undefined : portals.board.input(input)), supervision: { fault: (input: number) => faults.get(input), onFault: onFault.add } }); // prettier-ignore
  const configuration = rigConfiguration({ folder: portals.folder, door: `${LOOP}\ntamper_means = "closed"` });
  const watch = new TamperWatch({ configuration, board: () => board, clock: portals.time, recorder: portals.recorder, before: new Set() });
  await portals.time.pass(500);
  expect(watch.stateOf("library")).toBe("NotInTamper");
  faults.set(TAMPER, "cut");
  onFault.tell(TAMPER, "cut");
  await portals.time.pass(100);
  expect(watch.stateOf("library")).toBe("TamperDetected");
  faults.delete(TAMPER);
  portals.far.inputs[TAMPER] = true;
  await portals.time.pass(300);
  portals.far.inputs[TAMPER] = false;
  await portals.time.pass(300);
  expect(portals.log()).toEqual(["DoorTamper wire", "DoorTamperCleared"]);
  watch.close();
  portals.end();
});
