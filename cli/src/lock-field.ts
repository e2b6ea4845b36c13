import type { LockLogRow, RoomLockRow, RoomLocksAnswer } from "@portico/controller";
import type { Command } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { timeText } from "./time-text.ts";
import { formatOption, verb } from "./verb.ts";

type Plain = ControllerOptions & { readonly format?: Format };

const columns = (zone: string | undefined): readonly Column<RoomLockRow>[] => [
  { heading: "LOCK", cell: ({ id }) => id },
  { heading: "HEALTH", cell: ({ health, protocol }) => (protocol === "carried" ? "carried" : health) },
  { heading: "BOLT", cell: ({ bolt }) => bolt ?? "" },
  { heading: "BATTERY", cell: ({ batteryPercent }) => (batteryPercent === null ? "" : `${batteryPercent} %`) },
  { heading: "LIST", cell: listText(zone) },
  { heading: "DENY SET", cell: ({ denyVersion }) => (denyVersion === null || denyVersion === 0 ? "" : `${denyVersion}`) },
  { heading: "CARDS", cell: ({ cardKeyGeneration }) => (cardKeyGeneration === null || cardKeyGeneration === 0 ? "" : `key ${cardKeyGeneration}`) },
  { heading: "PEOPLE", cell: ({ wanted }) => (wanted === null ? "" : `${wanted.people}${wanted.left === 0 ? "" : `, ${wanted.left} rows too many`}`) },
  { heading: "PINS", cell: ({ pins, wanted }) => `${pins ?? "?"} of ${wanted?.pins ?? "?"}` },
  { heading: "FINGERS", cell: ({ fingers, wanted }) => `${fingers ?? "?"} of ${wanted?.fingers ?? "?"}` },
  { heading: "NOT KEPT", cell: ({ notKept }) => notKept.map(({ rule, isAccepted }) => (isAccepted ? rule : `${rule} (off)`)).join(", ") },
  { heading: "DETAIL", cell: detailOf },
];

/** What the lock holds; of one that is carried to, what was made for it last. */
const listText =
  (zone: string | undefined) =>
  ({ protocol, listVersion, listMade, listUntil }: RoomLockRow): string => {
    const version = protocol === "carried" ? listMade : listVersion;
    return version === null ? "" : `${version}${listUntil === null ? "" : ` until ${timeText(listUntil, zone)}`}`;
  };

function detailOf({ id, protocol, isListDue, isOtherKey, detail, look, lookDetail }: RoomLockRow): string {
  if (isOtherKey) return "the cloud seals PINs to another key: portico lock put";
  if (protocol === "carried" && isListDue === true) return `another list is due: portico lock carry ${id}`;
  return detail !== "" ? detail : look === "failed" ? lookDetail : "";
}

/** `portico lock held`: what the controller's locks hold of what is wanted. */
export function heldVerb(surroundings: Surroundings): Command {
  const command = verb(
    "held",
    "show the room locks of this controller: battery, clock, list, deny set, PINs and fingers that they hold of those that are wanted",
    [["portico lock held", "all of them"]],
  ).addOption(formatOption());
  return controllerOptions(command).action(async (options: Plain) => {
    const client = await clientFor(surroundings, options);
    const { locks, denySet } = await client.ask("GET /v1/room-locks", {});
    writeRows(surroundings.terminal, options.format, columns(client.zone), locks);
    if (denySet !== null)
      surroundings.terminal.err(
        `deny set: version ${denySet.version} of ${timeText(denySet.issued, client.zone)}, ${denySet.denied} denied${denySet.left === 0 ? "" : `, no room for ${denySet.left}: carry new lists`}\n`,
      );
  });
}

/** `portico lock keys`: what a lock is given at commissioning. */
export function keysVerb(surroundings: Surroundings): Command {
  const command = verb(
    "keys",
    "show what a room lock is given at commissioning: site, controller and the controller's keys; and the key of each lock that has none of its own",
    [["portico lock keys", "for the lock's own set-up, and for portico lock put behind a maker's platform"]],
  ).addOption(formatOption());
  return controllerOptions(command).action(async (options: Plain) => {
    const client = await clientFor(surroundings, options);
    const { locks, denySet: _, ...keys }: RoomLocksAnswer = await client.ask("GET /v1/room-locks", {});
    const pinKeys = locks.flatMap(({ id, protocol, pinKey }) => (protocol === "ttlock" && pinKey !== null ? [[id, pinKey] as const] : []));
    const facts = [["site", keys.site], ["controller", keys.controller], ["agreement key", keys.agreementKey], ["signing key", keys.signingKey], ...pinKeys.map(([id, key]) => [`key of ${id}`, key] as const)] as const; // prettier-ignore
    writeFacts(surroundings.terminal, options.format, facts, { ...keys, lockKeys: Object.fromEntries(pinKeys) });
  });
}

/** `portico lock test`: asks a lock, for whoever stands in front of it. */
export function testVerb(surroundings: Surroundings): Command {
  const command = verb("test <lock>", "ask a room lock how it is, and have it looked after; no bolt moves: portico door access does that", [
    ["portico lock test room-301", "in front of the door"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: Plain) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, columns(client.zone), [await client.ask("POST /v1/room-locks/:id/test", { params: { id } })]);
  });
}

/** `portico lock audit`: the lock's own log. */
export function auditVerb(surroundings: Surroundings): Command {
  const command = verb("audit <lock>", "show rows of a room lock's own log, as the lock tells them; they stand in the events too", [
    ["portico lock audit room-301", "the first sixteen that it has"],
    ["portico lock audit room-301 --after 180", "those behind row 180"],
  ])
    .option("--after <row>", "the last row that you know", "0")
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, { after, ...options }: Plain & { readonly after: string }) => {
    const client = await clientFor(surroundings, options);
    const logColumns: readonly Column<LockLogRow>[] = [
      { heading: "ROW", cell: ({ row }) => `${row}` },
      { heading: "AT", cell: ({ at }) => (at === null ? "no clock" : timeText(at, client.zone)) },
      { heading: "EVENT", cell: ({ event }) => event },
      { heading: "WAY", cell: ({ way }) => way ?? "" },
      { heading: "HOLDER", cell: ({ holder }) => (holder === null ? "" : `${holder}`) },
      { heading: "NUMBER", cell: ({ number }) => (number === 0 ? "" : `${number}`) },
      { heading: "REFUSAL", cell: ({ refusal }) => refusal ?? "" },
    ];
    writeRows(surroundings.terminal, options.format, logColumns, await client.ask("GET /v1/room-locks/:id/log", { params: { id }, query: { after } }));
  });
}
