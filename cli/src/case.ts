import type { RouteAnswer, RouteParts } from "@portico/cloud-sync";
import { type Command, InvalidArgumentError, Option } from "commander";
import { caseAttachVerb, caseSaveVerb } from "./case-attachment.ts";
import { caseTypeNoun } from "./case-type.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, timeOrLimit, tellChange, withReason } from "./cloud-verb.ts";
import type { CloudCalls } from "./cloud-client.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, writeFacts, writeRows } from "./table.ts";
import { printable } from "./terminal.ts";
import { noun, verb, wholeNumber } from "./verb.ts";

type Case = RouteAnswer<"GET /v1/cases/{id}">;
type Summary = RouteAnswer<"GET /v1/cases">["items"][number];
type StepBody = RouteParts<"POST /v1/cases/{id}/steps">["body"];

const COLUMNS: readonly Column<Summary>[] = [
  { heading: "CASE", cell: ({ id }) => id },
  { heading: "STATE", cell: ({ state }) => `${state.id} ${state.names.zh}` },
  { heading: "CATEGORY", cell: ({ category }) => category },
  { heading: "PLACE", cell: ({ place }) => [place.area, place.text].filter((part) => part !== null && part !== "").join(" ") },
  { heading: "TEAM", cell: ({ team }) => team ?? "" },
  { heading: "ROUND", cell: ({ round }) => String(round) },
  { heading: "OPENED", cell: ({ openedAt }) => timeOrLimit(openedAt) },
  { heading: "MOVED", cell: ({ movedAt }) => timeOrLimit(movedAt) },
];

/** `portico case`: what people report and apply for, and faults that open by themselves. */
export const caseNoun = (surroundings: Surroundings): Command =>
  noun(
    "case",
    "repairs, troubles, applications, and faults of devices",
    [
      ["portico case open --category 水 --area C1 --place '3 楼茶水间' --text 漏水 --person li", "report something for somebody"],
      ["portico case list --open --team plumbers", "what waits for a team"],
      ["portico case dispatch BX-2026-000042 --team plumbers --reason 'their turn'", "the reporter hears of it by mail, else by SMS"],
    ],
    [
      openVerb(surroundings),
      listVerb(surroundings),
      showVerb(surroundings),
      stepVerb(
        surroundings,
        "dispatch",
        "give a case to a team, or pass it on",
        "portico case dispatch BX-2026-000042 --team plumbers",
        "without --team to the one that it was routed to",
      ),
      stepVerb(
        surroundings,
        "done",
        "say that it is mended",
        "portico case done BX-2026-000042 --text 换了阀门",
        "the reporter may reject and rate for 7 days",
      ),
      stepVerb(
        surroundings,
        "reject",
        "for the reporter: it is not mended, handle it again",
        "portico case reject BX-2026-000042 --person li --text 还在漏",
        "within 7 days; a new round begins",
      ),
      stepVerb(surroundings, "rate", "for the reporter: rate it", "portico case rate BX-2026-000042 --person li --rating 5", "within 7 days of completion"),
      actVerb(surroundings),
      caseAttachVerb(surroundings),
      caseSaveVerb(surroundings),
      caseTypeNoun(surroundings),
    ],
  );

/** Who it is for: a person, or somebody known by phone only. */
const asOptions = (command: Command): Command =>
  command
    .addOption(new Option("--person <person>", "for whom, by account, phone number or id").conflicts("phone"))
    .addOption(new Option("--phone <number>", "for somebody who is known by phone only, as +8613800138000"));
interface AsOptions {
  readonly person?: string;
  readonly phone?: string;
}
async function comingAs(calls: CloudCalls, { person, phone }: AsOptions): Promise<{ person: string } | { phone: string } | null> {
  if (phone !== undefined) return { phone };
  return person === undefined ? null : { person: (await personMeant(calls, person)).id };
}

function openVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions &
    AsOptions & {
      readonly type?: string;
      readonly category: string;
      readonly text: string;
      readonly area?: string;
      readonly place?: string;
      readonly set: Readonly<Record<string, string>>;
      readonly name?: string;
      readonly reason?: string;
    };
  const command = verb("open", "report or apply for something", [
    ["portico case open --category 水 --area C1 --place '3 楼茶水间' --text 漏水 --person li", "goes to the team that takes it"],
    ["portico case open --category 校园卡 --type unfreeze --set credential=1eb73f7ee8a4244d --person li", "what a type asks for: portico case type list"],
    ["portico case open --category 其他-其他 --text 丢了雨伞 --phone +8613800138000", "somebody who is known by phone only"],
  ])
    .addOption(new Option("--category <category>", "what it is about: portico case type list names them").makeOptionMandatory())
    .addOption(new Option("--type <type>", "where a category has several types (default: a report)"))
    .addOption(new Option("--text <text>", "what is wrong").default("", "nothing"))
    .addOption(new Option("--area <area>", "building or area, such as C1"))
    .addOption(new Option("--place <text>", "where exactly"))
    .addOption(new Option("--set <field=answer>", "an answer of the type's form; repeat for each").default({}, "none").argParser(answer))
    .addOption(new Option("--name <name>", "of somebody who is known by phone only"))
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, asOptions(command), async (calls, options: Options) => {
    const { type, category, text, area, place, set, name } = options;
    const coming = await comingAs(calls, options);
    const reporter = coming !== null && "phone" in coming && name !== undefined ? { ...coming, name } : coming;
    const said = area === undefined && place === undefined ? null : { area: area ?? null, text: place ?? area! };
    const body = { ...(type === undefined ? {} : { type }), category, description: text, place: said, beacons: null, form: { ...set }, reporter };
    const { value } = await calls.ask(`case of ${category}`, "POST /v1/cases", { body }, withReason(options));
    writeCase(surroundings, options, value);
  });
}

function answer(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("field=answer is wanted.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function listVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions &
    AsOptions & {
      readonly team?: string;
      readonly type?: string;
      readonly category?: string;
      readonly state?: string;
      readonly open?: true;
      readonly limit: number;
    };
  const command = verb("list", "cases, the newest first", [
    ["portico case list --person li", "somebody's own"],
    ["portico case list --open --team plumbers", "what waits for a team"],
    ["portico case list --type device-fault --open", "faults that last, or were not looked at"],
  ])
    .addOption(new Option("--team <team>", "those of a team"))
    .addOption(new Option("--type <type>", "those of a type"))
    .addOption(new Option("--category <category>", "those of a category"))
    .addOption(new Option("--state <state>", "those in this state now"))
    .option("--open", "only those in which something is left to be done")
    .addOption(new Option("--limit <count>", "at most so many").default(100).argParser(wholeNumber(1, 1000)));
  return cloudVerb(surroundings, asOptions(command), async (calls, options: Options) => {
    const coming = await comingAs(calls, options);
    const { team, type, category, state, open, limit } = options;
    const asked = { limit, team, type, category, state, ...coming, ...(open === true ? { open: "yes" as const } : {}) };
    const query = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    const { items } = await calls.ask("cases", "GET /v1/cases", { query });
    writeRows(surroundings.terminal, options.format, COLUMNS, items);
  });
}

function showVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions & AsOptions;
  const command = verb("show <case>", "one case with its whole history, and what may be done now", [
    ["portico case show BX-2026-000042", "as you see it"],
    ["portico case show BX-2026-000042 --person li", "what its reporter may do now"],
  ]);
  return cloudVerb(surroundings, asOptions(command), async (calls, options: Options, id = "") => {
    const coming = await comingAs(calls, options);
    writeCase(surroundings, options, await calls.ask(`case ${id}`, "GET /v1/cases/{id}", { params: { id }, query: coming ?? {} }));
  });
}

type StepOptions = CloudVerbOptions &
  AsOptions & {
    readonly text?: string;
    readonly rating?: number;
    readonly team?: string;
    readonly area?: string;
    readonly place?: string;
    readonly category?: string;
    readonly reason?: string;
  };
const stepOptions = (command: Command): Command =>
  asOptions(command).addOption(new Option("--text <text>", "what is to be said with it")).addOption(cloudReason(false));

function stepVerb(surroundings: Surroundings, transition: "dispatch" | "done" | "reject" | "rate", does: string, example: string, what: string): Command {
  const command = stepOptions(verb(`${transition} <case>`, does, [[example, what]]));
  if (transition === "dispatch") command.addOption(new Option("--team <team>", "who handles it (default: the team that it lies with)"));
  if (transition === "rate") command.addOption(new Option("--rating <1-5>", "5 is best").argParser(wholeNumber(1, 5)).makeOptionMandatory());
  return cloudVerb(surroundings, command, (calls, options: StepOptions, id = "") => step(surroundings, calls, options, id, transition));
}

function actVerb(surroundings: Surroundings): Command {
  const command = stepOptions(
    verb("act <case> <step>", "take any step that a case's type has: approve, unfreeze, refuse, withdraw, correct, remark …", [
      ["portico case act JD-2026-000007 unfreeze --reason 'id checked'", "portico case show names what may be done now"],
      ["portico case act BX-2026-000042 correct --area C2 --place '5 楼' --category 电", "goes to the team that takes it there"],
      ["portico case act BX-2026-000042 withdraw --person li", "for its reporter"],
    ]),
  )
    .addOption(new Option("--rating <1-5>", "where the step asks for one").argParser(wholeNumber(1, 5)))
    .addOption(new Option("--team <team>", "where the step asks for one"))
    .addOption(new Option("--area <area>", "put right: building or area"))
    .addOption(new Option("--place <text>", "put right: where exactly"))
    .addOption(new Option("--category <category>", "put right: what it is about"));
  return cloudVerb(surroundings, command, (calls, options: StepOptions, id = "", transition = "") => step(surroundings, calls, options, id, transition));
}

async function step(surroundings: Surroundings, calls: CloudCalls, options: StepOptions, id: string, transition: string): Promise<void> {
  const { text, rating, team, area, place, category } = options;
  const body: StepBody = {
    transition,
    as: await comingAs(calls, options),
    ...(text === undefined ? {} : { text }),
    ...(rating === undefined ? {} : { rating }),
    ...(team === undefined ? {} : { team }),
    ...(area === undefined && place === undefined ? {} : { place: { area: area ?? null, text: place ?? area! } }),
    ...(category === undefined ? {} : { category }),
  };
  const made = await calls.ask(`case ${id}`, "POST /v1/cases/{id}/steps", { params: { id }, body }, withReason(options));
  writeCase(surroundings, options, made.value);
  // What lists nothing anew has nothing to tell of doors.
  if (Object.keys(made.value.results).length > 0) await tellChange(surroundings, calls, made);
}

function writeCase({ terminal }: Surroundings, { format }: CloudVerbOptions, one: Case): void {
  if (chosenFormat(terminal, format) === "jsonl") return terminal.out(`${JSON.stringify(one)}\n`);
  const { id, type, category, state, round, place, team, reporter, form, results, may, history, attachments, closesAt } = one;
  const where = [place.area, place.text].filter((part) => part !== null && part !== "").join(" ");
  const who = reporter === null ? "" : [reporter.name, reporter.phone, reporter.person].filter((part) => part !== null && part !== "").join(", ");
  const facts: [string, string][] = [
    ["case", `${id}, ${type.names.en} / ${type.names.zh}`],
    ["category", category],
    ["state", `${state.id} ${state.names.zh}${round > 1 ? `, round ${round}` : ""}${closesAt === null ? "" : `, closes at ${timeOrLimit(closesAt)}`}`],
    ["place", where],
    ["team", team ?? ""],
    ["reporter", who],
    ...Object.entries({ ...form, ...results }),
    ["may", may.map(({ id: way, names }) => `${way} (${names.zh})`).join(", ")],
    ...attachments.map(({ name, type: media, bytes, sha256 }): [string, string] => ["attached", `${name}, ${media}, ${bytes} bytes, ${sha256}`]),
  ];
  writeFacts(
    terminal,
    "table",
    facts.filter(([, value]) => value !== ""),
    one,
  );
  for (const { at, transition, role, actor, text, rating, to } of history) {
    const said = [text?.replaceAll("\n", " "), rating === null ? undefined : `${rating} of 5`].filter((part) => part !== undefined && part !== "").join("; ");
    terminal.out(`${printable(`${timeOrLimit(at)}  ${transition.id} ${transition.names.zh} → ${to}  ${role} (${actor})${said === "" ? "" : `: ${said}`}`)}\n`);
  }
}
