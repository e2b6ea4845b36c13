import { type Command, Option } from "commander";
import type { LaneCountRow, LaneRow } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";

import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeRows } from "./table.ts";
import { durationText } from "./time-text.ts";
import { formatOption, noun, verb, wholeNumber } from "./verb.ts";

const COLUMNS: readonly Column<LaneRow>[] = [
  { heading: "LANE", cell: (row) => row.id },
  { heading: "GATE", cell: (row) => row.gate },
  { heading: "STYLE", cell: (row) => row.style },
  { heading: "READY", cell: (row) => row.ready ?? "not wired" },
  { heading: "ALARM", cell: (row) => row.alarm ?? "not wired" },
  {
    heading: "HELD OPEN",
    cell: (row) => row.held.map(({ direction, station, leftS }) => `${direction === "entry" ? "in" : "out"} by ${station}, ${durationText(leftS)}`).join("; "),
  },
  { heading: "IN TODAY", cell: (row) => `${row.inToday}` },
  { heading: "OUT TODAY", cell: (row) => `${row.outToday}` },
];
const COUNT_COLUMNS: readonly Column<LaneCountRow>[] = [
  { heading: "DAY", cell: (row) => row.day ?? "not known" },
  { heading: "LANE", cell: (row) => row.lane },
  { heading: "WAY", cell: (row) => (row.direction === "entry" ? "in" : "out") },
  { heading: "LET IN", cell: (row) => `${row.granted}` },
  { heading: "FREE", cell: (row) => `${row.free}` },
  { heading: "FIRE", cell: (row) => `${row.evacuation}` },
  { heading: "TAILGATING", cell: (row) => `${row.tailgating}` },
  { heading: "WRONG WAY", cell: (row) => `${row.wrongWay}` },
  { heading: "FORCED", cell: (row) => `${row.forced}` },
  { heading: "UNSEEN", cell: (row) => `${row.unseen}` },
];

/** `portico lane`: turnstiles as a whole; their ways are doors. */
export function laneNoun(surroundings: Surroundings): Command {
  return noun(
    "lane",
    "turnstiles: whether they are ready, and who passed",
    [
      ["portico lane list", "what every lane says of itself, and today's passages"],
      ["portico lane count --days 7", "persons in and out, by day and way"],
    ],
    [listVerb(surroundings), countVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every lane: its unit's ready and alarm outputs, and how many passed today", [
    ["portico lane list", "portico door list shows what each way is doing"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, await client.ask("GET /v1/lanes", {}));
  });
}

function countVerb(surroundings: Surroundings): Command {
  const command = verb("count", "show who passed, by day and way, each kind counted apart", [
    ["portico lane count", "today"],
    ["portico lane count --lane gate-1 --days 31 --format jsonl", "a month of one lane, for a spreadsheet"],
  ])
    .addOption(new Option("--days <count>", "today and so many days before it, in all").argParser(wholeNumber(1, 400)).default(1))
    .addOption(new Option("--lane <id>", "of one turnstile"))
    .addOption(formatOption());
  return controllerOptions(command).action(
    async ({ days, lane, ...options }: ControllerOptions & { readonly format?: Format; readonly days: number; readonly lane?: string }) => {
      const client = await clientFor(surroundings, options);
      const query = { days, ...(lane === undefined ? {} : { lane }) };
      writeRows(surroundings.terminal, options.format, COUNT_COLUMNS, await client.ask("GET /v1/lanes/counts", { query }));
    },
  );
}
