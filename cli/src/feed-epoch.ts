import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { type CloudCalls, cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { draftRotation } from "./key-rotate.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts, writeRows } from "./table.ts";
import { formatOption, noun, reasonOption, verb } from "./verb.ts";

type Standing = RouteAnswer<"GET /v1/feed/epoch">;
interface BumpOptions extends CloudOptions {
  readonly adopt?: true;
  readonly withoutSilent?: true;
  readonly out?: string;
  readonly reason: string;
  readonly format?: Format;
}

/** `portico feed epoch`: a cloud that came back from a backup, and the doors that know more than it does. */
export function epochNoun(surroundings: Surroundings): Command {
  return noun(
    "epoch",
    "a cloud that came back from a backup: its versions went back, and the doors rightly refuse it",
    [
      ["portico feed epoch show", "what the doors know to be revoked and the cloud does not"],
      ["portico feed epoch bump --adopt --reason 'backup of Monday'", "take it over, and draft the list that begins the feed anew"],
      ["portico feed epoch lift 0011223344556677 --reason 'card returned'", "a card that only the doors knew to be lost"],
    ],
    [showVerb(surroundings), bumpVerb(surroundings), liftVerb(surroundings)],
  );
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show", "show where controllers stand, and which revocations the cloud has forgotten", [["portico feed epoch show", "changes nothing"]]).addOption(formatOption()); // prettier-ignore
  return cloudOptions(command).action(async (options: CloudOptions & { readonly format?: Format }) => {
    const calls = await cloudClientFor(surroundings, options);
    tell(surroundings, options.format, await standingOf(calls));
  });
}

const standingOf = (calls: CloudCalls): Promise<Standing> => calls.ask("feed epoch", "GET /v1/feed/epoch", {});

function tell(surroundings: Surroundings, format: Format | undefined, standing: Standing): void {
  const { epoch, version, reports, silent, unknown } = standing;
  writeFacts(
    surroundings.terminal,
    format,
    [
      ["epoch", String(epoch)],
      ["global here", `version ${version}`],
      [
        "reported",
        reports.length === 0 ? "no controller" : reports.map(({ controller, epoch: at, version: held }) => `${controller} at ${at}:${held}`).join(", "),
      ],
      ["silent", silent.length === 0 ? "no controller" : silent.join(", ")],
      ["forgotten here", unknown.length === 0 ? "no revocation" : `${unknown.length} revocations`],
    ],
    standing,
  );
  if (unknown.length > 0 && surroundings.terminal.isTty && format !== "jsonl")
    writeRows(
      surroundings.terminal,
      "table",
      [
        { heading: "CREDENTIAL", cell: ({ credential }: Standing["unknown"][number]) => credential },
        { heading: "REVOKED AS", cell: ({ suspension }) => suspension },
        { heading: "SINCE", cell: ({ since }) => since },
      ],
      unknown,
    );
}

function bumpVerb(surroundings: Surroundings): Command {
  const command = verb("bump", "draft the trust list that begins the feed anew: another epoch, and other keys for everything", [
    ["portico feed epoch bump --adopt --reason 'backup of Monday'", "first take over what the doors know to be revoked"],
  ])
    .option("--adopt", "take over every revocation that controllers have reported; needed where there is one")
    .option("--without-silent", "go on although controllers have not reported: each keeps its revocations, and reports them when it comes back")
    .addOption(new Option("--out <file>", "where the draft is written (default: trust-list-<number>.json)"))
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (options: BumpOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const { silent, unknown } = await standingOf(calls);
    if (silent.length > 0 && options.withoutSilent === undefined)
      throw new Failure(
        EXIT.refused,
        `${silent.length} controllers have not said what they know to be revoked`,
        silent.slice(0, 5).join(", "),
        "wait until they are connected, or go on with --without-silent: they keep their revocations",
      );
    if (unknown.length > 0 && options.adopt === undefined)
      throw new Failure(
        EXIT.refused,
        `controllers know ${unknown.length} revocations that this cloud has forgotten`,
        "feed epoch",
        "portico feed epoch show lists them; --adopt takes them over",
      );
    if (options.adopt) await calls.ask("feed epoch", "POST /v1/feed/epoch/adopt", {}, { reason: options.reason });
    await draftRotation(
      surroundings,
      { ...options, usage: ["feed", "time", "T", "command"], retire: await signingKids(calls), root: [], ahead: 0, overlap: 0, life: 400, valid: 365 },
      true,
    );
  });
}

/** Every key that signs now: a copy of the backup may be in other hands. */
async function signingKids(calls: CloudCalls): Promise<number[]> {
  const { decodeTrustList, hexToBytes, payloadOfRootSigned } = await import("@portico/card-protocol");
  const { list } = await calls.ask("trust list", "GET /v1/trust-list", {});
  const payload = list === null ? undefined : payloadOfRootSigned(hexToBytes(list)!);
  const read = payload === undefined ? undefined : decodeTrustList(payload);
  if (read === undefined || !read.ok)
    throw new Failure(EXIT.refused, "the cloud has no trust list", calls.url, "put the newest one into its folder trust-lists: the root holders have it");
  return [...read.value.keys.values()].filter(({ status, usages }) => status === "active" && usages.some((usage) => usage !== "ticket")).map(({ kid }) => kid);
}

function liftVerb(surroundings: Surroundings): Command {
  const command = verb("lift <credential>", "let a credential pass again that was taken over from the doors and that the cloud itself does not know", [
    ["portico feed epoch lift 0011223344556677 --reason 'card returned'", "one that the cloud knows is returned like any other"],
  ])
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (credential: string, options: CloudOptions & { readonly reason: string; readonly format?: Format }) => {
    const calls = await cloudClientFor(surroundings, options);
    const { publish } = await calls.ask(
      `credential ${credential}`,
      "POST /v1/adopted-revocations/{id}/lift",
      { params: { id: credential } },
      { reason: options.reason },
    );
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ["credential", `${credential} is lifted`],
        ["publication", String(publish)],
      ],
      { credential, publish },
    );
  });
}
