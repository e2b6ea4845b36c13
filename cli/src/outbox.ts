import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, timeOrLimit, withReason } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type Message = RouteAnswer<"GET /v1/outbox">["items"][number];
type Kind = RouteAnswer<"GET /v1/message-kinds">["items"][number];
const STATES = ["waiting", "sent", "failed", "off"] as const;

const COLUMNS: readonly Column<Message>[] = [
  { heading: "MESSAGE", cell: ({ id }) => id },
  { heading: "KIND", cell: ({ kind }) => kind },
  { heading: "BY", cell: ({ channel }) => channel },
  { heading: "TO", cell: ({ to }) => to },
  { heading: "STATE", cell: ({ state }) => state },
  { heading: "SINCE", cell: ({ createdAt, settledAt }) => timeOrLimit(settledAt ?? createdAt) },
  { heading: "NEXT TRY", cell: ({ nextTry }) => (nextTry === null ? "" : timeOrLimit(nextTry)) },
  { heading: "WHY", cell: ({ why }) => why },
];
const KIND_COLUMNS: readonly Column<Kind>[] = [
  { heading: "KIND", cell: ({ kind }) => kind },
  { heading: "ON", cell: ({ isOn }) => (isOn ? "yes" : "no") },
  { heading: "OFF SINCE", cell: ({ offSince, offBy }) => (offSince === null ? "" : `${timeOrLimit(offSince)} by ${offBy}`) },
  { heading: "WHAT", cell: ({ names }) => `${names.en} / ${names.zh}` },
];

/** `portico outbox`: mail and SMS of the cloud. */
export const outboxNoun = (surroundings: Surroundings): Command =>
  noun(
    "outbox",
    "mail and SMS that the cloud sends to people: what waits, and why",
    [
      ["portico outbox list", "what waits, and why"],
      ["portico outbox list --state failed", "what was refused for good, or came back"],
    ],
    [
      listVerb(surroundings),
      kindsVerb(surroundings),
      retryVerb(surroundings),
      bounceVerb(surroundings),
      switchVerb(surroundings, "off"),
      switchVerb(surroundings, "on"),
    ],
  );

function listVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions & { readonly state: Message["state"] | "all"; readonly kind?: string };
  const command = verb("list", "what waits to be sent and why; with --state what was sent, failed or is off", [
    ["portico outbox list", "without a mail server it says so here"],
    ["portico outbox list --state sent --kind repair.dispatched", "what was sent of one kind in the last 30 days"],
  ])
    .addOption(new Option("--state <state>", "those in this state").choices([...STATES, "all"]).default("waiting"))
    .addOption(new Option("--kind <kind>", "only this kind: portico outbox kinds"));
  return cloudVerb(surroundings, command, async (calls, { format, state, kind }: Options) => {
    const which = { ...(state === "all" ? {} : { state }), ...(kind === undefined ? {} : { kind }) };
    const all = await everyPage((after) => calls.ask("outbox", "GET /v1/outbox", { query: { ...which, ...(after === undefined ? {} : { after }) } }));
    writeRows(surroundings.terminal, format, COLUMNS, all);
  });
}

function kindsVerb(surroundings: Surroundings): Command {
  const command = verb("kinds", "every kind of message, and which are switched off", [
    ["portico outbox kinds", "what [[sms_template]] of cloud.toml may name"],
  ]);
  return cloudVerb(surroundings, command, async (calls, { format }) => {
    const { items } = await calls.ask("kinds of messages", "GET /v1/message-kinds", {});
    writeRows(surroundings.terminal, format, KIND_COLUMNS, items);
  });
}

function retryVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions & { readonly reason: string };
  const command = verb("retry <message>", "try a message again now that waits or has failed, as the same message", [
    ["portico outbox retry 01990246-a5d0-7000-8000-0123456789ab --reason 'the mailbox was full'", "from now on for five days"],
  ]).addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "") => {
    const { value } = await calls.ask(`message ${id}`, "POST /v1/outbox/{id}/retry", { params: { id } }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [value]);
  });
}

function bounceVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions & { readonly reason: string; readonly problem: string };
  const command = verb("bounce <message>", "say that a message that was sent has come back", [
    [
      "portico outbox bounce 01990246-a5d0-7000-8000-0123456789ab --problem '550 user unknown' --reason 'returned mail'",
      "its id stands before the @ of the Message-ID",
    ],
  ])
    .addOption(new Option("--problem <text>", "what the return says, without the address").makeOptionMandatory())
    .addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "") => {
    const { problem } = options;
    const { value } = await calls.ask(`message ${id}`, "POST /v1/outbox/{id}/bounce", { params: { id }, body: { problem } }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [value]);
  });
}

function switchVerb(surroundings: Surroundings, to: "off" | "on"): Command {
  type Options = CloudVerbOptions & { readonly reason: string };
  const [what, example] =
    to === "off" ? (["send no more of a kind, nor what waits of it", "who reads their cases in the app needs no mail"] as const) : (["send a kind again, from now on", "what was held back is not sent late"] as const); // prettier-ignore
  const command = verb(`${to} <kind>`, what, [[`portico outbox ${to} repair.dispatched --reason 'asked for by the desk'`, example]]).addOption(
    cloudReason(true),
  );
  return cloudVerb(surroundings, command, async (calls, options: Options, kind = "") => {
    const { value } = await calls.ask(`kind ${kind}`, "PUT /v1/message-kinds/{kind}", { params: { kind }, body: { isOn: to === "on" } }, withReason(options));
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "KIND", cell: ({ kind: of }) => of },
        { heading: "ON", cell: ({ isOn }) => (isOn ? "yes" : "no") },
      ],
      [value],
    );
  });
}
