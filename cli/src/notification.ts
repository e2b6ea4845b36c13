import { createPublicKey, verify } from "node:crypto";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { type CloudCalls, cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { timeText } from "./time-text.ts";
import { formatOption, noun, verb, wholeNumber } from "./verb.ts";

interface TailOptions extends CloudOptions {
  readonly format?: Format;
  readonly follow?: true;
  readonly after: number;
  readonly kind?: string;
}
type Told = RouteAnswer<"GET /v1/notifications">["items"][number];
type KeySet = RouteAnswer<"GET /v1/notifications/keys">["keys"];

/** Asked at once, and how long one question waits for news. */
const LIMIT = 500;
const WAIT_S = 25;

/** `portico notification`: what the cloud tells its callers. */
export const notificationNoun = (surroundings: Surroundings): Command =>
  noun(
    "notification",
    "what the cloud tells its callers: losses, freezes, refusals, faults",
    [["portico notification tail --follow", "see what a mini program's backend is told, as it is told"]],
    [tailVerb(surroundings)],
  );

function tailVerb(surroundings: Surroundings): Command {
  const command = verb("tail", "show what callers were told, in order, each signature checked", [
    ["portico notification tail", "all that is kept: 30 days"],
    ["portico notification tail --follow --kind credential.lost", "every loss as it is reported, until Ctrl-C"],
    ["portico notification tail --follow --kind access.denied", "every refusal at a door, with what helps and whom to ask"],
    ["portico notification tail --after 1042", "from a number on"],
  ])
    .option("-f, --follow", "stay and show each as it is told")
    .addOption(new Option("--after <seq>", "only those behind this number").default(0).argParser(wholeNumber(0, Number.MAX_SAFE_INTEGER)))
    .addOption(new Option("--kind <kind>", "only this kind; docs/api.md lists them"))
    .addOption(formatOption());
  return cloudOptions(command).action(async (options: TailOptions) => {
    const { NOTIFICATION_KINDS } = await import("@portico/cloud-sync");
    const kind = NOTIFICATION_KINDS.find((each) => each === options.kind);
    if (kind === undefined && options.kind !== undefined)
      throw new Failure(EXIT.usage, "there is no such kind", `--kind ${options.kind}`, `choose of ${NOTIFICATION_KINDS.join(", ")}`);
    const calls = await cloudClientFor(surroundings, options);
    const { keys } = await calls.ask("the keys of notifications", "GET /v1/notifications/keys", {});
    const isTable = chosenFormat(surroundings.terminal, options.format) === "table";
    for await (const item of told(surroundings, calls, options, kind)) {
      const claims = claimsOf(item, keys);
      surroundings.terminal.out(isTable ? `${line(item, claims)}\n` : `${JSON.stringify({ seq: item.seq, kind: item.kind, ...claims })}\n`);
    }
  });
}

async function* told({ interrupted }: Surroundings, calls: CloudCalls, { after, follow }: TailOptions, kind: Told["kind"] | undefined): AsyncGenerator<Told> {
  for (let next = after; !interrupted.aborted;) {
    const query = { after: next, limit: LIMIT, waitS: follow ? WAIT_S : 0, ...(kind === undefined ? {} : { kind }) };
    const asked = calls.ask(`notifications behind ${next}`, "GET /v1/notifications", { query });
    asked.catch(() => {}); // told where it is awaited, or nobody wants it any more
    const answer = await Promise.race([asked, new Promise<undefined>((resolve) => interrupted.addEventListener("abort", () => resolve(undefined), { once: true }))]); // prettier-ignore
    if (answer === undefined) return;
    yield* answer.items;
    if (!follow && answer.items.length < LIMIT) return;
    next = answer.next;
  }
}

interface Claims {
  readonly at: number;
  readonly person: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a token says. RFC 7515 §5.2, RFC 8417. @throws Failure 1 where its signature does not hold */
function claimsOf({ seq, token }: Told, keys: KeySet): Claims {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const read = (part: string): Readonly<Record<string, unknown>> => JSON.parse(Buffer.from(part, "base64url").toString()) as Readonly<Record<string, unknown>>;
  const key = keys.find(({ kid }) => kid === read(header)["kid"]);
  const holds = key !== undefined && verify(null, Buffer.from(`${header}.${payload}`), createPublicKey({ key, format: "jwk" }), Buffer.from(signature, "base64url")); // prettier-ignore
  if (!holds)
    throw new Failure(EXIT.refused, "the signature does not hold", `notification ${seq}`, "believe nothing of it; see who stands between you and the cloud");
  const { iat, sub_id, events } = read(payload) as { iat: number; sub_id?: { id: string }; events: Readonly<Record<string, Claims["body"]>> };
  return { at: iat, person: sub_id?.id ?? null, body: Object.values(events)[0] ?? {} };
}

/** `1042  2026-11-24 08:30:05  credential.lost  credential=… person=…`. Columns of fixed width: the next line may come much later. */
function line({ seq, kind }: Told, { at, person, body }: Claims): string {
  const facts = Object.entries(body).filter(([, value]) => value !== null && value !== "");
  const words = [...facts, ...(person === null ? [] : [["person", person] as const])].map(
    ([name, value]) => `${name}=${/\s/.test(String(value)) ? JSON.stringify(value) : String(value)}`,
  );
  return printable(`${String(seq).padStart(7)}  ${timeText(at, undefined)}  ${kind.padEnd(23)}  ${words.join(" ")}`).trimEnd();
}
