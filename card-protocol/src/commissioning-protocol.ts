import { decodeCbor, encodeCbor, isArray } from "./cbor.ts";
import { keyId } from "./cose.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { elementsOf, isBytes, isWord, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

/** What became of one step of a commissioning. `open`: nobody came to it. */
export const STEP_OUTCOMES = ["open", "passed", "failed", "skipped"] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

/**
 * What became of the whole. `passed`: every step passed, or was left out for a reason where that is allowed; `incomplete`: a step that has to pass was left out
 * or not come to; `failed`: a step failed.
 */
export const COMMISSIONING_OUTCOMES = ["passed", "incomplete", "failed"] as const;
export type CommissioningOutcome = (typeof COMMISSIONING_OUTCOMES)[number];

/** The longest texts, in UTF-16 units, and the most steps and observations that a protocol holds. */
export const PROTOCOL_LIMITS = { by: 64, remark: 200, seen: 160, steps: 32, observations: 12, parts: 64 } as const;

/** Something that was seen to happen, or that whoever commissioned said. */
export interface Observation {
  /** The event that says so, in the controller's log; null: a state, an input, or somebody's word. */
  readonly seq: number | null;
  readonly text: string;
}

/** One step with what was seen. */
export interface ProtocolStep {
  /** `strike`, `reader:library-in` … */
  readonly step: string;
  readonly outcome: StepOutcome;
  readonly remark: string;
  readonly seen: readonly Observation[];
}

/** A part of the configuration that a door was commissioned with. */
export interface ProtocolPart {
  /** `door library`, `relay_board library` … */
  readonly part: string;
  /** SHA-256 of what the configuration says of it, lower-case hex. */
  readonly hash: string;
}

/** What a controller saw while somebody commissioned a door, a turnstile or a floor of a lift. Kind 14. docs/feed-and-events.md, Commissioning. */
export interface CommissioningProtocol {
  readonly controller: string;
  /** `library`, `gate-1`, `lift-1/3`. */
  readonly door: string;
  /** Whoever ended it. */
  readonly by: string;
  /** Null: no clock said when. */
  readonly begun: UnixSeconds | null;
  readonly ended: UnixSeconds | null;
  /** SHA-256 of the configuration file, lower-case hex. */
  readonly configurationHash: string;
  readonly parts: readonly ProtocolPart[];
  readonly outcome: CommissioningOutcome;
  readonly steps: readonly ProtocolStep[];
}

/** What somebody typed, or a text that was cut, may hold what no text may. */
const portable = (text: string): string => text.replace(/\p{Surrogate}|\ufeff/gu, "\ufffd");

/** Signs a protocol with the controller's own key; texts are made well-formed. @throws RangeError for one that its reader would refuse, say for more than {@link PROTOCOL_LIMITS} */
export function makeCommissioningProtocol(site: string, protocol: CommissioningProtocol, signer: Signer): Uint8Array {
  const { controller, door, by, begun, ended, configurationHash, parts, outcome, steps } = protocol;
  const payload = encodeCbor([
    1,
    controller,
    door,
    portable(by),
    begun,
    ended,
    hexToBytes(configurationHash) ?? null,
    parts.map(({ part, hash }) => [part, hexToBytes(hash) ?? null]),
    COMMISSIONING_OUTCOMES.indexOf(outcome),
    steps.map((each) => [each.step, STEP_OUTCOMES.indexOf(each.outcome), portable(each.remark), each.seen.map(({ seq, text }) => [seq, portable(text)])]),
  ]);
  if (protocolIn(payload) === undefined) throw new RangeError("a protocol has more than its kind holds");
  return sign1("commissioning", site, keyId(signer.publicKey), payload, signer);
}

/** What a protocol says whose signature holds. @param keyFor  the controllers' keys by their {@link keyId} */
export function readCommissioningProtocol(bytes: Uint8Array, site: string, keyFor: KeyFor, verifier: Verifier): Result<CommissioningProtocol, SignedError> {
  const record = verify1("commissioning", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const said = protocolIn(record.value.payload);
  return said === undefined ? err("RecordMalformed", "not [1, controller, door, by, begun, ended, configuration, parts, outcome, steps]") : ok(said);
}

function protocolIn(payload: Uint8Array): CommissioningProtocol | undefined {
  const read = decodeCbor(payload, RECORD.commissioning.bytesMax);
  const fields = read.ok ? elementsOf(read.value, 10) : undefined;
  if (fields === undefined) return undefined;
  const [form, controller, door, by, begun, ended, configuration, parts, outcomeNumber, steps] = fields;
  const outcome = wordOf(COMMISSIONING_OUTCOMES, outcomeNumber);
  if (form !== 1 || !isWord(controller) || !isDoorId(door) || !isText(by, 1, PROTOCOL_LIMITS.by) || !isTime(begun) || !isTime(ended)) return undefined;
  if (!isBytes(configuration, 32) || outcome === undefined) return undefined;
  const readParts = listOf(parts, PROTOCOL_LIMITS.parts, partIn);
  const readSteps = listOf(steps, PROTOCOL_LIMITS.steps, stepIn);
  if (readParts === undefined || readSteps === undefined || readSteps.length === 0) return undefined;
  return {
    controller,
    door,
    by,
    begun: timeOf(begun),
    ended: timeOf(ended),
    configurationHash: bytesToHex(configuration),
    parts: readParts,
    outcome,
    steps: readSteps,
  };
}

function partIn(value: CborValue): ProtocolPart | undefined {
  const [part, hash] = elementsOf(value, 2) ?? [];
  return isText(part, 1, PROTOCOL_LIMITS.seen) && isBytes(hash, 32) ? { part, hash: bytesToHex(hash) } : undefined;
}

function stepIn(value: CborValue): ProtocolStep | undefined {
  const [step, outcomeNumber, remark, seen] = elementsOf(value, 4) ?? [];
  const outcome = wordOf(STEP_OUTCOMES, outcomeNumber);
  const observations = listOf(seen, PROTOCOL_LIMITS.observations, observationIn);
  if (!isText(step, 1, PROTOCOL_LIMITS.seen) || outcome === undefined || !isText(remark, 0, PROTOCOL_LIMITS.remark) || observations === undefined)
    return undefined;
  return { step, outcome, remark, seen: observations };
}

function observationIn(value: CborValue): Observation | undefined {
  const [seq, text] = elementsOf(value, 2) ?? [];
  return (seq === null || isU32(seq)) && isText(text, 1, PROTOCOL_LIMITS.seen) ? { seq, text } : undefined;
}

function listOf<Item>(value: CborValue | undefined, most: number, itemIn: (each: CborValue) => Item | undefined): readonly Item[] | undefined {
  if (value === undefined || !isArray(value) || value.length > most) return undefined;
  const items = value.map(itemIn);
  return items.every((item): item is Item & {} => item !== undefined) ? items : undefined;
}

const wordOf = <Word extends string>(words: readonly Word[], number: unknown): Word | undefined => (isU32(number) ? words[number] : undefined);
const isText = (value: unknown, least: number, most: number): value is string => typeof value === "string" && value.length >= least && value.length <= most;
/** `<lift>/<floor>` is two ids. */
const isDoorId = (value: unknown): value is string => typeof value === "string" && /^\S{1,129}$/.test(value);
const isTime = (value: unknown): value is number | null => value === null || isU32(value);
const timeOf = (value: number | null): UnixSeconds | null => (value === null ? null : unixSeconds(value));
