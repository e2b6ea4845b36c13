import { decodeEvent, type EventFields } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";

/** Commands live for seconds: one that so many events of others have followed comes too late in any case. */
const REMEMBERED = 3_000;

/** What a CommandTaken says. */
export type TakenCommand = EventFields<"CommandTaken">;

/** What the log says of commands. */
export interface CommandsOfLog {
  /** Ids of those that were taken, in hex. */
  readonly taken: ReadonlySet<string>;
  /** Those that were taken and of which neither CommandActed nor CommandRefused says what became of them, oldest first. */
  readonly open: readonly TakenCommand[];
}

/** Reads which commands were taken: the log itself remembers them, so that recording one and spending its id are one write. */
export function commandsOfLog(database: ControllerDatabase): CommandsOfLog {
  const records = database
    .prepare<[number], Uint8Array>(
      `SELECT record FROM event WHERE seq IN (
         SELECT seq ${FROM_EVENTS_BESIDE_ACCESS} name IN ('CommandTaken', 'CommandActed', 'CommandRefused') ORDER BY seq DESC LIMIT ?
       ) ORDER BY seq DESC`,
    )
    .pluck()
    .all(REMEMBERED)
    .reverse();
  const taken = new Set<string>();
  const open = new Map<string, TakenCommand>();
  for (const record of records) {
    const read = decodeEvent(new Uint8Array(record));
    if (!read.ok) continue; // whoever altered it shows in the chain
    const { event } = read.value;
    if (event.name === "CommandTaken") {
      taken.add(event.fields.command);
      open.set(event.fields.command, event.fields);
    } else if (event.name === "CommandActed" || event.name === "CommandRefused") open.delete(event.fields.command);
  }
  return { taken, open: [...open.values()] };
}
