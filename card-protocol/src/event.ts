import { decodeCbor, isArray } from "./cbor.ts";
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

/** Reads what {@link encodeEvent} wrote; anything else, also an event that this version does not know, is `EventMalformed`. */
export function decodeEvent(bytes: Uint8Array): Result<EventRecord, "EventMalformed"> {
  const read = decodeCbor(bytes, EVENT_BYTES_MAX);
  if (!read.ok) return err("EventMalformed", read.detail);
  if (!isArray(read.value) || read.value.length !== 8) return err("EventMalformed", "not an array of 8");
  const [layout, seq, prevHash, at, ms, name, source, row] = read.value;
  if (layout !== EVENT_LAYOUT && layout !== DRILL_LAYOUT) return err("EventMalformed", `layout ${String(layout)} is not known`);
  if (!isU32(seq) || seq === 0) return err("EventMalformed", "seq");
  if (!(prevHash instanceof Uint8Array) || prevHash.length !== HASH_BYTES) return err("EventMalformed", "prevHash");
  if (at !== null && !isU32(at)) return err("EventMalformed", "at");
  if (!isU32(ms) || ms > (at === null ? 0 : 999)) return err("EventMalformed", "ms");
  if (typeof name !== "string" || !Object.hasOwn(EVENT, name)) return err("EventMalformed", `event ${String(name)} is not known`);
  const event = readFields(name as EventName, source ?? null, row ?? null);
  if (!event.ok) return event;
  return ok({ seq, prevHash, at: at === null ? null : unixSeconds(at), ms, event: layout === DRILL_LAYOUT ? drillEvent(event.value) : event.value });
}

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

function readFields(name: EventName, source: CborValue, row: CborValue): Result<ControllerEvent, "EventMalformed"> {
  const layout = LAYOUT[name];
  if (!isArray(row) || row.length !== layout.fields.length) return err("EventMalformed", `${name} has ${layout.fields.length} fields`);
  const fields: Record<string, unknown> = {};
  if (layout.source === undefined ? source !== null : !isText(source)) return err("EventMalformed", `source of ${name}`);
  if (layout.source !== undefined) fields[layout.source] = source;
  for (let nth = 0; nth < row.length; nth++) {
    const [field, type] = layout.fields[nth]!;
    const value = fromCbor(type, row[nth]!);
    if (value === undefined) return err("EventMalformed", `${field} of ${name}`);
    fields[field] = value;
  }
  return ok({ name, fields } as unknown as ControllerEvent);
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= TEXT_MAX;

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

/** The field's value, or undefined where the bytes hold something else. */
function fromCbor(type: FieldType, value: CborValue): unknown {
  if (typeof type !== "string") return typeof value === "string" && type.includes(value) ? value : undefined;
  if (value === null) return type.endsWith("?") ? null : undefined;
  switch (type) {
    case "source":
    case "text":
      return isText(value) ? value : undefined;
    case "u32":
    case "u32?":
    case "time":
    case "time?":
    case "seconds?":
      return isU32(value) ? value : undefined;
    case "credential":
    case "credential?":
      return value instanceof Uint8Array && value.length === CREDENTIAL_BYTES ? bytesToHex(value) : undefined;
    case "hex":
      return value instanceof Uint8Array ? bytesToHex(value) : undefined;
    case "bytes?":
      return value instanceof Uint8Array ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "counts":
      return countsFromCbor(value);
  }
  return type satisfies never;
}
