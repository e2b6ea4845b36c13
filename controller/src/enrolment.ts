import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  bytesToHex,
  enrolmentWords,
  err,
  hexToBytes,
  isSiteId,
  makePossession,
  ok,
  type RandomBytes,
  readOwnTrustList,
  type Result,
  type RootSet,
  SALT_BYTES,
  type Signer,
  type TrustList,
} from "@portico/card-protocol";
import { nodeSha256, nodeVerifier, writeSecretFile } from "@portico/card-protocol/node";
import * as z from "zod";

/** What this machine asks a cloud with, to be one of its controllers. */
export interface EnrolmentAsk {
  /** `https://cloud.example.edu`, without a path. */
  readonly url: string;
  /** The id that it asks to have. */
  readonly controller: string;
  readonly signer: Signer;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** An enrolment that an operator has to decide, as this machine remembers it. Nothing of it is secret. */
export interface OpenEnrolment {
  readonly url: string;
  readonly controller: string;
  /** The cloud's id of it. */
  readonly enrolment: string;
  readonly site: string;
  /** Six, with blanks between. */
  readonly words: string;
}
export interface BegunEnrolment {
  readonly open: OpenEnrolment;
  /** The newest list of the cloud: its roots are in the words. */
  readonly trustList: TrustList;
  readonly trustListBytes: Uint8Array;
}

/** How it ended, or that it has not yet. */
export type EnrolmentOutcome =
  | { readonly state: "waiting" }
  | { readonly state: "approved"; readonly zones: readonly string[] }
  | { readonly state: "refused" };

/** `CloudSilent`: it does not answer. `CloudRefused`: it says no; the detail has its reason. `CloudMalformed`: what it says makes no sense. `EnrolmentOver`: nobody decided in time. */
export type EnrolmentError = "CloudSilent" | "CloudRefused" | "CloudMalformed" | "EnrolmentOver";

/** Where an enrolment that is open is remembered, in the data folder. */
export const ENROLMENT_FILE = "enrolment.json";
/** No answer here is longer. */
const ANSWER_BYTES_MAX = 1_048_576;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const asked = z.object({
  enrolment: z.string().regex(/^[0-9a-f-]{36}$/),
  site: z.string().refine(isSiteId),
  nonce: hex(32),
  trustLists: z.array(z.string().regex(/^(?:[0-9a-f]{2})+$/)).min(1),
});
const outcome = z.discriminatedUnion("state", [
  z.object({ state: z.literal("waiting") }),
  z.object({ state: z.literal("approved"), zones: z.array(z.string()) }),
  z.object({ state: z.literal("refused") }),
]);
const remembered = z.object({ url: z.string(), controller: z.string(), enrolment: z.string(), site: z.string(), words: z.string() });

/**
 * Asks, shows that this machine holds its key, and computes the words that an operator has to be told. The salt is made here and shown only when the cloud has
 * given its nonce: see {@link enrolmentWords}.
 */
export async function beginEnrolment(ask: EnrolmentAsk, randomBytes: RandomBytes): Promise<Result<BegunEnrolment, EnrolmentError>> {
  const { url, controller, signer } = ask;
  const salt = randomBytes(SALT_BYTES);
  const body = { publicKey: bytesToHex(signer.publicKey), commitment: bytesToHex(nodeSha256(salt)) };
  const first = await answerOf(ask, "POST", "", asked, body);
  if (!first.ok) return first;
  const { enrolment, site, nonce: nonceHex, trustLists } = first.value;
  const trustListBytes = hexToBytes(trustLists.at(-1)!)!;
  const trustList = readOwnTrustList(site, trustListBytes, nodeVerifier);
  if (!trustList.ok) return err("CloudMalformed", `its trust list is none: ${trustList.error}, ${trustList.detail}`);
  const nonce = hexToBytes(nonceHex)!;
  const proof = makePossession(site, { nonce, person: controller }, signer);
  const second = await answerOf(ask, "POST", `/${enrolment}/proof`, z.unknown(), { salt: bytesToHex(salt), proof: bytesToHex(proof) });
  if (!second.ok) return second;
  const { roots } = trustList.value;
  const words = enrolmentWords({ site, controller, publicKey: signer.publicKey, roots, nonce, salt }, nodeSha256).join(" ");
  return ok({ open: { url, controller, enrolment, site, words }, trustList: trustList.value, trustListBytes });
}

/** What has become of it. */
export async function enrolmentOutcome(ask: EnrolmentAsk, { enrolment }: OpenEnrolment): Promise<Result<EnrolmentOutcome, EnrolmentError>> {
  const answer = await answerOf(ask, "GET", `/${enrolment}`, outcome);
  return !answer.ok && answer.error === "CloudRefused" && answer.detail.startsWith("EnrolmentUnknown")
    ? err("EnrolmentOver", "it ran out, or the cloud has forgotten it")
    : answer;
}

/** Remembers what is open, so that `controller key` shows its words and asking again goes on with it. */
export function keepEnrolment(dataFolder: string, open: OpenEnrolment): void {
  writeSecretFile({ path: join(dataFolder, ENROLMENT_FILE), what: "the open enrolment" }, new TextEncoder().encode(`${JSON.stringify(open)}\n`));
}

/** It is decided, or over. */
export const forgetEnrolment = (dataFolder: string): void => rmSync(join(dataFolder, ENROLMENT_FILE), { force: true });

/** Undefined: none was begun here, or the file is none. */
export function keptEnrolment(dataFolder: string): OpenEnrolment | undefined {
  const path = join(dataFolder, ENROLMENT_FILE);
  if (!existsSync(path)) return undefined;
  try {
    return remembered.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** The same keys and threshold, of the same version. */
export const sameRootSet = (a: RootSet, b: RootSet): boolean =>
  a.version === b.version && a.threshold === b.threshold && a.keys.map(bytesToHex).sort().join() === b.keys.map(bytesToHex).sort().join();

async function answerOf<S extends z.ZodType>(
  { url, controller, fetch }: EnrolmentAsk,
  method: "GET" | "POST",
  path: string,
  schema: S,
  body?: object,
): Promise<Result<z.output<S>, EnrolmentError>> {
  const target = new URL(`/v1/controllers/${encodeURIComponent(controller)}/enrolment${path}`, url);
  let response: Response;
  let text: string;
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    response = await fetch(new Request(target, { method, ...sent }));
    text = await textOf(response);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error);
    return err("CloudSilent", (cause as NodeJS.ErrnoException).code ?? cause.message);
  }
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return err("CloudMalformed", `it answered ${response.status} without JSON`);
  }
  if (!response.ok) {
    const { reason = String(response.status), detail = "" } =
      z.object({ reason: z.string().optional(), detail: z.string().optional() }).safeParse(read).data ?? {};
    return err("CloudRefused", `${reason}${detail === "" ? "" : `: ${detail}`}`);
  }
  const found = schema.safeParse(read);
  return found.success ? ok(found.data) : err("CloudMalformed", `it answered ${response.status} with something else`);
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
