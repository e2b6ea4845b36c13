import { decodeEvent, DOOR_MODES, type DoorMode, type Sha256 } from "@portico/card-protocol";
import { isSignedBySchedule, type SetMode } from "../core/door-operation.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";
import { AlteredTable, checkedRows, type Prepare } from "./row-check.ts";

/** A row of the table. Mode and its event null where the door was only ever opened for one passage. */
export type ModeRow = [door: string, mode: SetMode | null, setBy: number | null, last: number];

/** True for a mode that stays until an operation changes it. A passage on an operator's word is none. */
export const isSetMode = (mode: DoorMode): mode is SetMode => DOOR_MODES.includes(mode) && mode !== "Unknown" && mode !== "Accessed";

/**
 * Reads the modes of all doors. Looks at two events of each door, however many there are; whoever ever removes old ones has to keep these.
 *
 * @throws AlteredTable where table and events differ, or one of them was altered
 */
export function doorModes(prepare: Prepare, sha256: Sha256): ReadonlyMap<string, ModeStanding> {
  const event = prepare<[number], readonly [record: Uint8Array, hash: Uint8Array]>("SELECT record, hash FROM event WHERE seq = ?").raw();
  const last = lastEvents(prepare);
  const modes = new Map<string, ModeStanding>();
  for (const [door, mode, setBy, lastSeq] of checkedRows<ModeRow>(prepare, "door_mode")) {
    if (last.get(door) !== lastSeq)
      throw new AlteredTable("door_mode", `it says that the mode of ${door} changed last by event ${lastSeq}, the events say ${last.get(door) ?? "never"}`);
    last.delete(door);
    if (mode === null || setBy === null) continue;
    const [record, hash] = event.get(setBy) ?? [];
    if (record === undefined || hash === undefined || Buffer.compare(sha256(record), hash) !== 0)
      throw new AlteredTable("door_mode", `event ${setBy}, which speaks of ${door}, was altered`);
    const said = standingOfEvent(door, record);
    if (said?.mode !== mode) throw new AlteredTable("door_mode", `it says that ${door} is ${mode}, event ${setBy} says ${said?.mode ?? "nothing of it"}`);
    modes.set(door, said);
  }
  for (const [door, seq] of last) throw new AlteredTable("door_mode", `it knows nothing of ${door}, event ${seq} does`);
  return modes;
}

/** The last change of each door's mode, by an index that holds these events alone. */
function lastEvents(prepare: Prepare): Map<string, number> {
  const of = `${FROM_EVENTS_BESIDE_ACCESS} name = 'DoorModeChanged' AND source`;
  const nextDoor = prepare<[string], string>(`SELECT source ${of} > ? ORDER BY source LIMIT 1`).pluck();
  const lastOf = prepare<[string], number>(`SELECT seq ${of} = ? ORDER BY seq DESC LIMIT 1`).pluck();
  const last = new Map<string, number>();
  for (let door = nextDoor.get(""); door !== undefined; door = nextDoor.get(door)) last.set(door, lastOf.get(door)!);
  return last;
}

function standingOfEvent(door: string, record: Uint8Array): ModeStanding | undefined {
  const read = decodeEvent(record);
  if (!read.ok || read.value.event.name !== "DoorModeChanged") return undefined;
  const { fields } = read.value.event;
  if (fields.door !== door || !isSetMode(fields.mode)) return undefined;
  return { mode: fields.mode, setBy: isSignedBySchedule(fields) ? "schedule" : "person", setAt: read.value.at };
}
