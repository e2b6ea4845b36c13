import type { Command } from "commander";
import type { CommissioningRow, DoorAct, DoorRow, DoorScheduleRow } from "@portico/controller";
import type { ControllerClient } from "./controller-client.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { commissionVerb } from "./door-commission.ts";
import { labelsVerb } from "./door-labels.ts";
import { protocolVerb } from "./door-protocol.ts";
import { drivingVerbs } from "./door-driving.ts";
import { EXIT, Failure } from "./failure.ts";
import { foldFloors } from "./floor-text.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeRows } from "./table.ts";
import { durationText, timeText } from "./time-text.ts";
import { byOption, type Example, formatOption, noun, reasonOption, verb } from "./verb.ts";

const COLUMNS: readonly Column<DoorRow>[] = [
  { heading: "DOOR", cell: (row) => row.id },
  { heading: "KIND", cell: (row) => row.kind },
  { heading: "MODE", cell: (row) => (row.shadow ? "in shadow" : row.mode) },
  { heading: "LOCK", cell: (row) => row.lock },
  { heading: "STATE", cell: (row) => row.physical },
  { heading: "ALARM", cell: alarmText },
  { heading: "SINCE", cell: (row) => durationText(row.sinceS) },
  { heading: "LAST EVENT", cell: (row) => row.lastEvent ?? "" },
];

/** What has to be looked at, the worst first. */
function alarmText({ fire, tamper, alarm }: DoorRow): string {
  if (fire) return "Fire";
  if (tamper !== "TamperDetected") return alarm;
  return alarm === "Normal" ? "Tamper" : `${alarm}, Tamper`;
}

/** The verb of each act: what it does, what is said when it is done, and an example. */
const ACTS: readonly { readonly act: DoorAct; readonly does: string; readonly done: string; readonly example: Example }[] = [
  {
    act: "access",
    does: "let one person through, as a grant would",
    done: "was opened for one passage",
    example: ["portico door access library --reason 'parcel'", "the reason stands in the log"],
  },
  {
    act: "lock",
    does: "back to normal: locked, opened by grants",
    done: "is locked, grants open it",
    example: ["portico door lock library", "ends unlock and block"],
  },
  {
    act: "unlock",
    does: "keep it unlocked until it is locked again",
    done: "is unlocked",
    example: ["portico door unlock library --reason 'open day'", "everybody may pass"],
  },
  {
    act: "block",
    does: "refuse every access; lock or unlock ends it",
    done: "is blocked",
    example: ["portico door block gate-1/entry --reason 'glass broken'", "one direction of a turnstile"],
  },
  {
    act: "lock-down",
    does: "refuse every access until it is released; no other verb ends it",
    done: "is locked down",
    example: ["portico door lock-down library --reason 'drill'", "release ends it"],
  },
  {
    act: "lock-open",
    does: "keep it open until it is released; no other verb ends it, and no lock-down either",
    done: "is locked open",
    example: ["portico door lock-open lift-1/3 --reason 'moving house'", "a floor of a lift; release ends it"],
  },
  {
    act: "double-lock",
    does: "lock it with both bolts, where it has two; grants open it as ever",
    done: "is locked with both bolts",
    example: ["portico door double-lock library --reason 'holidays'", "lock or unlock ends it"],
  },
  {
    act: "release",
    does: "end a lock-down or a lock-open",
    done: "is released",
    example: ["portico door release library", "locked again, grants open it"],
  },
];

/** `portico door`: what doors are doing, and what they shall do. */
export function doorNoun(surroundings: Surroundings): Command {
  return noun(
    "door",
    "doors, turnstiles and floors of lifts",
    [
      ["portico door list", "what every door is doing now"],
      ["portico door access library", "open it once"],
    ],
    [
      listVerb(surroundings),
      schedulesVerb(surroundings),
      commissionVerb(surroundings),
      protocolVerb(surroundings),
      labelsVerb(surroundings),
      ...ACTS.map((act) => actVerb(surroundings, act)),
      ...drivingVerbs(surroundings),
    ],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every door, every direction of a turnstile and every floor of a lift", [
    ["portico door list", "a table on a terminal, with floors that are alike on one line; JSON lines in a pipe"],
    ["portico door list --alarm", "only where somebody has to go"],
    ["portico door list --floors", "each floor of a lift on a line of its own"],
    ["portico door list --uncommissioned", "what nobody has walked through as it is configured now, and why"],
  ])
    .option("--alarm", "only doors with an alarm or a fault")
    .option("--floors", "each floor of a lift on a line of its own")
    .option("--uncommissioned", "doors, turnstiles and floors that are not commissioned, and why")
    .addOption(formatOption());
  return controllerOptions(command).action(async (options: ListOptions) => {
    const client = await clientFor(surroundings, options);
    if (options.uncommissioned) return writeUncommissioned(surroundings, options, client);
    const rows = await client.ask("GET /v1/doors", {});
    const wanted = options.alarm
      ? rows.filter((row) => row.alarm !== "Normal" || row.tamper === "TamperDetected" || row.fire || row.lock === "Fault" || row.physical === "Fault")
      : rows;
    const isFolded = options.floors !== true && chosenFormat(surroundings.terminal, options.format) === "table";
    writeRows(surroundings.terminal, options.format, COLUMNS, isFolded ? foldFloors(wanted) : wanted);
  });
}

interface ListOptions extends ControllerOptions {
  readonly format?: Format;
  readonly alarm?: true;
  readonly floors?: true;
  readonly uncommissioned?: true;
}

const COMMISSIONING_COLUMNS = (zone: string | undefined): readonly Column<CommissioningRow>[] => [
  { heading: "DOOR", cell: (row) => row.door },
  { heading: "KIND", cell: (row) => row.kind },
  { heading: "COMMISSIONED", cell: (row) => `${row.state}${row.isUnderWay ? ", under way" : ""}` },
  { heading: "WHY", cell: (row) => row.why },
  { heading: "LAST", cell: (row) => (row.by === null ? "" : `${timeText(row.at, zone)} by ${row.by}`) },
];

async function writeUncommissioned({ terminal }: Surroundings, { format }: ListOptions, client: ControllerClient): Promise<void> {
  const rows = await client.ask("GET /v1/commissioning", {});
  const missing = rows.filter(({ state }) => state !== "commissioned");
  if (missing.length > 0 || chosenFormat(terminal, format) === "jsonl") writeRows(terminal, format, COMMISSIONING_COLUMNS(client.zone), missing);
  terminal.err(
    missing.length === 0 ? `all ${rows.length} are commissioned\n` : `${missing.length} of ${rows.length}; next: portico door commission ${missing[0]!.door}\n`,
  );
}

const SCHEDULE_COLUMNS = (zone: string | undefined): readonly Column<DoorScheduleRow>[] => [
  { heading: "DOOR", cell: (row) => row.door },
  { heading: "SCHEDULE", cell: (row) => row.schedule },
  { heading: "SETS", cell: (row) => row.operation },
  { heading: "SAYS NOW", cell: (row) => row.says ?? "?" },
  { heading: "FOLLOWED", cell: (row) => row.trouble ?? (row.followed ? "yes" : "no, by hand") },
  { heading: "NEXT CHANGE", cell: (row) => timeText(row.nextChange, zone) },
];

function schedulesVerb(surroundings: Surroundings): Command {
  const command = verb("schedules", "show what schedules do to doors, and whether the doors follow them", [
    ["portico door schedules", "what somebody sets by hand stands until the next change"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, SCHEDULE_COLUMNS(client.zone), await client.ask("GET /v1/door-schedules", {}));
  });
}

function actVerb(surroundings: Surroundings, { act, does, done, example }: (typeof ACTS)[number]): Command {
  const command = verb(`${act} <door>`, does, [example]).addOption(reasonOption()).addOption(byOption(surroundings.user)).addOption(formatOption());
  return controllerOptions(command).action(
    async (id: string, options: ControllerOptions & { readonly format?: Format; readonly reason: string; readonly by: string }) => {
      const client = await clientFor(surroundings, options);
      const { by, reason } = options;
      const row = await obeyed(await client.ask("POST /v1/doors/:id/:act", { params: { id, act }, body: { by, reason } }), client, surroundings);
      const hasFault = row.lock === "Fault";
      if (chosenFormat(surroundings.terminal, options.format) === "jsonl") surroundings.terminal.out(`${JSON.stringify(row)}\n`);
      else if (!hasFault) surroundings.terminal.out(`${id} ${done}\n`);
      if (hasFault)
        throw new Failure(
          EXIT.refused,
          `the lock does not answer: the mode is ${row.mode} now, and the lock has not followed`,
          `door ${row.id}`,
          "portico device list says which board and why; the lock follows as soon as it answers",
        );
    },
  );
}

/** A board that had failed once and answers again has said so within this time. */
const OBEYS_WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 100;

/** The door as soon as its lock has obeyed; where it does not, as it is then. */
async function obeyed(answer: DoorRow, client: ControllerClient, surroundings: Surroundings): Promise<DoorRow> {
  let row = answer;
  for (let waitedMs = 0; row.lock === "Fault" && waitedMs < OBEYS_WITHIN_MS && (await elapsed(surroundings, LOOK_EVERY_MS)); waitedMs += LOOK_EVERY_MS)
    row = (await client.ask("GET /v1/doors", {})).find(({ id }) => id === answer.id) ?? row;
  return row;
}
