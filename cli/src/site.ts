import { type Command, Option } from "commander";
import type { MusterRow, SiteActRow, SiteRow, SiteVerb, StandingRow } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeRows } from "./table.ts";
import { timeText } from "./time-text.ts";
import { byOption, type Example, formatOption, noun, reasonOption, verb } from "./verb.ts";

/** One verb upon a zone, or upon every door of a controller. */
interface Act {
  readonly word: string;
  readonly verb: SiteVerb;
  readonly does: string;
  /** Behind how many doors. */
  readonly done: string;
  /** What the doors are not, that are named. */
  readonly not: string;
  /** Where such doors are as they have to be by now: what comes next. Else they fail the command. */
  readonly next?: string;
  readonly examples: readonly Example[];
}

const LOCKDOWN: readonly Act[] = [
  {
    word: "start",
    verb: "lockdown",
    does: "hold every door of a zone, or of this controller; ways out and fire stay free",
    done: "are held",
    not: "not held",
    examples: [
      ["portico lockdown start --all --reason 'intruder'", "every door of this controller; no network is needed"],
      ["portico lockdown start --zone east --reason 'intruder'", "its doors in that zone"],
    ],
  },
  {
    word: "release",
    verb: "lockdown-release",
    does: "end a lockdown: each door is as it was set",
    done: "are released",
    not: "still held",
    examples: [["portico lockdown release --all --reason 'all clear'", "by whom and why stands in the log"]],
  },
];
const DRILL: readonly Act[] = [
  {
    word: "start",
    verb: "drill",
    does: "free every door of a zone, or of this controller, as a fire would; what they say is marked and alarms nobody",
    done: "are free for a drill",
    not: "not known to be free",
    examples: [["portico drill start --all --reason 'autumn drill'", "portico muster tells who is inside"]],
  },
  {
    word: "end",
    verb: "drill-end",
    does: "end a drill; its doors stay free until portico fire relock",
    done: "had a drill; they are free until they are locked again",
    not: "not shut",
    next: "look around, then portico fire relock",
    examples: [["portico drill end --all", "then look around, and portico fire relock"]],
  },
];
const FIRE: readonly Act[] = [
  {
    word: "relock",
    verb: "relock",
    does: "have the doors that a fire or a drill has freed locked again, and name those that are not shut",
    done: "are locked again",
    not: "not shut or not locked",
    examples: [["portico fire relock --all --reason 'fire brigade has left'", "refused as long as a fire or a drill lasts there"]],
  },
];

/** `portico lockdown`: every door held at once. */
export const lockdownNoun = (surroundings: Surroundings): Command =>
  nounOf(
    surroundings,
    "lockdown",
    "every door of a zone or controller held at once; from afar: portico command lockdown",
    LOCKDOWN,
    ({ lockdowns }) => lockdowns,
  );

/** `portico drill`: doors as in a fire, without one. */
export const drillNoun = (surroundings: Surroundings): Command =>
  nounOf(surroundings, "drill", "doors as in a fire, without one", DRILL, ({ drills }) => drills);

/** `portico fire`: what is left to do behind one. */
export const fireNoun = (surroundings: Surroundings): Command => nounOf(surroundings, "fire", "what is left to do behind a fire or a drill", FIRE, () => []);

function nounOf(surroundings: Surroundings, name: string, about: string, acts: readonly Act[], lasting: (site: SiteRow) => readonly StandingRow[]): Command {
  return noun(
    name,
    about,
    acts.flatMap(({ examples }) => examples.slice(0, 1)),
    [...acts.map((act) => actVerb(surroundings, act)), statusVerb(surroundings, name, lasting)],
  );
}

const MUSTER_COLUMNS = (zone: string | undefined): readonly Column<MusterRow>[] => [
  { heading: "PLACE", cell: (row) => row.place },
  { heading: "HOLDER", cell: (row) => `${row.holder}` },
  { heading: "CREDENTIAL", cell: (row) => row.credential },
  { heading: "SINCE", cell: (row) => timeText(row.since, zone) },
  { heading: "PERSONS", cell: (row) => `${row.persons}` },
  { heading: "HOW SURE", cell: (row) => (row.why === "" ? row.sureness : `${row.sureness}: ${row.why}`) },
];

/** `portico muster`: who is inside. */
export function musterCommand(surroundings: Surroundings): Command {
  const command = verb("muster", "list who is inside, since when and how sure that is, from this controller alone", [
    ["portico muster", "whom areas count, and who came in by a door without one and was not seen to go"],
    ["portico muster --place lab", "of one area or door"],
  ])
    .addOption(new Option("--place <id>", "one area or door"))
    .addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly place?: string; readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const rows = await client.ask("GET /v1/muster", {});
    writeRows(surroundings.terminal, options.format, MUSTER_COLUMNS(client.zone), options.place === undefined ? rows : rows.filter(({ place }) => place === options.place)); // prettier-ignore
  });
}

type ActOptions = ControllerOptions & { readonly zone?: string; readonly all?: true; readonly reason: string; readonly by: string; readonly format?: Format };

function actVerb(surroundings: Surroundings, act: Act): Command {
  const command = verb(act.word, act.does, act.examples)
    .addOption(new Option("--zone <zone>", "the doors of this zone"))
    .option("--all", "every door of this controller")
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  return controllerOptions(command).action(async (options: ActOptions) => {
    const { by, reason, zone = null, all } = options;
    if ((zone === null) === (all === undefined))
      throw new Failure(EXIT.usage, "which doors are meant is not clear", act.verb, "give --zone <zone>, or --all for every door of this controller");
    const client = await clientFor(surroundings, options);
    tell(surroundings, options.format, act, await client.ask("POST /v1/site/:verb", { params: { verb: act.verb }, body: { by, reason, zone } }));
  });
}

/** Says what became of it. Where a door is not as was asked, the exit code says so too. */
function tell({ terminal }: Surroundings, format: Format | undefined, { verb: word, done, not, next }: Act, row: SiteActRow): void {
  const { zone, doors, exceptions } = row;
  if (chosenFormat(terminal, format) === "jsonl") terminal.out(`${JSON.stringify(row)}\n`);
  else terminal.out([`${doors} doors ${done}: ${zone ?? "every door"}`, ...exceptions.map(({ door, why }) => `  ${not}: ${door} ${why}`)].join("\n") + "\n");
  if (next !== undefined) terminal.err(`next: ${next}\n`);
  else if (exceptions.length > 0)
    throw new Failure(
      EXIT.refused,
      `${exceptions.length} of ${doors} doors are ${not}: ${exceptions.map(({ door }) => door).join(", ")}`,
      `${word}, ${zone ?? "every door"}`,
      "go there; portico door list says what each is doing",
    );
}

function statusVerb(surroundings: Surroundings, name: string, lasting: (site: SiteRow) => readonly StandingRow[]): Command {
  const about = name === "fire" ? "show what is free behind a fire or a drill, and what is not shut" : `show which ${name}s last, by whom and since when`;
  const command = verb("status", about, [[`portico ${name} status`, "from this controller alone"]]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const site = await client.ask("GET /v1/site", {});
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") return terminal.out(`${JSON.stringify(site)}\n`);
    const lines = lasting(site).map(
      ({ zone, by, reason, since }) => `${zone ?? "every door"}: by ${by}, since ${timeText(since, client.zone)}${reason === "" ? "" : `, ${reason}`}`,
    );
    if (name !== "fire" && lines.length === 0) lines.push(`no ${name} lasts`);
    if (site.awaiting.length > 0) lines.push(`as in the fire or drill until somebody has them locked again (portico fire relock): ${site.awaiting.join(", ")}`);
    else if (name === "fire") lines.push("no door waits to be locked again");
    if (name === "fire") lines.push(...site.open.map(({ door, why }) => `not shut and locked: ${door} ${why}`));
    terminal.out(`${lines.join("\n")}\n`);
  });
}
