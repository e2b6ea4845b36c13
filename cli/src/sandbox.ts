import { Argument, type Command, Option } from "commander";
import { FAILURES, REFUSALS } from "@portico/simulator/sandbox-tables";
import type { ChosenPerson, Paid, Scanned, SandboxStatus } from "@portico/simulator/sandbox";
import { EXIT, Failure } from "./failure.ts";
import { askSandbox, sandboxOptions, type SandboxPlaceOptions } from "./sandbox-place.ts";
import { sandboxRunVerb } from "./sandbox-run.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { formatOption, noun, verb, wholeNumber } from "./verb.ts";

type Options = SandboxPlaceOptions & { readonly format?: Format };

/** `portico sandbox`: what a backend's developer works against. */
export function sandboxNoun(surroundings: Surroundings): Command {
  const command = noun(
    "sandbox",
    "a stand-in for a backend's developers: a cloud with people, doors, and failures on demand",
    [
      ["portico sandbox", "start it: the same as portico sandbox run"],
      ["portico sandbox fail unavailable --requests 5", "the next five requests are answered 503"],
      ["portico sandbox refuse PassExpired", "a door refuses somebody"],
      ["portico sandbox reset", "everything is again as the seed made it"],
    ],
    [],
  );
  command.addCommand(sandboxRunVerb(surroundings), { isDefault: true });
  for (const each of [statusVerb, peopleVerb, failVerb, healVerb, scanVerb, refuseVerb, logInAsVerb, payVerb, resetVerb])
    command.addCommand(each(surroundings));
  return command;
}

function statusVerb(surroundings: Surroundings): Command {
  const command = verb("status", "where the sandbox is, and what goes wrong in it", [["portico sandbox status", "failures that are on stand last"]]);
  return sandboxOptions(command.addOption(formatOption())).action(async (options: Options) => {
    tell(surroundings, options, await askSandbox<SandboxStatus>(surroundings, options, "GET", ""));
  });
}

interface Row {
  readonly person: string;
  readonly name: string;
  readonly account: string;
  readonly audience: string;
  readonly carries: readonly string[];
  readonly is: string | null;
}
const COLUMNS: readonly Column<Row>[] = [
  { heading: "PERSON", cell: ({ person }) => person },
  { heading: "NAME", cell: ({ name }) => name },
  { heading: "AUDIENCE", cell: ({ audience }) => audience },
  { heading: "CARRIES", cell: ({ carries }) => carries.join(", ") },
  { heading: "ACCOUNT", cell: ({ account }) => account },
  { heading: "WHO", cell: ({ is }) => is ?? "" },
];

function peopleVerb(surroundings: Surroundings): Command {
  const command = verb("people", "everybody there is, and what each carries", [["portico sandbox people", "those who stand for something first"]]);
  return sandboxOptions(command.addOption(formatOption())).action(async (options: Options) => {
    writeRows(surroundings.terminal, options.format, COLUMNS, await askSandbox<readonly Row[]>(surroundings, options, "GET", "/people"));
  });
}

interface FailOptions extends Options {
  readonly ms?: number;
  readonly requests?: number;
  readonly retryAfter?: number;
  readonly seconds?: number;
  readonly status?: number;
}

function failVerb(surroundings: Surroundings): Command {
  const command = verb("fail <failure>", "have something go wrong until it is healed", [
    ["portico sandbox fail slow --ms 5000", "every answer comes 5 s late"],
    ["portico sandbox fail unavailable --requests 3 --retry-after 2", "three requests are answered 503"],
    ["portico sandbox fail clock-skew --seconds -120", "the cloud's clock is two minutes behind"],
    ["portico sandbox fail feed-cut", "doors hear nothing from the cloud any more"],
  ])
    .addHelpText("after", `\nFailures:\n${listed(Object.fromEntries(Object.entries(FAILURES).map(([name, { does }]) => [name, does])))}`)
    .addOption(new Option("--ms <ms>", "slow: how late").argParser(wholeNumber(1, 120_000)))
    .addOption(new Option("--requests <count>", "unavailable, nonce-replayed: how many").argParser(wholeNumber(1, 100_000)))
    .addOption(new Option("--retry-after <seconds>", "unavailable: what Retry-After says").argParser(wholeNumber(0, 86_400)))
    .addOption(new Option("--seconds <seconds>", "clock-skew: by how much; below 0 behind").argParser(Number))
    .addOption(new Option("--status <status>", "webhooks-refused: what they answer").argParser(wholeNumber(400, 599)));
  return sandboxOptions(command.addOption(formatOption())).action(async (failure: string, options: FailOptions) => {
    const { ms, requests, retryAfter, seconds, status } = options;
    const settings = Object.fromEntries(Object.entries({ ms, requests, retryAfter, seconds, status }).filter(([, value]) => value !== undefined));
    tell(surroundings, options, await askSandbox<SandboxStatus>(surroundings, options, "POST", `/failures/${encodeURIComponent(failure)}`, settings));
  });
}

function healVerb(surroundings: Surroundings): Command {
  const command = verb("heal [failure]", "end a failure, or all of them", [
    ["portico sandbox heal", "everything is as it should be"],
    ["portico sandbox heal feed-cut", "the line alone"],
  ]);
  return sandboxOptions(command.addOption(formatOption())).action(async (failure: string | undefined, options: Options) => {
    const path = failure === undefined ? "/failures" : `/failures/${encodeURIComponent(failure)}`;
    tell(surroundings, options, await askSandbox<SandboxStatus>(surroundings, options, "DELETE", path));
  });
}

function scanVerb(surroundings: Surroundings): Command {
  const command = verb("scan <access-point>", "hold a phone or card before a reader, and walk through where that is granted", [
    ["portico sandbox scan gate-1-in --person li", "the code on that phone"],
    ["portico sandbox scan library-in --person wang --card", "that person's card"],
    ["portico sandbox scan gate-1-in --text 'CP1:ABC'", "anything: a pass that your backend has issued"],
  ])
    .addOption(new Option("--person <person>", "who").conflicts("text"))
    .addOption(new Option("--card", "the card, not the phone").conflicts("text"))
    .option("--text <text>", "this text");
  return sandboxOptions(command.addOption(formatOption())).action(
    async (accessPoint: string, { person, card, text, ...options }: Options & { person?: string; card?: true; text?: string }) => {
      const held = { accessPoint, ...(person === undefined ? {} : { person }), ...(card ? { showing: "card" } : {}), ...(text === undefined ? {} : { text }) };
      const scanned = await askSandbox<Scanned>(surroundings, options, "POST", "/scans", held);
      tellScan(surroundings, options, scanned);
      if (scanned.outcome === "silent")
        throw new Failure(EXIT.refused, "the reader does not answer", accessPoint, "it is dark, or had read the same a moment ago: portico sandbox status");
    },
  );
}

function refuseVerb(surroundings: Surroundings): Command {
  const command = verb("refuse", "have a door refuse somebody for a reason", [
    ["portico sandbox refuse CredentialNotEnabled", "a frozen phone"],
    ["portico sandbox refuse PassReplayed", "a code that was used in the lane beside"],
  ])
    .addHelpText("after", `\nReasons:\n${listed(REFUSALS)}`)
    .addArgument(new Argument("<reason>", "docs/deny-reasons.md").choices(Object.keys(REFUSALS)));
  return sandboxOptions(command.addOption(formatOption())).action(async (reason: string, options: Options) => {
    const scanned = await askSandbox<Scanned>(surroundings, options, "POST", `/refusals/${reason}`);
    tellScan(surroundings, options, scanned);
    if (scanned.reason !== reason)
      throw new Failure(
        EXIT.refused,
        `the door did not refuse for ${reason}`,
        scanned.accessPoint,
        "something of the sandbox was changed: portico sandbox reset",
      );
  });
}

function logInAsVerb(surroundings: Surroundings): Command {
  const command = verb("log-in-as <person>", "whoever logs in next is this person", [
    ["portico sandbox log-in-as zhang", "campus account and WeChat; prints the codes of wx.login and of the phone button"],
  ]);
  return sandboxOptions(command.addOption(formatOption())).action(async (person: string, options: Options) => {
    const chosen = await askSandbox<ChosenPerson>(surroundings, options, "POST", `/log-ins/${encodeURIComponent(person)}`);
    const { account, weChatCode, weChatPhoneCode } = chosen;
    writeFacts(surroundings.terminal, options.format, [["campus account", account], ["wx.login code", weChatCode], ["phone button's code", weChatPhoneCode ?? "none"]], chosen); // prettier-ignore
  });
}

function payVerb(surroundings: Surroundings): Command {
  const command = verb("pay <top-up>", "somebody pays a top-up of the provider `sandbox`, pays less than was asked, or refuses", [
    ["portico sandbox pay phone-7-000123", "the provider tells the cloud, and the wallet is credited"],
    ["portico sandbox pay phone-7-000123 --no-notice", "the notice is lost: the cloud finds it when it asks"],
    ["portico sandbox pay phone-7-000123 --outcome paid-less", "a fen is missing: somebody has to decide"],
  ])
    .addOption(new Option("--outcome <outcome>", "how it goes").choices(["paid", "paid-less", "refused"]).default("paid"))
    .option("--no-notice", "the provider does not tell the cloud");
  return sandboxOptions(command.addOption(formatOption())).action(
    async (id: string, options: Options & { readonly outcome: string; readonly notice: boolean }) => {
      const { outcome, notice } = options;
      const paid = await askSandbox<Paid>(surroundings, options, "POST", `/payments/${encodeURIComponent(id)}`, { outcome, notice });
      writeFacts(surroundings.terminal, options.format, [["top-up", paid.topUp], ["outcome", paid.outcome], ["notice", paid.notice === null ? "not sent" : `answered ${paid.notice}`], ["state", paid.state]], paid); // prettier-ignore
    },
  );
}

function resetVerb(surroundings: Surroundings): Command {
  const command = verb("reset", "make everything as the seed made it: people, doors, failures; keys and addresses stay", [
    ["portico sandbox reset", "between two runs of your tests"],
  ]);
  return sandboxOptions(command.addOption(formatOption())).action(async (options: Options) => {
    tell(surroundings, options, await askSandbox<SandboxStatus>(surroundings, options, "POST", "/reset"));
  });
}

function tell({ terminal }: Surroundings, { format }: Options, status: SandboxStatus): void {
  const { url, seed, folder, keyId, issuer, account, controllers, failures } = status;
  writeFacts(
    terminal,
    format,
    [
      ["address", url],
      ["seed", String(seed)],
      ["folder", folder],
      ["key id", keyId],
      ["log-in", `${issuer} vouches for ${account}`],
      ...controllers.map(({ id, zone, feed }) => [`controller ${id}`, `zone ${zone}, feed ${feed}`] as const),
      ["failures", failures.length === 0 ? "none" : failures.map(({ failure, settings }) => [failure, ...Object.entries(settings).map(([name, value]) => `${name} ${value}`)].join(" ")).join(", ")], // prettier-ignore
    ],
    status,
  );
}

function tellScan({ terminal }: Surroundings, { format }: Options, scanned: Scanned): void {
  const { accessPoint, outcome, reason, detail, credential, passed } = scanned;
  const facts = [["access point", accessPoint], ["outcome", outcome], ["reason", reason], ["detail", detail], ["credential", credential], ["passed", passed ? "yes" : "no"]] as const; // prettier-ignore
  writeFacts(
    terminal,
    format,
    facts.flatMap(([name, value]) => (value === null || value === "" ? [] : [[name, value] as const])),
    scanned,
  );
}

function listed(texts: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(texts).map(({ length }) => length));
  return Object.entries(texts)
    .map(([name, does]) => `- ${name.padEnd(width)}  ${does}`)
    .join("\n");
}
