import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format, writeRows } from "./table.ts";
import { instantText, zoneText } from "./time-text.ts";
import { formatOption, verb, wholeNumber } from "./verb.ts";
import { counted } from "./counted.ts";

type CloudEvent = RouteAnswer<"GET /v1/events">["items"][number];

interface ListOptions extends CloudOptions, LanguageOptions {
  readonly format?: Format;
  readonly controller?: string;
  readonly name?: string;
  readonly from?: string;
  readonly after?: string;
  readonly limit: number;
}

/** `portico event list`: what all controllers have sent up. */
export function eventListVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show events of all controllers, from the cloud, in the order in which they came", [
    ["portico event list --name DoorForcedOpen,DoorOpenTooLong --from 2026-11-24T00:00:00+08:00", "alarms of a day"],
    ["portico event list --controller gate-house --limit 1000 | jq .text", "one controller's, for programs"],
    ["portico event list --after 1042.7", "go on behind an event: its cursor stands in the JSON lines"],
  ])
    .addOption(new Option("--controller <id>", "only events of this controller, its former machines included"))
    .addOption(new Option("--name <event,…>", "only events of these names, e.g. AccessDenied"))
    .addOption(new Option("--from <time>", "only what happened then or later, RFC 3339"))
    .addOption(new Option("--after <cursor>", "behind this place in the order of arrival"))
    .addOption(new Option("--limit <count>", "at most so many").default(100).argParser(wholeNumber(1, 100_000)))
    .addOption(formatOption());
  return cloudOptions(languageOption(command)).action(async (options: ListOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const { terminal } = surroundings;
    const { controller, name, from, limit } = options;
    const language = chosenLanguage(surroundings, options);
    const query = {
      ...(controller === undefined ? {} : { controller }),
      ...(name === undefined ? {} : { names: name }),
      ...(from === undefined ? {} : { from }),
    };
    const events: CloudEvent[] = [];
    let after = options.after;
    do {
      const page = await calls.ask("events", "GET /v1/events", { query: { ...query, ...(after === undefined ? {} : { after }), limit: Math.min(1_000, limit - events.length) } }); // prettier-ignore
      events.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined && events.length < limit);
    writeRows(
      terminal,
      options.format,
      [
        { heading: "CHAIN", cell: ({ chain }) => chain },
        { heading: "SEQ", cell: ({ seq }) => String(seq) },
        { heading: "TIME", cell: ({ at }) => (at === null ? "clock unknown" : instantText(Date.parse(at) / 1_000)) },
        { heading: "SEVERITY", cell: ({ severity }) => severity },
        { heading: "EVENT", cell: ({ text, textZh }) => ({ en: text, zh: textZh })[language] },
      ],
      events,
    );
    if (chosenFormat(terminal, options.format) === "table") terminal.err(`times in ${zoneText(undefined)}\n`);
  });
}

/** `portico event chain`: how far a controller's log is with the cloud, and whether it holds there. */
export function eventChainVerb(surroundings: Surroundings): Command {
  const command = verb("chain <controller>", "show how far a controller's log is kept in the cloud, machine by machine, and whether it holds there", [
    ["portico event chain gate-house", "exit code 1 where a chain breaks, or the controller told two stories"],
  ]).addOption(formatOption());
  return cloudOptions(command).action(async (controller: string, options: CloudOptions & { readonly format?: Format }) => {
    const calls = await cloudClientFor(surroundings, options);
    const params = { id: controller };
    const { items: chains } = await calls.ask(`controller ${controller}`, "GET /v1/controllers/{id}/events/status", { params });
    const { items: verdicts } = await calls.ask(`controller ${controller}`, "GET /v1/controllers/{id}/events/verify", { params });
    const rows = chains.map((chain) => ({ ...chain, ...verdicts.find((verdict) => verdict.chain === chain.chain) }));
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "CHAIN", cell: ({ chain }) => chain },
        { heading: "UP TO", cell: ({ seq }) => String(seq) },
        { heading: "LAST CAME", cell: ({ receivedAt }) => instantText(Date.parse(receivedAt) / 1_000) },
        { heading: "DROPPED", cell: ({ missing, gaps }) => (missing === 0 ? "none" : `${missing} in ${gaps} gaps`) },
        { heading: "TIME OVER", cell: ({ pruned, checkpoints }) => (pruned === 0 ? "none" : `${pruned} in ${counted(checkpoints, "checkpoint")}`) },
        { heading: "FORKS", cell: ({ forks }) => (forks === 0 ? "none" : String(forks)) },
        { heading: "CHAIN HOLDS", cell: ({ holds, detail }) => (holds === true ? "yes" : (detail ?? "")) },
      ],
      rows,
    );
    const bad = rows.find(({ holds, forks }) => holds !== true || forks > 0);
    if (bad !== undefined)
      throw new Failure(
        EXIT.refused,
        bad.holds === true ? "the controller's log told two stories" : `the chain breaks: ${bad.detail ?? ""}`,
        `chain ${bad.chain}`,
        "keep a copy of the cloud's store as evidence, and compare with portico event verify on the controller",
      );
  });
}

/** `portico event retention`: how long the cloud keeps what, and what it has dropped. */
export function eventRetentionVerb(surroundings: Surroundings): Command {
  const command = verb("retention", "show how many days the cloud keeps events of each kind, and since when none that came before are there", [
    ["portico event retention", "[[retention]] in cloud.toml changes it; portico cloud status tells of the last run"],
  ]).addOption(formatOption());
  return cloudOptions(command).action(async (options: CloudOptions & { readonly format?: Format }) => {
    const calls = await cloudClientFor(surroundings, options);
    const { items } = await calls.ask("retention", "GET /v1/events/retention", {});
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "EVENT", cell: ({ name }) => name },
        { heading: "DAYS", cell: ({ days }) => String(days) },
        { heading: "NONE FROM BEFORE", cell: ({ droppedBefore }) => (droppedBefore === null ? "" : instantText(Date.parse(droppedBefore) / 1_000)) },
      ],
      items,
    );
  });
}

/** `portico event copies`: phones' keys that two hold, and captures that phones have reported. */
export function eventCopiesVerb(surroundings: Surroundings): Command {
  const command = verb("copies", "show copied passes that doors have seen, and captures that phones have reported, from the cloud", [
    ["portico event copies", "what was found, and what was done about it"],
    ["portico event copies --format jsonl | jq .evidence", "the two signed passes of each"],
  ]).addOption(formatOption());
  return cloudOptions(command).action(async (options: CloudOptions & { readonly format?: Format }) => {
    const calls = await cloudClientFor(surroundings, options);
    const found: RouteAnswer<"GET /v1/copies">["items"] = [];
    for (let after: string | null = "0"; after !== null;) {
      const page: RouteAnswer<"GET /v1/copies"> = await calls.ask("copies", "GET /v1/copies", { query: { after: Number(after), limit: 1_000 } });
      found.push(...page.items);
      after = page.next;
    }
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "CREDENTIAL", cell: ({ credential }) => credential },
        { heading: "FOUND", cell: ({ kind }) => kind },
        { heading: "AT", cell: ({ at }) => instantText(Date.parse(at) / 1_000) },
        { heading: "DONE", cell: ({ outcome }) => outcome },
      ],
      found,
    );
  });
}
