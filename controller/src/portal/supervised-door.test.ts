import type { InputFault } from "@portico/card-protocol";
import { listeners, type RelayBoard } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchInputs } from "../input-watch.ts";
import { PortalRig } from "../rig/portal-rig.ts";
import { CREDENTIAL } from "../rig/people.ts";
import { rigConfiguration } from "../rig/rig-configuration.ts";
import { DoorPortal } from "./door-portal.ts";

const [CONTACT, FIRE, STRIKE] = [0, 2, 0];
let rig: PortalRig;
let board: RelayBoard;
let door: DoorPortal;
let spoil: (input: number, fault: InputFault | undefined) => void;

/** The rig's board with wires that are measured: while one is faulted its input is not read. */
beforeEach(async () => {
  rig = new PortalRig();
  rig.far.inputs[CONTACT] = rig.far.inputs[FIRE] = true;
  const faults = new Map<number, InputFault>();
  const told = listeners<[input: number, fault: InputFault | undefined]>();
  const plain = rig.board;
  board = Object.defineProperties({} as RelayBoard, Object.getOwnPropertyDescriptors(plain));
  Object.assign(board, { input: (input: number) => (faults.has(input) ? undefined : plain.input(input)), supervision: { fault: (input: number) => faults.get(input), onFault: told.add } }); // prettier-ignore
  spoil = (input, fault) => {
    if (fault === undefined) faults.delete(input);
    else faults.set(input, fault);
    told.tell(input, fault);
  };
  const configuration = rigConfiguration({ folder: rig.folder });
  const [library] = configuration.doors;
  const settings = { ...library!, contact: true, contactDebounceMs: 50, contactLagMs: 100, doubleLock: false, relockAfterFire: "person" } as const;
  door = new DoorPortal({ ...rig.parts, board: () => board, door: library!, settings, mode: "Locked" });
  watchInputs(configuration, new Map([["library", board]]), rig.recorder);
  await rig.online(door);
});
afterEach(() => rig.end());

test("a door whose contact is faulted is neither open nor shut, tells of no alarm, lets people in, and names wire and remedy", async () => {
  spoil(CONTACT, "cut");
  expect(door.row().physical).toBe("Fault");
  const grantedSeq = rig.grant("library-in");
  door.access({ accessPoint: "library-in", grantedSeq, credential: CREDENTIAL.zhang, holder: 1, extended: false, partySize: 1 });
  await rig.time.pass(6_000);
  expect(rig.log()).toEqual(["InputFault", "AccessGranted", "AccessNotTaken device"]);
  expect(rig.named("InputFault")[0]?.fields).toEqual({ device: "library", input: CONTACT, use: "contact of library", fault: "cut", remedy: expect.stringContaining("look at both ends") }); // prettier-ignore
});

test("a wire that is whole again is told, and an open door behind it was not forced", async () => {
  spoil(CONTACT, "short");
  rig.far.inputs[CONTACT] = false;
  await rig.time.pass(300);
  spoil(CONTACT, undefined);
  await rig.time.pass(300);
  expect(rig.log()).toEqual(["InputFault", "InputFaultCleared"]);
});

test("a fire loop that is faulted is a fire, and a bridged one too: the door is free until somebody has it locked again", async () => {
  spoil(FIRE, "short");
  await rig.time.pass(200);
  expect([rig.far.relays[STRIKE], rig.log()]).toEqual([true, ["FireInput true", "InputFault"]]);
  spoil(FIRE, undefined);
  await rig.contact(FIRE, false);
  await rig.contact(FIRE, true);
  await rig.time.pass(500);
  expect([rig.far.relays[STRIKE], door.overruling().awaitsRelock]).toEqual([true, true]);
});
