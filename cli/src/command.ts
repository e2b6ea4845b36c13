import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { type CloudCalls, cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { type Example, formatOption, noun, reasonOption, verb } from "./verb.ts";

/** What may be asked of a door from afar. */
type CommandVerb = "access" | "lock" | "unlock" | "block" | "lock-down" | "lock-open" | "double-lock" | "release";
interface CommandOptions extends CloudOptions {
  readonly controller?: string;
  readonly reason: string;
  readonly format?: Format;
}

const VERBS: readonly { readonly word: CommandVerb; readonly does: string; readonly example: Example }[] = [
  { word: "access", does: "let one person through a door, from afar", example: ["portico command access library --controller library --reason 'parcel'", "within 10 s or not at all"] },
  { word: "lock", does: "set a door back to normal, from afar", example: ["portico command lock library --controller library --reason 'open day over'", "locked, opened by grants"] },
  { word: "unlock", does: "keep a door unlocked, from afar", example: ["portico command unlock gate-1/entry --controller gates --reason 'open day'", "until it is locked again"] },
  { word: "block", does: "let a door refuse everybody, from afar", example: ["portico command block gate-1 --controller gates --reason 'glass broken'", "both directions of a turnstile"] },
  { word: "lock-down", does: "lock a door down, from afar", example: ["portico command lock-down library --controller library --reason 'intruder'", "release alone ends it"] },
  { word: "lock-open", does: "keep a door open, from afar", example: ["portico command lock-open library --controller library --reason 'moving house'", "release alone ends it"] },
  { word: "double-lock", does: "lock a door with both bolts, from afar", example: ["portico command double-lock library --controller library --reason 'holidays'", "where it has two"] },
  { word: "release", does: "end a lock-down or a lock-open, from afar", example: ["portico command release library --controller library --reason 'all clear'", "locked again, grants open it"] },
]; // prettier-ignore

/** `portico command`: doors moved from afar, through the cloud. On the controller itself `portico door` does the same. */
export function commandNoun(surroundings: Surroundings): Command {
  return noun(
    "command",
    "doors moved from afar, through the cloud; on the controller itself: portico door",
    [["portico command access library --controller library --reason 'parcel'", "and what became of it"]],
    [...VERBS.map((each) => commandVerb(surroundings, each)), ...ZONE_VERBS.map((each) => zoneVerb(surroundings, each)), lockdownsVerb(surroundings)],
  );
}

const ZONE_VERBS: readonly { readonly word: "lockdown" | "lockdown-release" | "drill" | "drill-end" | "relock"; readonly does: string; readonly example: Example }[] = [
  { word: "lockdown", does: "hold every door of a zone, at every controller that follows it", example: ["portico command lockdown east --reason 'intruder'", "ways out and fire stay free"] },
  { word: "lockdown-release", does: "end a lockdown of a zone", example: ["portico command lockdown-release east --reason 'all clear'", "each door is as it was set"] },
  { word: "drill", does: "free every door of a zone as a fire would; what they say is marked", example: ["portico command drill east --reason 'autumn drill'", "nobody is alarmed"] },
  { word: "drill-end", does: "end a drill in a zone; its doors stay free until relock", example: ["portico command drill-end east --reason 'over'", "then relock"] },
  { word: "relock", does: "have doors that fire or a drill has freed locked again", example: ["portico command relock east --reason 'fire brigade has left'", "portico fire status, at each, tells what is not shut"] },
]; // prettier-ignore

function zoneVerb(surroundings: Surroundings, { word, does, example }: (typeof ZONE_VERBS)[number]): Command {
  const command = verb(`${word} <zone>`, does, [example]).addOption(reasonOption()).addOption(formatOption());
  return cloudOptions(command).action(async (zone: string, options: CloudOptions & { readonly reason: string; readonly format?: Format }) => {
    const calls = await cloudClientFor(surroundings, options);
    const on = `${word} of zone ${zone}`;
    const { value } = await calls.ask(on, "POST /v1/zones/{id}/commands", { params: { id: zone }, body: { verb: word } }, { reason: options.reason });
    writeRows(surroundings.terminal, options.format, ZONE_COLUMNS, value.commands);
    const unheard = value.commands.filter(({ outcome }) => outcome === "unheard").map(({ controller }) => controller);
    if (unheard.length > 0) throw new Failure(EXIT.unreachable, `not heard: ${unheard.join(", ")}; their doors are as they were`, on, word.startsWith("lockdown") ? "each is told as soon as it is back; until then act there: portico lockdown start|release --zone" : "ask again when they are back, or act there"); // prettier-ignore
    if (value.commands.some(({ outcome }) => outcome !== "acted")) throw new Failure(EXIT.refused, "not every controller did it", on, "docs/feed-and-events.md, Commands, says what a refusal means"); // prettier-ignore
  });
}

const ZONE_COLUMNS: readonly Column<{ readonly controller: string; readonly outcome: string; readonly error: string | null; readonly detail: string }>[] = [
  { heading: "CONTROLLER", cell: (row) => row.controller },
  { heading: "OUTCOME", cell: (row) => row.error ?? row.outcome },
  { heading: "DETAIL", cell: (row) => row.detail },
];

function lockdownsVerb(surroundings: Surroundings): Command {
  const command = verb("lockdowns", "which zones are locked down from here, and who has not heard of it", [
    ["portico command lockdowns", "waiting: told as soon as it is back"],
  ]).addOption(formatOption());
  return cloudOptions(command).action(async (options: CloudOptions & { readonly format?: Format }) => {
    const calls = await cloudClientFor(surroundings, options);
    const { items } = await calls.ask("lockdowns", "GET /v1/lockdowns", {});
    writeRows(surroundings.terminal, options.format, LOCKDOWN_COLUMNS, items);
  });
}

const LOCKDOWN_COLUMNS: readonly Column<RouteAnswer<"GET /v1/lockdowns">["items"][number]>[] = [
  { heading: "ZONE", cell: (row) => row.zone },
  { heading: "WHAT", cell: (row) => row.verb },
  { heading: "SINCE", cell: (row) => row.since },
  { heading: "BY", cell: (row) => row.by },
  { heading: "REASON", cell: (row) => row.reason },
  { heading: "WAITING", cell: (row) => row.waiting.join(", ") },
];

function commandVerb(surroundings: Surroundings, { word, does, example }: (typeof VERBS)[number]): Command {
  const command = verb(`${word} <door>`, does, [example])
    .addOption(new Option("--controller <id>", "the controller that has the door (default: the only one there is)"))
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (door: string, options: CommandOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const controller = options.controller ?? (await onlyController(calls));
    const on = `${word} at ${door} of controller ${controller}`;
    const { value } = await calls.ask(
      on,
      "POST /v1/controllers/{id}/commands",
      { params: { id: controller }, body: { target: door, verb: word } },
      { reason: options.reason },
    );
    writeFacts(
      surroundings.terminal,
      options.format,
      [["command", value.id], ["outcome", value.error ?? value.outcome], ...(value.detail === "" ? [] : [["detail", value.detail] as const])],
      { controller, target: door, verb: word, ...value },
    );
    if (value.outcome === "acted") return;
    if (value.outcome === "unheard") throw new Failure(EXIT.unreachable, `the controller was not heard: ${value.detail}; the command can no longer be carried out`, on, "see whether it is connected: portico controller list"); // prettier-ignore
    throw new Failure(
      EXIT.refused,
      `the controller refused: ${value.error}, ${value.detail}`,
      on,
      "docs/feed-and-events.md, Commands, says what the refusal means",
    );
  });
}

async function onlyController(calls: CloudCalls): Promise<string> {
  const { items } = await calls.ask("controllers", "GET /v1/controllers", {});
  const [only, ...others] = items.filter(({ revokedAt }) => revokedAt === null);
  if (only !== undefined && others.length === 0) return only.id;
  const named = items.map(({ id }) => id).join(", ");
  throw new Failure(EXIT.usage, "which controller has the door?", "--controller", only === undefined ? "no controller is there yet" : `name one of ${named}`);
}
