import { CAPABILITIES, type Capability } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  cloudReason,
  cloudVerb,
  type CloudVerbOptions,
  everyPage,
  instantOption,
  type NameOptions,
  nameOptions,
  tellChange,
  timeOrLimit,
  withReason,
} from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { timetablesVerb, timetableVerb } from "./space-timetable.ts";
import { noun, verb, wholeNumber } from "./verb.ts";

export type Resource = RouteAnswer<"GET /v1/resources">["items"][number];
type Timeline = RouteAnswer<"GET /v1/timelines">["items"][number];
export type Reasoned = CloudVerbOptions & { readonly reason?: string };

/** How many characters of a day are drawn: one for each half hour. */
const SLOTS = 48;
/** Locked, occupied, bookable, unavailable: 锁定, 已占用, 可预定, 不可预定. */
const DRAWN: Readonly<Record<Timeline["parts"][number]["state"], string>> = { locked: "#", occupied: "=", bookable: ".", unavailable: " " };

export const RESOURCE_COLUMNS: readonly Column<Resource>[] = [
  { heading: "ID", cell: (row) => row.id },
  { heading: "SERVICE", cell: (row) => row.campusService },
  { heading: "TYPE", cell: (row) => row.type },
  { heading: "NAME", cell: (row) => row.names.zh },
  { heading: "", cell: (row) => row.names.en },
  { heading: "WHERE", cell: (row) => row.path.join(" ") },
  { heading: "ROOM FOR", cell: (row) => (row.capacity === 0 ? "" : String(row.capacity)) },
  { heading: "M²", cell: (row) => (row.areaM2 === null ? "" : String(row.areaM2)) },
  { heading: "SEATS", cell: (row) => String(row.seats) },
];

/** `portico space`: places that are booked. */
export function spaceNoun(surroundings: Surroundings): Command {
  return noun(
    "space",
    "places that are booked: rooms, courts, lanes",
    [
      ["portico space list --type 会议室 --room-for 6", "meeting rooms for six"],
      ["portico space list --free-from '2026-09-02 18:00' --free-until '2026-09-02 19:00'", "what is free then"],
      ["portico space day 2026-09-02 --service spaces", "a day of every room"],
    ],
    [
      listVerb(surroundings),
      dayVerb(surroundings),
      putVerb(surroundings),
      removeVerb(surroundings),
      closeVerb(surroundings),
      openVerb(surroundings),
      timetableVerb(surroundings),
      timetablesVerb(surroundings),
    ],
  );
}

interface Among {
  readonly service?: string;
  readonly type?: string;
  readonly roomFor?: number;
  readonly words?: string;
  readonly attribute?: string;
}
const amongOptions = (command: Command): Command =>
  command
    .option("--service <service>", "of this campus service alone")
    .option("--type <type>", "of this type alone: 会议室")
    .addOption(new Option("--room-for <people>", "room for so many at least").argParser(wholeNumber(0, 100_000)))
    .option("--words <text>", "whose number, name, type or place has all of these words")
    .option("--attribute <name[=value]>", "that have this attribute");
const among = ({ service, type, roomFor, words, attribute }: Among) => ({
  ...(service && { service }),
  ...(type && { type }),
  ...(roomFor && { capacity: roomFor }),
  ...(words && { words }),
  ...(attribute && { attribute }),
});

function listVerb(surroundings: Surroundings): Command {
  const command =
    amongOptions(verb("list", "find places: by number, name, type, room, attributes, and by when they are free", [["portico space list --words '行政楼 6楼'", "those of a floor"]])) // prettier-ignore
      .addOption(new Option("--free-from <time>", "free from then on, with --free-until").argParser(instantOption))
      .addOption(new Option("--free-until <time>", "free until then").argParser(instantOption));
  type Options = CloudVerbOptions & Among & { readonly freeFrom?: string; readonly freeUntil?: string };
  return cloudVerb(surroundings, command, async (calls, options: Options) => {
    const free = { ...(options.freeFrom && { "free-from": options.freeFrom }), ...(options.freeUntil && { "free-until": options.freeUntil }) };
    const found = await everyPage((after) => calls.ask("places", "GET /v1/resources", { query: { kind: "place", limit: 1000, ...among(options), ...free, ...(after && { after }) } })); // prettier-ignore
    writeRows(surroundings.terminal, options.format, RESOURCE_COLUMNS, found);
  });
}

function dayVerb(surroundings: Surroundings): Command {
  const command = amongOptions(
    verb("day <date>", "a day of places, half hour by half hour: # locked, = occupied, . bookable, blank not", [
      ["portico space day 2026-09-02 --space 607", "of one room"],
    ]),
  ).option("--space <id>", "of this one alone");
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & Among & { readonly space?: string }, date = "") => {
    const lines = await everyPage((after) =>
      calls.ask(`day ${date}`, "GET /v1/timelines", {
        query: { date, limit: 500, ...among(options), ...(options.space && { resource: options.space }), ...(after && { after }) },
      }),
    );
    const columns: readonly Column<Timeline>[] = [
      { heading: "ID", cell: (row) => row.resource },
      { heading: HOURS, cell: (row) => drawn(row) },
    ];
    writeRows(surroundings.terminal, options.format, columns, lines);
  });
}
/** A mark above every sixth hour. */
const HOURS = ["0", "6", "12", "18"]
  .map((hour) => hour.padEnd(SLOTS / 4))
  .join("")
  .trimEnd();

/** What most of each half hour is. */
function drawn({ parts }: Timeline): string {
  const from = Date.parse(parts[0]!.from);
  const slot = (Date.parse(parts.at(-1)!.until) - from) / SLOTS;
  return Array.from({ length: SLOTS }, (_, nth) => {
    const middle = from + (nth + 0.5) * slot;
    return DRAWN[parts.find((part) => middle < Date.parse(part.until))!.state];
  }).join("");
}

export function opensOption(
  text: string,
  before: readonly { accessPoint: string; capability: Capability }[] = [],
): { accessPoint: string; capability: Capability }[] {
  const [, accessPoint, capability = "pass"] = /^([^:]+)(?::(.+))?$/.exec(text) ?? [];
  if (accessPoint === undefined || !CAPABILITIES.includes(capability as Capability))
    throw new InvalidArgumentError("An access point, or one with a capability such as room-607:unlock, is wanted.");
  return [...before, { accessPoint, capability: capability as Capability }];
}
function attributeOption(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name = "", value] = text.split(/=(.*)/s);
  if (name === "" || value === undefined) throw new InvalidArgumentError("name=value is wanted.");
  return { ...before, [name]: value };
}

export interface PutOptions extends NameOptions {
  readonly service: string;
  readonly type: string;
  readonly where?: string;
  readonly roomFor?: number;
  readonly area?: number;
  readonly attribute?: Record<string, string>;
  readonly seats?: number;
  readonly schedule?: string;
  readonly opens?: { accessPoint: string; capability: Capability }[];
}
/** What a place and a course have alike. */
export const putOptions = (command: Command): Command =>
  nameOptions(command)
    .addOption(new Option("--service <service>", "the campus service that offers it, by whose terms it is booked").makeOptionMandatory())
    .addOption(new Option("--type <type>", "what it is: 会议室").makeOptionMandatory())
    .option("--where <path>", "from the widest to the narrowest, parted by slashes: 行政区/行政楼/中区/6楼/607")
    .addOption(new Option("--room-for <people>", "people who find room").argParser(wholeNumber(0, 100_000)))
    .addOption(new Option("--area <m2>", "square metres").argParser(wholeNumber(0, 1_000_000)))
    .addOption(new Option("--attribute <name=value>", "something about it; may be repeated").argParser(attributeOption))
    .addOption(new Option("--seats <count>", "so many book it at once (default: 1, exclusive)").argParser(wholeNumber(1, 1000)))
    .addOption(new Option("--opens <access-point[:capability]>", "what a booking opens; may be repeated").argParser(opensOption))
    .addOption(cloudReason(false));
export const contentOf = ({ service, type, where, roomFor, area, attribute, seats, schedule, opens, zh, en }: PutOptions) => ({
  campusService: service,
  names: { zh, en },
  type,
  path: where === undefined ? [] : where.split("/"),
  capacity: roomFor ?? 0,
  areaM2: area ?? null,
  attributes: attribute ?? {},
  seats: seats ?? 1,
  schedule: schedule ?? null,
  opens: opens ?? [],
});

function putVerb(surroundings: Surroundings): Command {
  const command = putOptions(
    verb("put <space>", "make a place, or make it say this; what is booked stays booked", [
      ["portico space put 607 --service spaces --type 会议室 --zh '607 会议室' --en 'Room 607' --opens room-607:unlock", "a meeting room and its lock"],
    ]),
  ).option("--schedule <schedule>", "opening hours (default: at all hours)");
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & PutOptions, id = "") => {
    const body = { ...contentOf(options), kind: "place" as const, place: null, sessions: [] };
    const made = await calls.ask(`place ${id}`, "PUT /v1/resources/{id}", { params: { id }, body }, withReason(options));
    writeRows(surroundings.terminal, options.format, RESOURCE_COLUMNS, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <space>", "take a place or a course away of which nothing is booked any more", [["portico space remove 607", "refused while something is booked"]]).addOption(cloudReason(false)); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`place ${id}`, "DELETE /v1/resources/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["removed", id]], { removed: id });
    await tellChange(surroundings, calls, made);
  });
}

function closeVerb(surroundings: Surroundings): Command {
  const command = verb("close <space> <closure>", "keep a place shut for a while, under a name of your own", [
    ["portico space close 607 repairs-9 --from '2026-09-02 08:00' --until '2026-09-04 08:00'", "refused where somebody has booked it"],
  ])
    .addOption(new Option("--from <time>", "from then on").argParser(instantOption).makeOptionMandatory())
    .addOption(new Option("--until <time>", "until then").argParser(instantOption).makeOptionMandatory())
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & { readonly from: string; readonly until: string }, resource = "", id = "") => {
    const body = { resource, times: [{ from: options.from, until: options.until }] };
    const made = await calls.ask(`closure ${id}`, "PUT /v1/closures/{id}", { params: { id }, body }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["closed", resource], ["from", timeOrLimit(options.from)], ["until", timeOrLimit(options.until)]], { closure: id, ...body }); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

function openVerb(surroundings: Surroundings): Command {
  const command = verb("open <closure>", "end a closure", [["portico space open repairs-9", "the place can be booked again"]]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`closure ${id}`, "DELETE /v1/closures/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["ended", id]], { ended: id });
    await tellChange(surroundings, calls, made);
  });
}

/** None, or one. @throws Failure 2 where half of it is missing */
export function timesOf({ from, until }: { readonly from?: string; readonly until?: string }): { from: string; until: string }[] {
  if (from === undefined && until === undefined) return [];
  if (from === undefined || until === undefined)
    throw new Failure(EXIT.usage, "half of the time is missing", `--${from === undefined ? "from" : "until"}`, "give both, or for a course neither");
  return [{ from, until }];
}
