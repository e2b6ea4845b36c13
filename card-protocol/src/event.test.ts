import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { COMMAND_REFUSALS } from "./command.ts";
import { DENY_REASONS } from "./deny-reason.ts";
import { describeEvent, wordZh } from "./describe-event.ts";
import { decodeEvent, drillEvent, encodeEvent, eventCredential, eventOf, type EventRecord, eventSource, EVENT_BYTES_MAX, HASH_BYTES } from "./event.ts";
import { type ControllerEvent, EVENT, EVENT_NAMES, type EventRow, type FieldType, TEXT_MAX } from "./event-table.ts";
import { countsText } from "./event-counts.ts";
import { bytesToHex } from "./hex.ts";
import { INPUT_FAULT } from "./input-fault.ts";
import { READER_REFUSALS } from "./reader-security.ts";
import { unixSeconds } from "./units.ts";

const granted = eventOf("AccessGranted", {
  accessPoint: "gate-1-in",
  credential: "00112233445566ff",
  presentation: "H",
  holder: 7,
  counter: 41,
  signedAt: unixSeconds(1_800_000_000),
  pass: new Uint8Array(96).fill(0x84),
  accessProfile: "students",
  uncertaintyS: 1.02,
  listVersion: 12,
  replayGroup: "main-gate/entry",
});
const record = (event: ControllerEvent): EventRecord => ({ seq: 5, prevHash: new Uint8Array(32).fill(9), at: unixSeconds(1_800_000_001), ms: 250, event });

test.each(EVENT_NAMES)("%s keeps its values through the record's bytes", (name) => {
  fc.assert(
    fc.property(eventNamed(name), fc.option(fc.nat(0xffff_ffff)), fc.integer({ min: 1, max: 0xffff_ffff }), fc.nat(999), (event, at, seq, ms) => {
      const given: EventRecord = { seq, prevHash: new Uint8Array(HASH_BYTES), at: at === null ? null : unixSeconds(at), ms: at === null ? 0 : ms, event };
      expect(decodeEvent(encodeEvent(given))).toEqual({ ok: true, value: given });
    }),
    { numRuns: 40 },
  );
});

test("a granted record reads as its documented array, the source once, the credential as 8 bytes", () => {
  const read = decodeCbor(encodeEvent(record(granted)), 10_000);
  expect(read).toMatchObject({
    value: [
      1,
      5,
      new Uint8Array(32).fill(9),
      1_800_000_001,
      250,
      "AccessGranted",
      "gate-1-in",
      [
        Uint8Array.of(0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0xff),
        "H",
        7,
        41,
        1_800_000_000,
        new Uint8Array(96).fill(0x84),
        "students",
        2,
        12,
        "main-gate/entry",
      ],
    ],
  });
});

test("any bytes read as a record or as EventMalformed, and a record's bytes are the only ones for its values", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damagedRecord()), (bytes) => {
      const read = decodeEvent(bytes);
      expect(read.ok ? encodeEvent(read.value) : bytes).toEqual(bytes);
    }),
    { numRuns: 2000 },
  );
});

const GOOD = ["AccessTaken", "gate-1-in", [4]] as const;
test.each([
  ["a layout of the future", [3, 5, new Uint8Array(32), 1, 0, ...GOOD], "layout 3 is not known"],
  ["seq 0", [1, 0, new Uint8Array(32), 1, 0, ...GOOD], "seq"],
  ["a short hash", [1, 5, new Uint8Array(31), 1, 0, ...GOOD], "prevHash"],
  ["a time in words", [1, 5, new Uint8Array(32), "now", 0, ...GOOD], "at"],
  ["a thousand milliseconds", [1, 5, new Uint8Array(32), 1, 1000, ...GOOD], "ms"],
  ["milliseconds of no time", [1, 5, new Uint8Array(32), null, 1, ...GOOD], "ms"],
  ["an event of the future", [1, 5, new Uint8Array(32), 1, 0, "MoonLanding", null, []], "event MoonLanding is not known"],
  ["a name of every object", [1, 5, new Uint8Array(32), 1, 0, "toString", null, []], "event toString is not known"],
  ["a field too many", [1, 5, new Uint8Array(32), 1, 0, "AccessTaken", "a", [4, 4]], "AccessTaken has 1 fields"],
  ["no source where there is one", [1, 5, new Uint8Array(32), 1, 0, "AccessTaken", null, [4]], "source of AccessTaken"],
  ["a source where there is none", [1, 5, new Uint8Array(32), 1, 0, "ControllerStopped", "a", []], "source of ControllerStopped"],
  ["a word that is none of the list", [1, 5, new Uint8Array(32), 1, 0, "AccessNotTaken", "a", [4, "boredom"]], "cause of AccessNotTaken"],
  ["null in a field that has a value", [1, 5, new Uint8Array(32), 1, 0, "AccessTaken", "a", [null]], "grantedSeq of AccessTaken"],
  ["seven elements", [1, 5, new Uint8Array(32), 1, 0, "AccessTaken", "a"], "not an array of 8"],
])("%s is no record", (_, value, detail) => {
  expect(decodeEvent(encodeCbor(value))).toEqual({ ok: false, error: "EventMalformed", detail });
});

test("what has no place in a chain, or is too long for a record, is the caller's mistake", () => {
  const event = eventOf("RequestToExit", { door: "library" });
  const place = { seq: 1, prevHash: new Uint8Array(32), at: unixSeconds(1), ms: 0, event };
  for (const change of [{ seq: 0 }, { seq: 1.5 }, { prevHash: new Uint8Array(31) }, { ms: 1_000 }, { ms: -1 }, { at: unixSeconds(-1) }])
    expect(() => encodeEvent({ ...place, ...change })).toThrow(RangeError);
  const pass = new Uint8Array(EVENT_BYTES_MAX);
  const refused = { accessPoint: "gate", reason: "PassExpired", detail: "", credential: null, presentation: "H", counter: null, signedAt: null } as const;
  expect(() => encodeEvent({ ...place, event: eventOf("AccessDenied", { ...refused, pass, uncertaintyS: null, listVersion: 1 }) })).toThrow(RangeError);
});

test("the longest texts that a device can send make a record that reads", () => {
  const text = "界".repeat(TEXT_MAX);
  const event = eventOf("DoorFault", { door: text, device: text, error: text, detail: text });
  expect(decodeEvent(encodeEvent(record(event)))).toMatchObject({ ok: true, value: { event: { fields: { detail: text } } } });
});

test("text of any length and with half a character still makes a record that reads", () => {
  const detail = `${"界".repeat(TEXT_MAX - 1)}\ud83d\ude00`;
  const event = eventOf("DeviceOffline", { device: "gate-1-board", error: "Timeout", detail });
  expect(decodeEvent(encodeEvent(record(event)))).toMatchObject({ ok: true, value: { event: { fields: { detail: `${"界".repeat(TEXT_MAX - 1)}\ufffd` } } } });
});

test.each([
  ["a credential that is none", { ...granted.fields, credential: "0011" }],
  ["a holder below zero", { ...granted.fields, holder: -1 }],
  ["a presentation of another kind", { ...granted.fields, presentation: "smile" }],
  ["null where a value belongs", { ...granted.fields, accessProfile: null }],
])("%s is never written", (_, fields) => {
  expect(() => encodeEvent(record({ name: "AccessGranted", fields } as unknown as ControllerEvent))).toThrow(RangeError);
});

test.each(EVENT_NAMES)("the sentence of %s names fields of it; its source comes first, and there is at most one", (name) => {
  const row: EventRow = EVENT[name];
  const types = Object.values(row.fields);
  expect([...row.en.matchAll(/\{(\w+)\}/g)].map(([, field]) => field).filter((field) => !Object.hasOwn(row.fields, field ?? ""))).toEqual([]);
  expect(types.filter((type) => type === "source")).toEqual(types[0] === "source" ? ["source"] : []);
  expect(row.en).toMatch(/^[A-Z{].*\.$/);
});

test("an event says in one sentence what happened, where, and to which credential", () => {
  expect(describeEvent(granted)).toBe("gate-1-in let credential 00112233445566ff in by H, as students allows.");
  expect([eventSource(granted), eventCredential(granted)]).toEqual(["gate-1-in", "00112233445566ff"]);
  const gap = eventOf("AuditGap", { cause: "power cut", firstSeq: null, lastSeq: null, windowMs: 200 });
  expect(describeEvent(gap)).toBe("Events may be missing here: power cut; from unknown to unknown, at most 200 ms.");
  const loaded = eventOf("TrustListLoaded", { sequence: 7, validUntil: unixSeconds(1_800_000_000) });
  expect(describeEvent(loaded)).toBe("Trust list 7 was loaded; it holds until 2027-01-15T08:00:00Z.");
  expect(describeEvent(loaded, "zh")).toBe("已载入信任列表 7，有效至 2027-01-15T08:00:00Z。");
  expect([eventSource(gap), eventCredential(gap)]).toEqual([null, null]);
});

test("an event is told in Chinese with the same fields: words of its lists by a table, names of documents as they are", () => {
  const zh = (event: ControllerEvent): string => describeEvent(event, "zh");
  expect(zh(granted)).toBe("gate-1-in 放行凭证 00112233445566ff（H 码），依据权限组 students。");
  expect(zh(eventOf("AuditGap", { cause: "power cut", firstSeq: null, lastSeq: null, windowMs: 200 }))).toBe(
    "此处可能缺少事件：断电；从 未知 到 未知，最多 200 毫秒。",
  );
  const locked = eventOf("DoorModeChanged", { door: "library", mode: "LockedDown", by: "guard", reason: "" });
  expect([zh(locked), zh(drillEvent(locked))]).toEqual([
    "guard 将门 library 设为紧急封锁（LockedDown）；原因：无。",
    "演练：guard 将门 library 设为紧急封锁（LockedDown）；原因：无。",
  ]);
  const fault = { device: "gate", input: 3, use: "gate-1", fault: "cut", remedy: INPUT_FAULT.cut.en } as const;
  expect(zh(eventOf("InputFault", fault))).toBe(`gate-1 的线路（gate 的输入 3）故障：断线（cut）；${INPUT_FAULT.cut.zh}。`);
  expect(zh(eventOf("FireInput", { door: "library", active: true }))).toBe("门 library 的消防联动输入发生变化；火警：是。");
});

test.each(EVENT_NAMES)("the sentence of %s is there in Chinese, and tells the same fields", (name) => {
  const { en, zh }: EventRow = EVENT[name];
  const fields = (sentence: string): readonly string[] => (sentence.match(/\{\w+\}/g) ?? []).sort();
  expect(fields(zh)).toEqual(fields(en));
  expect(zh).toMatch(/[\u4e00-\u9fff].*。$/);
});

test("every word of an event's lists is told in Chinese, but for names that documents have sections of", () => {
  const named: readonly string[] = [...DENY_REASONS, ...COMMAND_REFUSALS, ...READER_REFUSALS];
  const words = new Set(EVENT_NAMES.flatMap((name) => Object.values<FieldType>((EVENT[name] as EventRow).fields).flatMap((type) => (typeof type === "string" ? [] : type)))); // prettier-ignore
  expect([...words].filter((word) => wordZh(word) === word && !named.includes(word))).toEqual([]);
});

function eventNamed(name: (typeof EVENT_NAMES)[number]): fc.Arbitrary<ControllerEvent> {
  const fields = Object.fromEntries(Object.entries<FieldType>((EVENT[name] as EventRow).fields).map(([field, type]) => [field, valueOf(type)]));
  return fc.record(fields, { noNullPrototype: true }).map((values) => ({ name, fields: values }) as unknown as ControllerEvent);
}

/** Whatever a text may be: U+FEFF would read back as U+FFFD. */
const anyText = fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.replaceAll("\ufeff", ""));

function valueOf(type: FieldType): fc.Arbitrary<unknown> {
  if (typeof type !== "string") return fc.constantFrom(...type);
  const base = type.replace("?", "");
  const present = {
    source: anyText,
    text: anyText,
    u32: fc.nat(0xffff_ffff),
    time: fc.nat(0xffff_ffff),
    seconds: fc.nat(300),
    credential: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(bytesToHex),
    hex: fc.uint8Array({ maxLength: 32 }).map(bytesToHex),
    bytes: fc.uint8Array({ maxLength: 110 }),
    boolean: fc.boolean(),
    counts: fc
      .dictionary(fc.constantFrom(...EVENT_NAMES), fc.integer({ min: 1, max: 0xffff_ffff }))
      .map((counts) => countsText(new Map(Object.entries(counts)))),
  }[base]!;
  return type.endsWith("?") ? fc.option<unknown>(present) : present;
}

function damagedRecord(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.oneof(...EVENT_NAMES.map(eventNamed)), fc.nat(), fc.nat(255)).map(([event, at, byte]) => {
    const bytes = encodeEvent(record(event));
    bytes[at % bytes.length] = byte;
    return bytes;
  });
}
