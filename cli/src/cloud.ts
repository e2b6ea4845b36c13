import { type Command, InvalidArgumentError, Option } from "commander";
import type { CloudReport, ListenPlace } from "@portico/cloud-sync";
import { cloudConfigNoun, cloudConfigOption, cloudConfigurationOf } from "./cloud-config.ts";
import type { CloudConfiguration } from "./cloud-configuration.ts";
import { cloudFolderOption, cloudKeyNoun } from "./cloud-key.ts";
import { cloudStatusVerb } from "./cloud-status.ts";
import { EXIT, Failure } from "./failure.ts";
import { placeOf } from "./listen-place.ts";
import { siteId } from "./pass-input.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { formatOption, noun, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface RunOptions {
  readonly config?: string;
  readonly data?: string;
  readonly listen: ListenPlace;
  readonly site?: string;
  readonly timeZone: string;
  readonly logIn?: string;
  readonly holdAbove: number;
  readonly format?: Format;
}

/** `portico cloud`: the cloud itself, and who may call it. */
export function cloudNoun(surroundings: Surroundings): Command {
  return noun(
    "cloud",
    "the cloud: its API, its configuration, and the keys of its callers",
    [
      ["portico cloud run --data /var/lib/portico-cloud --site demo-campus", "answer the API until Ctrl-C"],
      ["portico cloud key list --data /var/lib/portico-cloud", "who may call it, and for what"],
    ],
    [runVerb(surroundings), cloudStatusVerb(surroundings), cloudConfigNoun(surroundings), cloudKeyNoun(surroundings)],
  );
}

function runVerb(surroundings: Surroundings): Command {
  return verb("run", "answer the API of a cloud until Ctrl-C or SIGTERM", [
    ["portico cloud run --data /var/lib/portico-cloud --site demo-campus", "on loopback, port 8480: TLS is a proxy's"],
    ["portico cloud run --data ./cloud --site demo --listen 127.0.0.1:9000", "on another port"],
    ["portico cloud run --config /etc/portico/cloud.toml", "as the file says: with PostgreSQL, as many of them as you like"],
  ])
    .addOption(cloudConfigOption().conflicts(["data", "site", "listen", "timeZone", "logIn", "holdAbove"]))
    .addOption(cloudFolderOption())
    .addOption(new Option("--site <id>", "the site that everything is signed for").argParser(siteId))
    .addOption(
      new Option("--listen <host:port>", "where it listens")
        .default({ host: "127.0.0.1", port: 8480 } satisfies ListenPlace, "127.0.0.1:8480")
        .argParser(listenPlace),
    )
    .addOption(
      new Option("--hold-above <percent>", "a change that ends the access of more of an audience waits for a second operator").default(2).argParser(percent),
    )
    .addOption(new Option("--time-zone <name>", "IANA name of the campus's time zone").default("Asia/Shanghai"))
    .addOption(new Option("--log-in <file>", "who vouches for log-ins: the campus account's provider, WeChat (default: nobody logs in)"))
    .addOption(formatOption())
    .action(async ({ format, ...options }: RunOptions) => {
      const { terminal, interrupted } = surroundings;
      const place = options.config === undefined ? placeTyped(surroundings, options) : await cloudConfigurationOf(surroundings, options.config);
      const { runCloud } = await import("@portico/cloud-sync");
      const isLines = chosenFormat(terminal, format) === "jsonl";
      await runCloud({
        ...place,
        interrupted,
        onReport(report) {
          if (report.kind === "started") terminal.out(isLines ? `${JSON.stringify(report)}\n` : `The cloud of ${report.site} answers at ${report.url}\n`);
          else for (const line of troubleLines(report)) terminal.err(`${printable(line)}\n`);
        },
      });
    });
}

function placeTyped(
  surroundings: Surroundings,
  { data, site, listen, timeZone, logIn, holdAbove }: RunOptions,
): Omit<CloudConfiguration, "store" | "retentionDays" | "mail" | "sms" | "servicesFile"> {
  const missing = data === undefined ? "--data" : site === undefined ? "--site" : undefined;
  if (data === undefined || site === undefined)
    throw new Failure(EXIT.usage, `${missing} is missing`, "portico cloud run", "name it, or a configuration that says it with --config");
  const logInFile = logIn === undefined ? undefined : typedPath(surroundings, logIn);
  return { dataFolder: typedPath(surroundings, data), site, listen, timeZone, logInFile, holdAbovePercent: holdAbove };
}

/** What went wrong inside, without anything that was asked. */
export function troubleLines(report: Exclude<CloudReport, { readonly kind: "started" }>): string[] {
  if (report.kind === "unsigned")
    return [
      `portico: the feed is not signed, so controllers hear nothing: ${report.missing}`,
      `next: have the root holders put the cloud's key ${report.publicKey} into a trust list, with usages feed and time: portico key rotate drafts one`,
    ];
  if (report.kind === "fork" && report.isAhead)
    return [
      `portico: ${report.controller} holds ${report.partition} ${report.epoch}:${report.version}, and this cloud has not published so far: it has gone back, as from a backup${report.isProven ? "" : ", or the controller tells what was never signed"}`,
      "next: portico controller list names all of them; then portico feed epoch bump --adopt, as docs/operating.md says of a cloud that comes back from a backup",
    ];
  if (report.kind === "fork")
    return [
      `portico: FeedFork: ${report.controller} holds another ${report.partition} ${report.epoch}:${report.version} than this cloud has published${report.isProven ? ", and a key of the trust list has signed it" : ""}`,
      "next: keep both as evidence: portico controller lag shows them. Somebody else may sign with the feed's key: have the root holders retire it",
    ];
  if (report.kind === "keys") return [`portico: what lies in the data folder is not taken up: ${report.error}`];
  if (report.kind === "eventFork")
    return [
      `portico: two logs claim to be ${report.chain}: event ${report.seq} is kept, and came again as another`,
      "next: find out which machine wrote which; portico event chain shows both machines",
    ];
  if (report.kind === "unpublished") return [`portico: changes wait, their expansion failed: ${report.error}`];
  if (report.kind === "calendarMissing")
    return [
      `portico: ALARM: the calendar of ${report.years.join(" and ")} is missing: every holiday opens like any day`,
      `next: portico calendar import <file> --year ${report.years[0]}; this is told once a day until it is there`,
    ];
  if (report.kind === "eventsKept")
    return [
      `portico: ALARM: chains of events do not hold, and what proves it is kept: ${[...report.broken].map(([chain, where]) => `${chain} ${where}`).join("; ")}`,
      "next: keep a copy of the cloud's store as evidence, and look at each with portico event chain",
    ];
  if (report.kind === "held")
    return [
      `portico: ALARM: a change would end the access of many at once, and waits for a second operator: ${report.removal}`,
      "next: portico removal list shows it; another operator releases it with a reason, or drops it: portico removal release|drop",
    ];
  return [`portico: a mistake in the cloud itself, ${report.id}: ${report.route}: ${report.error}`, ...report.stack.map((frame) => `  ${frame}`)];
}

/** Reads a share that a change may take away at once. */
function percent(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}(?:\.\d)?$/.test(text) || value > 100) throw new InvalidArgumentError("A percentage from 0 to 100, such as 2 or 0.5, is wanted.");
  return value;
}

/** Reads `--listen`. */
export function listenPlace(text: string): ListenPlace {
  const place = placeOf(text);
  if (place === undefined) throw new InvalidArgumentError("host:port such as 127.0.0.1:8480 is wanted.");
  return place;
}
