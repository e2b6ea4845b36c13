import { readFileSync } from "node:fs";
import type { Frame } from "@portico/card-protocol";
import { type Command, Option } from "commander";
import { controllerOptions, type ControllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { configurationFor } from "./feed-connection.ts";
import { forkLines, frameText } from "./feed-text.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { formatOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface VerifyOptions extends ControllerOptions {
  readonly site?: string;
  readonly list?: string;
  readonly format?: Format;
}

/** `portico feed verify`: streams that were kept, judged against a trust list, and against one another. */
export function verifyVerb(surroundings: Surroundings): Command {
  const command = verb("verify <stream...>", "judge kept streams: every record signed, no version told in two ways, in one stream or between two", [
    ["portico feed verify east.frames", "by the roots of this computer's configuration"],
    ["portico feed verify east.frames west.frames", "of two doors: a forked cloud is proven by two heads"],
    ["portico feed verify east.frames --site demo-campus --list trust-list-4.cose", "on another computer"],
  ])
    .addOption(new Option("--list <file>", "the trust list to go by, with --site; without it the configuration's roots vouch"))
    .addOption(new Option("--site <id>", "the site that it is signed for"))
    .addOption(formatOption());
  return controllerOptions(command).action(async (files: readonly string[], options: VerifyOptions) => {
    const { FeedWitness } = await import("@portico/card-protocol");
    const { terminal, now } = surroundings;
    const witness = new FeedWitness({ ...(await trustFor(surroundings, options)), wall: () => ({ now: now(), uncertaintyS: SLACK_S }) });
    const isLines = chosenFormat(terminal, options.format) === "jsonl";
    let count = 0;
    for (const file of files) {
      for (const frame of await framesOf(typedPath(surroundings, file))) {
        const seen = witness.take(frame);
        if (!seen.ok) {
          if (witness.fork !== undefined) for (const line of forkLines(witness.fork)) terminal.out(`${line}\n`);
          throw new Failure(
            EXIT.refused,
            `${seen.error}: ${seen.detail}`,
            `${file}, frame ${count + 1}`,
            NEXT[seen.error] ?? "no controller takes it: its list in force stays",
          );
        }
        count++;
        terminal.out(isLines ? `${JSON.stringify({ file, ...seen.value })}\n` : `${printable(frameText(seen.value, undefined))}\n`);
      }
    }
    terminal.err(`${count} frames of ${files.length} ${files.length === 1 ? "stream" : "streams"} hold\n`);
  });
}

/** Streams are judged long after they were heard: keys that have ended since count. */
const SLACK_S = 3650 * 86_400;
const NEXT: Readonly<Record<string, string>> = {
  FeedFork: "keep these files: they prove it. Stop the cloud, have the root holders retire its feed key: portico key rotate --retire",
};

async function trustFor(surroundings: Surroundings, options: VerifyOptions) {
  const { readOwnTrustList } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  if (options.list === undefined) {
    const { site } = await configurationFor(surroundings, options);
    if (site.trust === undefined) throw new Failure(EXIT.usage, "the configuration names no root keys", "--list", "name a trust list with --list and --site");
    return { site: site.id, pinnedRoots: site.trust.roots, verifier: nodeVerifier };
  }
  if (options.site === undefined) throw new Failure(EXIT.usage, "a trust list is judged for a site", "--site", "name the site that it is signed for");
  const list = readOwnTrustList(options.site, new Uint8Array(readFileSync(typedPath(surroundings, options.list))), nodeVerifier);
  if (!list.ok)
    throw new Failure(
      EXIT.refused,
      `this is no trust list of ${options.site}: ${list.error}, ${list.detail}`,
      options.list,
      "get it anew from the root holders",
    );
  return { site: options.site, pinnedRoots: list.value.roots, verifier: nodeVerifier, trustList: list.value };
}

async function framesOf(path: string): Promise<readonly Frame[]> {
  const { FrameReader } = await import("@portico/card-protocol");
  const frames = new FrameReader().push(new Uint8Array(readFileSync(path)));
  if (frames.ok) return frames.value;
  throw new Failure(EXIT.refused, `${frames.error}: ${frames.detail}`, path, "portico feed tail --out keeps a stream as it was heard");
}
