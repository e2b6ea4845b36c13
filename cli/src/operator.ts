import { CAPABILITIES } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type CloudOptions, cloudClientFor, cloudOptions } from "./cloud-client.ts";
import { keyGiven } from "./cloud-key.ts";
import { instantOption, tellChange } from "./cloud-verb.ts";
import { logInVerb } from "./operator-log-in.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { formatOption, noun, reasonOption, verb } from "./verb.ts";

type OperatorTold = RouteAnswer<"GET /v1/operators">["items"][number];
type DelegationTold = RouteAnswer<"GET /v1/delegations">["items"][number];

interface AskedOptions extends CloudOptions {
  readonly reason: string;
  readonly format?: Format;
}

const OPERATORS: readonly Column<OperatorTold>[] = [
  { heading: "OPERATOR", cell: ({ id }) => id },
  { heading: "NAME", cell: ({ name }) => name },
  { heading: "ROLE", cell: ({ role }) => role ?? "" },
  { heading: "ACCOUNT", cell: ({ account }) => account ?? "" },
  { heading: "UNTIL", cell: ({ until }) => until ?? "" },
  { heading: "ENDED", cell: ({ endedAt }) => endedAt ?? "" },
];
const DELEGATIONS: readonly Column<DelegationTold>[] = [
  { heading: "DELEGATION", cell: ({ id }) => id },
  { heading: "HELD BY", cell: ({ operator }) => operator },
  { heading: "PLACES", cell: ({ zones, accessPoints }) => [...zones.map((zone) => `zone ${zone}`), ...accessPoints].join(", ") },
  { heading: "MAY GRANT", cell: ({ capabilities, mayDelegate }) => [...capabilities, ...(mayDelegate ? ["and delegate"] : [])].join(" ") },
  { heading: "UNTIL", cell: ({ until }) => until },
  { heading: "GIVEN BY", cell: ({ givenBy }) => givenBy },
  { heading: "ENDED", cell: ({ endedAt }) => endedAt ?? "" },
];

/** `portico operator`: who runs access at the campus, and what of it is delegated to whom. */
export function operatorNoun(surroundings: Surroundings): Command {
  return noun(
    "operator",
    "who runs access at the campus, and what of it is delegated",
    [
      ["portico operator add liwei --name 李卫 --role guard --reason 'new at gate 1'", "somebody who may what guards may, everywhere"],
      ["portico operator delegate warden-east --zone east --capability pass --until 2027-07-01 --reason 'hall east'", "somebody's own places, up to a date"],
    ],
    [
      listVerb(surroundings),
      addVerb(surroundings),
      keyVerb(surroundings),
      logInVerb(surroundings),
      endVerb(surroundings),
      delegationsVerb(surroundings),
      delegateVerb(surroundings),
      undelegateVerb(surroundings),
    ],
  );
}

const asked = (command: Command): Command => cloudOptions(command).addOption(reasonOption()).addOption(formatOption());
const looked = (command: Command): Command => cloudOptions(command).addOption(formatOption());
const untilOption = (): Option => new Option("--until <date>", "when it ends: a date such as 2027-07-01, or a time with its offset").argParser(instantOption);
const several = (text: string, before: readonly string[]): readonly string[] => [...before, text];

function listVerb(surroundings: Surroundings): Command {
  return looked(
    verb("list", "show the operators, those whose part has ended too", [["portico operator list", "a table on a terminal, JSON lines in a pipe"]]),
  ).action(async ({ format, ...options }: AskedOptions) => {
    const { items } = await (await cloudClientFor(surroundings, options)).ask("operators", "GET /v1/operators", {});
    writeRows(surroundings.terminal, format, OPERATORS, items);
  });
}

interface AddOptions extends AskedOptions {
  readonly name: string;
  readonly role?: NonNullable<OperatorTold["role"]>;
  readonly account?: string;
  readonly until?: string;
}
function addVerb(surroundings: Surroundings): Command {
  const command = verb("add <operator>", "make an operator, or make one say this; the id stands in the audit", [
    ["portico operator add liwei --name 李卫 --role guard --account liwei@example.edu --reason 'new at gate 1'", "may what guards may, everywhere"],
    ["portico operator add warden-east --name 王芳 --reason 'hall east'", "may only what is delegated to it"],
  ])
    .addOption(new Option("--name <name>", "what people call the operator").makeOptionMandatory())
    .addOption(
      new Option("--role <role>", "what it may everywhere (default: only what is delegated to it)").choices([
        "view",
        "guard",
        "operate",
        "commission",
        "admin",
      ]),
    ) // prettier-ignore
    .addOption(new Option("--account <mail>", "whole mail address of the campus account"))
    .addOption(untilOption());
  return asked(command).action(async (id: string, { name, role, account, until, reason, format, ...options }: AddOptions) => {
    const body = { name, role: role ?? null, account: account ?? null, until: until ?? null };
    const calls = await cloudClientFor(surroundings, options);
    const { value } = await calls.ask(`operator ${id}`, "PUT /v1/operators/{id}", { params: { id }, body }, { reason });
    writeFacts(surroundings.terminal, format, operatorFacts(value), value);
  });
}

interface KeyOptions extends AskedOptions {
  readonly publicKey: string;
  readonly until?: string;
}
function keyVerb(surroundings: Surroundings): Command {
  const command = verb("key <operator>", "let an operator in by the public half of a key that it has made", [
    ["portico operator key liwei --public-key liwei.pub.pem --reason 'his laptop'", "a PEM file, or 64 hex digits"],
  ])
    .addOption(new Option("--public-key <key>", "Ed25519: 64 hex digits, or a file with these or with PEM").makeOptionMandatory())
    .addOption(untilOption());
  return asked(command).action(async (id: string, { publicKey, until, reason, format, ...options }: KeyOptions) => {
    const body = { publicKey: Buffer.from(keyGiven(surroundings, publicKey)).toString("hex"), until: until ?? null };
    const calls = await cloudClientFor(surroundings, options);
    const { value } = await calls.ask(`operator ${id}`, "POST /v1/operators/{id}/keys", { params: { id }, body }, { reason });
    writeFacts(surroundings.terminal, format, [["key id", value.key], ["operator", id], ["public", body.publicKey]], { ...value, operator: id, ...body }); // prettier-ignore
  });
}

function endVerb(surroundings: Surroundings): Command {
  const command = verb("end <operator>", "end an operator at once: keys, delegations, and the grants that it gave", [
    ["portico operator end liwei --successor wangfang --reason 'has left'", "wangfang takes over what he granted campus-wide"],
    ["portico operator end liwei --reason 'laptop stolen'", "what he granted ends with him"],
  ]).addOption(new Option("--successor <operator>", "who takes over its campus-wide grants (default: nobody, they end)"));
  return asked(command).action(async (id: string, { successor, reason, format, ...options }: AskedOptions & { readonly successor?: string }) => {
    const calls = await cloudClientFor(surroundings, options);
    const parts = { params: { id }, body: { successor: successor ?? null } };
    const made = await calls.ask(`operator ${id}`, "POST /v1/operators/{id}/end", parts, { reason });
    const { value } = made;
    const { operator, delegations, grants } = value;
    const went = successor === undefined ? "grants ended" : "grants handed over or ended";
    writeFacts(surroundings.terminal, format, [...operatorFacts(operator), ["delegations ended", `${delegations}`], [went, `${grants}`]], value);
    await tellChange(surroundings, calls, made);
  });
}

function delegationsVerb(surroundings: Surroundings): Command {
  const command = verb("delegations", "show what is delegated to whom; a delegated administrator sees what is his and what was made of it", [
    ["portico operator delegations", "those that have ended too"],
  ]);
  return looked(command).action(async ({ format, ...options }: AskedOptions) => {
    const { items } = await (await cloudClientFor(surroundings, options)).ask("delegations", "GET /v1/delegations", {});
    writeRows(surroundings.terminal, format, DELEGATIONS, items);
  });
}

interface DelegateOptions extends AskedOptions {
  readonly zone: readonly string[];
  readonly place: readonly string[];
  readonly capability: readonly DelegationTold["capabilities"][number][];
  readonly mayDelegate?: true;
  readonly until: string;
}
function delegateVerb(surroundings: Surroundings): Command {
  const command = verb("delegate <operator>", "delegate some places, some capabilities, up to a date: never more than one holds", [
    [
      "portico operator delegate warden-east --zone east --capability pass --capability unlock --until 2027-07-01 --reason 'hall east'",
      "a zone, with its future doors",
    ],
    [
      "portico operator delegate deputy --place lab-3 --capability pass --until 2026-12-24 --reason 'my holiday'",
      "one door; no further than the one who delegates",
    ],
  ])
    .addOption(new Option("--zone <zone>", "a whole zone, with the doors that it will get; repeat for each").default([] as string[], "none").argParser(several))
    .addOption(new Option("--place <access point>", "one access point; repeat for each").default([] as string[], "none").argParser(several))
    .addOption(
      new Option("--capability <capability>", "what it may grant; repeat for each").default([] as string[], "none: look and review").argParser(capabilities),
    ) // prettier-ignore
    .addOption(new Option("--may-delegate", "it may be passed on"))
    .addOption(untilOption().makeOptionMandatory());
  return asked(command).action(async (operator: string, { zone, place, capability, mayDelegate, until, reason, format, ...options }: DelegateOptions) => {
    const body = { operator, zones: [...zone], accessPoints: [...place], capabilities: [...capability], mayDelegate: mayDelegate === true, until };
    const calls = await cloudClientFor(surroundings, options);
    const { value } = await calls.ask(`operator ${operator}`, "POST /v1/delegations", { body }, { reason });
    writeFacts(surroundings.terminal, format, DELEGATIONS.map((column) => [column.heading.toLowerCase(), column.cell(value)] as const), value); // prettier-ignore
  });
}

function undelegateVerb(surroundings: Surroundings): Command {
  const command = verb("undelegate <delegation>", "end a delegation, with what was passed on from it and every grant that any of these gave", [
    ["portico operator undelegate 01990246-a5d0-7000-8000-0123456789ab --reason 'hall closed'", "the id that delegations shows"],
  ]);
  return asked(command).action(async (id: string, { reason, format, ...options }: AskedOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const made = await calls.ask(`delegation ${id}`, "POST /v1/delegations/{id}/end", { params: { id } }, { reason });
    const { value } = made;
    writeFacts(surroundings.terminal, format, [["delegations ended", `${value.delegations}`], ["grants ended", `${value.grants}`]], { id, ...value }); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

const operatorFacts = ({ id, name, role, account, until, endedAt }: OperatorTold): readonly (readonly [string, string])[] => [
  ["operator", id],
  ["name", name],
  ["role", role ?? "none: only what is delegated to it"],
  ...(account === null ? [] : [["account", account] as const]),
  ...(until === null ? [] : [["until", until] as const]),
  ...(endedAt === null ? [] : [["ended", endedAt] as const]),
];

function capabilities(text: string, before: readonly string[]): readonly string[] {
  if ((CAPABILITIES as readonly string[]).includes(text)) return [...before, text];
  throw new InvalidArgumentError(`One of ${CAPABILITIES.join(", ")} is wanted.`);
}
