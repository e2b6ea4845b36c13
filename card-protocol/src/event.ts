import { CborReader } from "./cbor-reader.ts";
import { CborWriter } from "./cbor-writer.ts";
import { type ControllerEvent, EVENT, type EventFields, EVENT_NAMES, type EventName, type EventRow, type FieldType, TEXT_MAX } from "./event-table.ts";
import { countsFromCbor, countsToCbor } from "./event-counts.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { err, ok, type Result } from "./result.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

/** Where an event stands in the chain of its controller. */
export interface EventPosition {
  /** 1, 2, 3 …: unique and without gaps for each controller, u32. */
  readonly seq: number;
  /** SHA-256 of the record before it; 32 zero bytes for the first. */
  readonly prevHash: Uint8Array;
  /** When the clock was trusted: the wall time of the decision. */
  readonly at: UnixSeconds | null;
  /** Milliseconds behind `at`, 0..999; 0 where `at` is null. */
  readonly ms: number;
}

/** One link of the chain. Its bytes are the record: what is hashed, signed in batches and kept. */
export interface EventRecord extends EventPosition {
  readonly event: ControllerEvent;
}

/** The record's layout. A reader refuses one that it does not know. */
export const EVENT_LAYOUT = 1;
/** The layout of an event that belongs to a drill: the same elements. Whoever knows no drills must not take it for the real thing. */
export const DRILL_LAYOUT = 2;
/** No record is longer. A record of an access decision has about 250 bytes. */
export const EVENT_BYTES_MAX = 16_384;
/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

const CREDENTIAL_BYTES = 8;

interface Layout {
  readonly source: string | undefined;
  readonly fields: readonly (readonly [name: string, type: FieldType])[];
}

/** The table's rows in the order of the record, made once: encoding stands in the path of every scan. */
const LAYOUT = Object.fromEntries(
  EVENT_NAMES.map((name): [EventName, Layout] => {
    const entries = Object.entries<FieldType>((EVENT[name] as EventRow).fields);
    return [name, { source: entries.find(([, type]) => type === "source")?.[0], fields: entries.filter(([, type]) => type !== "source") }];
  }),
) as Readonly<Record<EventName, Layout>>;

/**
 * The bytes of a record: deterministic CBOR `[1 or 2, seq, prevHash, at | null, ms, name, source | null, [fields…]]`.
 * Text is cut at {@link TEXT_MAX} and made well-formed, durations are rounded up to whole seconds.
 *
 * @throws RangeError for a place in the chain or a field out of its range: the caller's mistake
 */
export function encodeEvent(record: EventRecord): Uint8Array {
  const { event, seq, prevHash, at, ms } = record;
  if (!isU32(seq) || seq === 0 || prevHash.length !== HASH_BYTES || (at !== null && !(isU32(at) && isU32(ms) && ms <= 999)))
    throw new RangeError("no place in a chain: seq, prevHash, at or ms");
  const { source, fields } = LAYOUT[event.name];
  const values = event.fields as Readonly<Record<string, unknown>>;
  const row: CborValue[] = [];
  for (const [name, type] of fields) row.push(toCbor(type, values[name]));
  const sourceText = source === undefined ? null : cutText(values[source] as string);
  const bytes = writer.encode([event.drill === true ? DRILL_LAYOUT : EVENT_LAYOUT, seq, prevHash, at, at === null ? 0 : ms, event.name, sourceText, row]);
  if (bytes.length > EVENT_BYTES_MAX) throw new RangeError(`${event.name} has ${bytes.length} bytes, at most ${EVENT_BYTES_MAX}`);
  return bytes;
}

/**
 * Reads what {@link encodeEvent} wrote; anything else, also an event that this version does not know, is `EventMalformed`. A pass in it is a view of the bytes
 * that were given.
 */
export function decodeEvent(bytes: Uint8Array): Result<EventRecord, "EventMalformed"> {
  if (bytes.length > EVENT_BYTES_MAX) return malformed(`${bytes.length} bytes, at most ${EVENT_BYTES_MAX}`);
  const reader = new CborReader(bytes);
  if (reader.items() !== 8) return malformed("not an array of 8");
  const layout = reader.u32();
  if (layout !== EVENT_LAYOUT && layout !== DRILL_LAYOUT) return malformed(layout === undefined ? "layout" : `layout ${layout} is not known`);
  const seq = reader.u32();
  if (seq === undefined || seq === 0) return malformed("seq");
  const prevHash = reader.ownBytes();
  if (prevHash?.length !== HASH_BYTES) return malformed("prevHash");
  const at = reader.isNull() ? null : reader.u32();
  if (at === undefined) return malformed("at");
  const ms = reader.u32();
  if (ms === undefined || ms > (at === null ? 0 : 999)) return malformed("ms");
  const name = reader.text();
  if (name === undefined || !Object.hasOwn(EVENT, name)) return malformed(name === undefined ? "name" : `event ${name} is not known`);
  const event = readFields(name as EventName, reader);
  if (!event.ok) return event;
  if (!reader.isAtEnd) return malformed("more than one CBOR item");
  return ok({ seq, prevHash, at: at === null ? null : unixSeconds(at), ms, event: layout === DRILL_LAYOUT ? drillEvent(event.value) : event.value });
}

const malformed = (detail: string): Result<never, "EventMalformed"> => err("EventMalformed", detail);

/** The access point, door or device that an event is about; null for events of the controller itself. */
export function eventSource(event: ControllerEvent): string | null {
  const { source } = LAYOUT[event.name];
  return source === undefined ? null : (event.fields as Readonly<Record<string, string>>)[source]!;
}

const NAMES_CREDENTIAL: ReadonlySet<EventName> = new Set<EventName>([
  "AccessGranted",
  "AccessDenied",
  "DenialRepeated",
  "ShadowGranted",
  "ShadowDenied",
  "ShadowTaken",
  "OldSystemDecided",
  "ChargeMade",
  "ChargeRefused",
]);

/** The credential that an event names, for looking it up; null where it names none. */
export function eventCredential(event: ControllerEvent): string | null {
  return NAMES_CREDENTIAL.has(event.name) ? (event.fields as { readonly credential: string | null }).credential : null;
}

/** The event as one that belongs to a drill. */
export const drillEvent = (event: ControllerEvent): ControllerEvent => ({ ...event, drill: true });

/** Makes an event; the compiler checks its fields against the table. */
export function eventOf<N extends EventName>(name: N, fields: EventFields<N>): ControllerEvent {
  return { name, fields } as unknown as ControllerEvent;
}

function readFields(name: EventName, reader: CborReader): Result<ControllerEvent, "EventMalformed"> {
  const layout = LAYOUT[name];
  const fields: Record<string, unknown> = {};
  if (layout.source !== undefined) {
    const source = shortText(reader);
    if (source === undefined) return malformed(`source of ${name}`);
    fields[layout.source] = source;
  } else if (!reader.isNull()) return malformed(`source of ${name}`);
  if (reader.items() !== layout.fields.length) return malformed(`${name} has ${layout.fields.length} fields`);
  for (const [field, type] of layout.fields) {
    const value = readField(type, reader);
    if (value === undefined) return malformed(`${field} of ${name}`);
    fields[field] = value;
  }
  return ok({ name, fields } as unknown as ControllerEvent);
}

function shortText(reader: CborReader): string | undefined {
  const text = reader.text();
  return text !== undefined && text.length <= TEXT_MAX ? text : undefined;
}

/** A scanner's garbage or a device's message may be of any length and hold what no text may. */
function cutText(text: string): string {
  const cut = text.length > TEXT_MAX ? text.slice(0, TEXT_MAX) : text;
  return NOT_PORTABLE.test(cut) ? cut.replace(/\p{Surrogate}|\ufeff/gu, "\ufffd") : cut;
}

const writer = new CborWriter();

/** Halves of characters, also of whole ones, and U+FEFF (see `encodeCbor`): quick to ask, and most texts have none of them. */
const NOT_PORTABLE = /[\ud800-\udfff\ufeff]/;

function u32(value: unknown): number {
  if (!isU32(value)) throw new RangeError(`${String(value)} is no integer of 0..4294967295`);
  return value;
}

function toCbor(type: FieldType, value: unknown): CborValue {
  if (value === null) {
    if (typeof type === "string" && type.endsWith("?")) return null;
    throw new RangeError(`null where an event holds ${String(type)}`);
  }
  if (typeof type !== "string") {
    if (!type.includes(value as string)) throw new RangeError(`${value as string} is none of ${type.join(", ")}`);
    return value as string;
  }
  switch (type) {
    case "text":
    case "source":
      return cutText(value as string);
    case "credential":
    case "credential?":
    case "hex": {
      const bytes = hexToBytes(value as string);
      if (bytes === undefined || (type !== "hex" && bytes.length !== CREDENTIAL_BYTES)) throw new RangeError(`not ${type}`);
      return bytes;
    }
    case "seconds?":
      return u32(Math.ceil(value as number));
    case "u32":
    case "u32?":
    case "time":
    case "time?":
      return u32(value);
    case "counts": {
      const counts = countsToCbor(value as string);
      if (counts === undefined) throw new RangeError("not counts");
      return counts;
    }
    case "boolean":
    case "bytes?":
      return value as boolean | Uint8Array;
  }
  return type satisfies never;
}

/** How deep in the record what a field holds stands. */
const FIELD_DEPTH = 2;

/** The field's value, or undefined where the bytes hold something else. */
function readField(type: FieldType, reader: CborReader): unknown {
  if (typeof type !== "string") {
    const word = reader.text();
    return word !== undefined && type.includes(word) ? word : undefined;
  }
  switch (type) {
    case "source":
    case "text":
      return shortText(reader);
    case "u32":
    case "time":
      return reader.u32();
    case "u32?":
    case "time?":
    case "seconds?":
      return reader.isNull() ? null : reader.u32();
    case "credential":
      return credentialHex(reader);
    case "credential?":
      return reader.isNull() ? null : credentialHex(reader);
    case "hex": {
      const bytes = reader.bytesInPlace();
      return bytes && bytesToHex(bytes);
    }
    case "bytes?":
      return reader.isNull() ? null : reader.bytesInPlace();
    case "boolean":
      return reader.boolean();
    case "counts": {
      const counts = reader.item(FIELD_DEPTH);
      return counts === undefined ? undefined : countsFromCbor(counts);
    }
  }
  return type satisfies never;
}

function credentialHex(reader: CborReader): string | undefined {
  const bytes = reader.ownBytes();
  return bytes?.length === CREDENTIAL_BYTES ? bytesToHex(bytes) : undefined;
}
