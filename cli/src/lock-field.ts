import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { hexToBytes } from "@portico/card-protocol";
import type { LockLogRow, RoomLockRow, RoomLocksAnswer } from "@portico/controller";
import type { Command } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { timeText } from "./time-text.ts";
import { formatOption, verb } from "./verb.ts";

type Plain = ControllerOptions & { readonly format?: Format };

const columns = (zone: string | undefined): readonly Column<RoomLockRow>[] => [
  { heading: "LOCK", cell: ({ id }) => id },
  { heading: "HEALTH", cell: ({ health, protocol }) => (protocol === "carried" ? "carried" : health) },
  { heading: "BOLT", cell: ({ bolt }) => bolt ?? "" },
  { heading: "BATTERY", cell: ({ batteryPercent }) => (batteryPercent === null ? "" : `${batteryPercent} %`) },
  { heading: "LIST", cell: ({ listVersion, listUntil }) => (listVersion === null ? "" : `${listVersion}${listUntil === null ? "" : ` until ${timeText(listUntil, zone)}`}`) }, // prettier-ignore
  { heading: "PEOPLE", cell: ({ wanted }) => (wanted === null ? "" : `${wanted.people}${wanted.left === 0 ? "" : `, ${wanted.left} rows too many`}`) },
  { heading: "PINS", cell: ({ pins, wanted }) => `${pins ?? "?"} of ${wanted?.pins ?? "?"}` },
  { heading: "FINGERS", cell: ({ fingers, wanted }) => `${fingers ?? "?"} of ${wanted?.fingers ?? "?"}` },
  { heading: "DETAIL", cell: detailOf },
];

function detailOf({ isOtherKey, detail, look, lookDetail }: RoomLockRow): string {
  if (isOtherKey) return "the cloud seals PINs to another key: portico lock put";
  return detail !== "" ? detail : look === "failed" ? lookDetail : "";
}

/** `portico lock held`: what the controller's locks hold of what is wanted. */
export function heldVerb(surroundings: Surroundings): Command {
  const command = verb("held", "show the room locks of this controller: battery, clock, list, PINs and fingers that they hold of those that are wanted", [
    ["portico lock held", "all of them"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: Plain) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, columns(client.zone), (await client.ask("GET /v1/room-locks", {})).locks);
  });
}

/** `portico lock keys`: what a lock is given at commissioning. */
export function keysVerb(surroundings: Surroundings): Command {
  const command = verb("keys", "show what a room lock is given at commissioning: site, controller and the controller's keys", [
    ["portico lock keys", "for the lock's own set-up"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: Plain) => {
    const client = await clientFor(surroundings, options);
    const { locks: _, ...keys }: RoomLocksAnswer = await client.ask("GET /v1/room-locks", {});
    const facts = [["site", keys.site], ["controller", keys.controller], ["agreement key", keys.agreementKey], ["signing key", keys.signingKey]] as const; // prettier-ignore
    writeFacts(surroundings.terminal, options.format, facts, keys);
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

/** `portico lock carry`: the list for a lock that nobody reaches. */
export function carryVerb(surroundings: Surroundings): Command {
  const command = verb("carry <lock>", "write the signed list of a room lock into a file, for whoever carries it there; a lock believes it for its signature", [
    ["portico lock carry room-301 --out room-301.list", "it holds for 30 days; each is another version"],
  ])
    .requiredOption("--out <file>", "where it is written")
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, { out, ...options }: Plain & { readonly out: string }) => {
    const client = await clientFor(surroundings, options);
    const { record, ...list } = await client.ask("POST /v1/room-locks/:id/list", { params: { id } });
    const path = resolve(surroundings.workingFolder, out);
    writeFileSync(path, hexToBytes(record)!);
    const told = { ...list, file: path };
    if (chosenFormat(surroundings.terminal, options.format) === "jsonl") return surroundings.terminal.out(`${JSON.stringify(told)}\n`);
    surroundings.terminal.out(
      `${path}: version ${list.version} of the list of ${id}, ${list.people} people, until ${timeText(list.validUntil, client.zone)}\n`,
    );
  });
}
