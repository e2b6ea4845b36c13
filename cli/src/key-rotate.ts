import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ComingKey, KeyUsage, RootSet, TrustList } from "@portico/card-protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { cloudClientFor, type CloudCalls, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { listFacts } from "./key-text.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { instantText } from "./time-text.ts";
import { formatOption, reasonOption, verb, wholeNumber } from "./verb.ts";
import { typedPath } from "./places.ts";

export interface RotateOptions extends CloudOptions {
  readonly usage: readonly KeyUsage[];
  readonly retire: readonly number[];
  readonly root: readonly string[];
  readonly threshold?: number;
  readonly ahead: number;
  readonly overlap: number;
  readonly life: number;
  readonly valid: number;
  readonly out?: string;
  readonly reason: string;
  readonly format?: Format;
}

const DAY_S = 86_400;
/** Passes of a new key live so long where there was none before. Source: docs/card-format.md. */
const TTL_S = 30;
/** What begins at once begins a little earlier, for clocks that are slow. */
const AT_ONCE_S = 300;
const ALL: readonly KeyUsage[] = ["feed", "time", "T", "command"];

/** `portico key rotate`: what the next trust list shall say. Keys are made in the cloud's own keeping; nothing is in force before roots have signed. */
export function rotateVerb(surroundings: Surroundings): Command {
  const command = verb("rotate", "draft the next trust list: new keys of the cloud, old ones that end behind an overlap or at once, other roots", [
    ["portico key rotate", "new keys for everything, from 14 days on"],
    ["portico key rotate --usage feed --retire 3 --ahead 0", "the feed's key is lost: another one at once"],
    ["portico key rotate --usage none --root <hex> --root <hex> --root <hex> --threshold 2", "the first list, or other roots"],
  ])
    .addOption(new Option("--usage <list>", "for what new keys are made: feed, time, T, command; or none").default([...ALL], ALL.join(",")).argParser(usages))
    .addOption(new Option("--retire <kid>", "end this key at once and for ever; repeat for each").default([] as number[], "none").argParser(kids))
    .addOption(
      new Option("--root <key>", "a root from now on: 64 hex digits, or a file with them; name all of them")
        .default([] as string[], "as they are")
        .argParser((root: string, roots: readonly string[]) => [...roots, root]),
    ) // prettier-ignore
    .addOption(new Option("--threshold <count>", "how many roots must sign from now on").argParser(wholeNumber(1, 16)))
    .addOption(
      new Option("--ahead <days>", "when new keys begin: twice the longest time that a controller is off line").default(14).argParser(wholeNumber(0, 365)),
    )
    .addOption(new Option("--overlap <days>", "how long the old keys still sign behind that").default(14).argParser(wholeNumber(0, 365)))
    .addOption(new Option("--life <days>", "how long the new keys sign").default(400).argParser(wholeNumber(1, 3650)))
    .addOption(new Option("--valid <days>", "how long the list holds, at least 90").default(365).argParser(wholeNumber(90, 3650)))
    .addOption(new Option("--out <file>", "where the draft is written (default: trust-list-<number>.json)"))
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (options: RotateOptions) => draftRotation(surroundings, options, false));
}

/** Drafts the list, and writes it. @param raisesEpoch  the feed begins anew */
export async function draftRotation(surroundings: Surroundings, options: RotateOptions, raisesEpoch: boolean): Promise<void> {
  const { draftText, hexToBytes, newDraft, readDraft, rotatedTrustList, unixSeconds } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  const calls = await cloudClientFor(surroundings, options);
  const { site, list, held } = await calls.ask("trust list", "GET /v1/trust-list", {});
  const follows = list === null ? undefined : hexToBytes(list)!;
  const current = follows === undefined ? undefined : await signedList(site, follows);
  const roots = await rootsOf(surroundings, options, current);
  const unknown = options.retire.find((kid) => !current?.keys.has(kid));
  if (unknown !== undefined) throw new Failure(EXIT.usage, "the list has no such key", `--retire ${unknown}`, "portico key show lists the keys");
  const now = surroundings.now();
  const isFirst = current === undefined;
  const begins = unixSeconds(isFirst || raisesEpoch || options.ahead === 0 ? now - AT_ONCE_S : now + options.ahead * DAY_S);
  const coming = await comingKeys(calls, options, current, isFirst ? held[0] : undefined);
  const next = rotatedTrustList(current, {
    issued: now,
    validUntil: unixSeconds(now + options.valid * DAY_S),
    coming,
    begins,
    lifeS: options.life * DAY_S,
    overlapS: options.overlap * DAY_S,
    retired: options.retire,
    roots,
    raisesEpoch,
  });
  const draft = draftText(newDraft(site, follows, next));
  const read = readDraft(draft, nodeVerifier);
  if (!read.ok)
    throw new Failure(
      EXIT.refused,
      `no controller would take this list: ${read.detail}`,
      `trust list ${next.sequence}`,
      "portico key show shows the list in force",
    );
  const out = typedPath(surroundings, options.out ?? `trust-list-${next.sequence}.json`);
  if (existsSync(out)) throw new Failure(EXIT.usage, "this file is there already", out, "name another with --out");
  writeFileSync(out, draft);
  const { facts, fact } = await listFacts({ kind: "draft", draft: read.value }, (at) => instantText(at));
  writeFacts(surroundings.terminal, options.format, [...facts, ["draft", out], ["next", "the root holders sign it in turn: portico key sign"]], {
    ...fact,
    draft: out,
  });
}

/** One key for each usage, made by the cloud; that of the first list which the cloud has made already signs the feed. */
async function comingKeys(
  calls: CloudCalls,
  { usage, reason }: RotateOptions,
  current: TrustList | undefined,
  madeAlready: string | undefined,
): Promise<ComingKey[]> {
  const { hexToBytes } = await import("@portico/card-protocol");
  const ttlS = [...(current?.keys.values() ?? [])].findLast(({ usages: known }) => known.includes("T"))?.ttlS ?? TTL_S;
  const coming: ComingKey[] = [];
  for (const [nth, each] of usage.entries()) {
    const key =
      nth === 0 && madeAlready !== undefined ? madeAlready : (await calls.ask("signing key", "POST /v1/signing-keys", {}, { reason })).value.publicKey;
    coming.push({ publicKey: hexToBytes(key)!, usages: [each], ttlS: each === "T" ? ttlS : 0 });
  }
  return coming;
}

async function rootsOf(
  surroundings: Surroundings,
  { root, threshold }: RotateOptions,
  current: TrustList | undefined,
): Promise<Omit<RootSet, "version"> | undefined> {
  const { hexToBytes } = await import("@portico/card-protocol");
  if (root.length === 0 && threshold === undefined && current !== undefined) return undefined;
  const keys = root.map((given) => {
    const text = /^[0-9a-fA-F]{64}$/.test(given) ? given : readFileSync(typedPath(surroundings, given), "utf8").trim();
    const key = /^[0-9a-fA-F]{64}$/.test(text) ? hexToBytes(text.toLowerCase()) : undefined;
    if (key === undefined)
      throw new Failure(EXIT.usage, "this is no public key of a root", `--root ${given}`, "64 hex digits, as portico key root prints them");
    return key;
  });
  if (keys.length === 0 && current === undefined)
    throw new Failure(EXIT.usage, "the first list has to name its roots", "--root", "portico key root makes them; name each with --root, and --threshold");
  const all = keys.length === 0 ? current!.roots.keys : keys;
  const needed = threshold ?? current?.roots.threshold ?? Math.floor(all.length / 2) + 1;
  if (needed > all.length) throw new Failure(EXIT.usage, "more roots must sign than there are", `--threshold ${needed}`, `name at most ${all.length}`);
  return { threshold: needed, keys: all };
}

async function signedList(site: string, bytes: Uint8Array): Promise<TrustList> {
  const { readOwnTrustList } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  const read = readOwnTrustList(site, bytes, nodeVerifier);
  if (read.ok) return read.value;
  throw new Failure(
    EXIT.refused,
    `the cloud's trust list does not hold: ${read.error}, ${read.detail}`,
    "trust list",
    "do not go on from it: ask the root holders for the newest list",
  );
}

function usages(text: string): KeyUsage[] {
  if (text === "none") return [];
  const list = text.split(",").map((each) => ALL.find((usage) => usage === each.trim()));
  if (list.every((each) => each !== undefined)) return [...new Set(list)];
  throw new InvalidArgumentError(`${ALL.join(", ")} or none are wanted.`);
}

function kids(text: string, before: readonly number[]): number[] {
  return [...before, wholeNumber(0, 65_535)(text)];
}
