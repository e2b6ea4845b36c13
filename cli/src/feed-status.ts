import { type Command, Option } from "commander";
import type { ControllerStatus, PartitionStatus } from "@portico/controller";
import { cloudClientFor } from "./cloud-client.ts";
import { ADOPT, aheadText } from "./controller-fleet.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { instantText } from "./time-text.ts";
import { formatOption, verb, wholeNumber } from "./verb.ts";

interface StatusOptions extends ControllerOptions {
  readonly cloud?: string;
  readonly key?: string;
  readonly publish?: number;
  readonly format?: Format;
}

/** `portico feed status`: how the running controller holds what the cloud told it. */
export function statusVerb(surroundings: Surroundings): Command {
  const command = verb("status", "show how this controller holds each list of the cloud, and how long the trust list holds", [
    ["portico feed status", "a warning on standard error 30 days before the trust list ends"],
    ["portico feed status --format jsonl", "for programs"],
    ["portico feed status --cloud https://cloud.example.edu --publish 4711", "how many controllers have applied a publication, and who is missing since when"],
  ])
    .addOption(new Option("--cloud <url>", "ask this cloud how far its controllers are, instead of the controller here"))
    .addOption(new Option("--key <file>", "your private key for the cloud (default: PORTICO_CLOUD_KEY, else operator.json)"))
    .addOption(
      new Option("--publish <number>", "with --cloud: the publication that a change was answered with (default: the newest)").argParser(
        wholeNumber(0, 0xffff_ffff),
      ),
    )
    .addOption(formatOption());
  return controllerOptions(command).action(async (options: StatusOptions) => {
    if (options.cloud !== undefined) return fleetStatus(surroundings, options);
    const client = await clientFor(surroundings, options);
    const { feed, trustList, controller } = await client.ask("GET /v1/status", {});
    if (feed === null)
      throw new Failure(EXIT.refused, "this controller follows no cloud: its list comes from files", `controller ${controller}`, "portico list show");
    const { terminal } = surroundings;
    const trust = await trustFact(trustList, surroundings.now(), client.zone);
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify({ ...feed, trustList: trust.fact })}\n`);
    else {
      writeFacts(
        terminal,
        "table",
        [
          ["feed", feed.connection === "connected" ? "connected" : `waiting: ${feed.detail}`],
          ["trust list", trust.text],
        ],
        {},
      );
      writeRows(terminal, "table", columns(client.zone), feed.partitions);
    }
    if (trust.warning !== undefined) terminal.err(`portico: ${trust.warning}\nnext: portico key rotate drafts the next one for the root holders\n`);
  });
}

async function fleetStatus(surroundings: Surroundings, options: StatusOptions): Promise<void> {
  const { terminal } = surroundings;
  const calls = await cloudClientFor(surroundings, options);
  const status = await calls.ask("feed status", "GET /v1/feed/status", { query: options.publish === undefined ? {} : { publish: options.publish } });
  const { publish, applied, of, missing, ahead, forks } = status;
  if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(status)}\n`);
  else {
    const [longest] = missing;
    writeFacts(
      terminal,
      "table",
      [
        ["publication", String(publish)],
        ["applied", `${applied} of ${of} controllers`],
        ...(longest === undefined
          ? []
          : [
              [
                "missing",
                `${of - applied}, first ${missing
                  .slice(0, NAMED_MAX)
                  .map(({ id }) => id)
                  .join(", ")}; portico controller lag`,
              ] as const,
            ]),
      ],
      {},
    );
  }
  if (ahead.length > 0)
    throw new Failure(EXIT.refused, `${ahead.length} controllers hold more than this cloud has published: it has gone back, as from a backup`, ahead.slice(0, NAMED_MAX).map(aheadText).join("; "), ADOPT); // prettier-ignore
  if (forks.length > 0)
    throw new Failure(EXIT.refused, `FeedFork: ${forks.length} controllers hold another content than this cloud has published`, forks.slice(0, NAMED_MAX).map(({ controller }) => controller).join(", "), "portico feed verify proves it; portico controller lag shows each"); // prettier-ignore
}

/** Controllers that are named; the others are counted. */
const NAMED_MAX = 5;

const columns = (zone: string | undefined): readonly Column<PartitionStatus>[] => [
  { heading: "PARTITION", cell: ({ partition }) => partition },
  { heading: "VERSION", cell: ({ epoch, version }) => `${epoch}:${version}` },
  { heading: "PUBLISH", cell: ({ publish }) => (publish === null ? "" : String(publish)) },
  { heading: "VOUCHED FOR", cell: ({ issued }) => (issued === null ? "never" : instantText(issued, zone)) },
  { heading: "STATE", cell: ({ freshness }) => freshness },
];

const DAY_S = 86_400;

async function trustFact(trustList: ControllerStatus["trustList"], now: number, zone: string | undefined) {
  const { EXPIRY_WARNING_S } = await import("@portico/card-protocol");
  if (trustList === null) return { fact: null, text: "none", warning: "no trust list is in force: issued passes are refused" };
  const { sequence, validUntil } = trustList;
  const left = validUntil - now;
  const state = left <= 0 ? "stale" : left <= EXPIRY_WARNING_S ? "expires soon" : "valid";
  const days = Math.floor(Math.abs(left) / DAY_S);
  const text = `sequence ${sequence}, ${state}, until ${instantText(validUntil, zone)}`;
  const told = left <= 0 ? `the trust list ended ${days} days ago: doors go by the stale policy` : `the trust list ends in ${days} days`;
  return { fact: { sequence, validUntil, state }, text, warning: state === "valid" ? undefined : told };
}
