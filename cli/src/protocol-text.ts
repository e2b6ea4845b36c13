import {
  bytesToHex,
  type CommissioningProtocol,
  readCommissioningProtocol,
  type SignedError,
  ok,
  type Result,
  err,
  keyId,
  sameBytes,
} from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { printable } from "./terminal.ts";

const BEGIN = "-----BEGIN PORTICO PROTOCOL-----";
const END = "-----END PORTICO PROTOCOL-----";
const CHARS_A_LINE = 76;

/** Why a text is not the protocol that it says it is. `TextAltered`: the signed record below says something else. */
export type ProtocolTextError = SignedError | "TextMalformed" | "TextAltered";

/** A signed protocol to be read, printed and filed: what it says, and the record itself below. The same record gives the same text. */
export function protocolText(site: string, protocol: CommissioningProtocol, record: Uint8Array): string {
  const { controller, door, by, begun, ended, outcome, configurationHash, steps, parts } = protocol;
  const facts = [
    ["site", site],
    ["controller", controller],
    ["door", door],
    ["outcome", outcome],
    ["by", by],
    ["begun", utc(begun)],
    ["ended", utc(ended)],
    ["configuration", configurationHash],
  ].map(([name, value]) => `${name!.padEnd(15)}${printable(value!)}`);
  const told = steps.flatMap((step, index) => [
    "",
    `${index + 1}. ${printable(step.step)}: ${step.outcome}${step.remark === "" ? "" : `, ${printable(step.remark)}`}`,
    ...step.seen.map(({ seq, text }) => `   ${(seq === null ? "" : `event ${seq}`).padEnd(14)}${printable(text)}`),
  ]);
  const hung = parts.map(({ part, hash }) => `   ${hash}  ${printable(part)}`);
  const lines =
    Buffer.from(record)
      .toString("base64")
      .match(new RegExp(`.{1,${CHARS_A_LINE}}`, "g")) ?? [];
  return [`Commissioning of ${printable(door)}`, "", ...facts, ...told, "", "It was commissioned with", ...hung, "", BEGIN, ...lines, END, ""].join("\n");
}

/** The record in a text, its site and its door, before anything is believed; undefined: there is none. */
export function protocolIn(text: string): { readonly site: string; readonly door: string; readonly record: Uint8Array } | undefined {
  const [, armoured] = new RegExp(`^${BEGIN}\\r?\\n([A-Za-z0-9+/=\\s]+)^${END}`, "m").exec(text) ?? [];
  const named = (name: string): string => new RegExp(`^${name} +(\\S+)\\r?$`, "m").exec(text)?.[1] ?? "";
  if (armoured === undefined || !/^[a-z0-9-]{1,32}$/.test(named("site"))) return undefined;
  return { site: named("site"), door: named("door"), record: new Uint8Array(Buffer.from(armoured.replace(/\s/g, ""), "base64")) };
}

/** What a text says that this key has signed, and that says nothing else. @param publicKey  the controller's, 32 bytes */
export function verifyProtocolText(text: string, publicKey: Uint8Array): Result<CommissioningProtocol, ProtocolTextError> {
  const found = protocolIn(text);
  if (found === undefined) return err("TextMalformed", "it holds no signed protocol");
  const { site, record } = found;
  const read = readCommissioningProtocol(
    record,
    site,
    (kid) => (sameBytes(kid, keyId(publicKey)) ? ok(publicKey) : err("KeyUntrusted", `it is signed by key ${bytesToHex(kid)}…`)),
    nodeVerifier,
  );
  if (!read.ok) return read;
  if (text.replace(/\r\n/g, "\n") !== protocolText(site, read.value, record))
    return err("TextAltered", "the text says something else than the record that was signed");
  return read;
}

const utc = (at: number | null): string => (at === null ? "clock unknown" : new Date(at * 1000).toISOString().replace(".000", ""));
