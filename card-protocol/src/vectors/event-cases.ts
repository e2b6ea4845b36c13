import { type ChainBreak, type ChainEnd, CHAIN_START, type Sha256 } from "../event-chain.ts";
import { drillEvent, encodeEvent, eventOf } from "../event.ts";
import { type ControllerEvent, EVENT, EVENT_NAMES, type EventName, type EventRow, type FieldType } from "../event-table.ts";
import { bytesToHex } from "../hex.ts";
import { unixSeconds } from "../units.ts";

/** One record of the chain. */
export interface EventVector {
  readonly seq: number;
  readonly name: EventName;
  readonly drill: boolean;
  /** Bytes as hex, everything else as it is. */
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
  readonly record: string;
  /** SHA-256 of the record: the next one's prevHash. */
  readonly hash: string;
}

/** A selection of the chain's records, and what following it finds. */
export interface ChainVector {
  readonly comment: string;
  readonly records: readonly string[];
  readonly expected:
    | { readonly kind: "whole"; readonly records: number }
    | { readonly kind: "broken"; readonly seq: number; readonly cause: ChainBreak["cause"] };
}

const NOW = 1_800_000_000;
const text = (name: string, n: number): string => `${name} ${n}`;

/** A value for each type of field; every second nullable one is null. */
function valueOf(type: FieldType, field: string, n: number): unknown {
  if (typeof type !== "string") return type[n % type.length];
  if (type.endsWith("?") && n % 2 === 1) return null;
  switch (type) {
    case "source":
      return `${field}-${n}`;
    case "text":
      return text(field, n);
    case "u32":
    case "u32?":
      return n * 1000;
    case "time":
    case "time?":
      return NOW + n;
    case "seconds?":
      return n;
    case "credential":
    case "credential?":
      return `00112233445566${(n + 16).toString(16)}`;
    case "hex":
      return "ab".repeat(32);
    case "bytes?":
      return new Uint8Array(96).fill(n);
    case "boolean":
      return n % 2 === 0;
    case "counts":
      return `AccessTaken ${n + 1}`;
  }
  return type satisfies never;
}

function sampleOf(name: EventName, n: number): ControllerEvent {
  const fields = Object.entries<FieldType>((EVENT[name] as EventRow).fields).map(([field, type]) => [field, valueOf(type, field, n)]);
  return { name, fields: Object.fromEntries(fields) as unknown } as ControllerEvent;
}

export interface Link {
  readonly event: ControllerEvent;
  readonly bytes: Uint8Array;
  readonly end: ChainEnd;
}

/** Two of every event but GapRecord, which stands for others: see {@link chainVectors}. Every third without wall time, every fifth of a drill. */
export function links(sha256: Sha256): readonly Link[] {
  const names = [...EVENT_NAMES, ...EVENT_NAMES].filter((name) => name !== "GapRecord");
  let end = CHAIN_START;
  return names.map((name, i) => {
    const event = i % 5 === 4 ? drillEvent(sampleOf(name, i)) : sampleOf(name, i);
    const timed = i % 3 !== 2;
    const bytes = encodeEvent({ seq: end.seq + 1, prevHash: end.hash, at: timed ? unixSeconds(NOW + i) : null, ms: timed ? (i * 17) % 1000 : 0, event });
    end = { seq: end.seq + 1, hash: sha256(bytes) };
    return { event, bytes, end };
  });
}

/** One chain that holds every event. */
export function eventVectors(sha256: Sha256): readonly EventVector[] {
  return links(sha256).map(({ event, bytes, end }) => ({
    seq: end.seq,
    name: event.name,
    drill: event.drill === true,
    fields: Object.fromEntries(
      Object.entries<unknown>(event.fields).map(([field, value]) => [field, value instanceof Uint8Array ? bytesToHex(value) : (value as string)]),
    ),
    record: bytesToHex(bytes),
    hash: bytesToHex(end.hash),
  }));
}

const GAP_KINDS = "AccessDenied 1, AccessNotTaken 1, AccessTaken 1";
/** What stands for the second to the fourth record. */
export function gapRecord(all: readonly Link[], lastHash: Uint8Array, count = 3, kinds = GAP_KINDS): Uint8Array {
  const fields = { firstSeq: 2, lastSeq: 4, count, kinds, lastHash: bytesToHex(lastHash), cause: "the log was full" };
  return encodeEvent({ seq: 4, prevHash: all[0]!.end.hash, at: null, ms: 0, event: eventOf("GapRecord", fields) });
}

/** The chain untouched, with a GapRecord, and broken in each way. */
export function chainVectors(sha256: Sha256): readonly ChainVector[] {
  const all = links(sha256);
  const [a, b, c, d, e] = all.map(({ bytes }) => bytes) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const gap = (lastHash: Uint8Array, count = 3, kinds = GAP_KINDS): Uint8Array => gapRecord(all, lastHash, count, kinds);
  const altered = c.slice();
  altered[altered.length - 1]! ^= 1;
  const fourth = all[3]!.end.hash;
  const broken = (seq: number, cause: ChainBreak["cause"]): ChainVector["expected"] => ({ kind: "broken", seq, cause });
  const cases: [string, readonly Uint8Array[], ChainVector["expected"]][] = [
    ["untouched", all.map(({ bytes }) => bytes), { kind: "whole", records: all.length }],
    ["three records replaced by a GapRecord", [a, gap(fourth), e], { kind: "whole", records: 3 }],
    ["one record missing", [a, b, d], broken(3, "SequenceBroken")],
    ["one record twice", [a, b, b], broken(3, "SequenceBroken")],
    ["the first missing", [b, c], broken(1, "SequenceBroken")],
    ["one bit of a record turned", [a, b, altered, d], broken(4, "HashBroken")],
    ["a record cut short", [a, b.slice(0, -1)], broken(2, "EventMalformed")],
    ["a GapRecord that does not count", [a, gap(fourth, 2), e], broken(2, "SequenceBroken")],
    ["a GapRecord that does not say of what kinds", [a, gap(fourth, 3, "AccessTaken 2"), e], broken(2, "SequenceBroken")],
    ["a GapRecord with another hash", [a, gap(new Uint8Array(32)), e], broken(5, "HashBroken")],
  ];
  return cases.map(([comment, records, expected]) => ({ comment, records: records.map(bytesToHex), expected }));
}
