import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { countsText } from "./event-counts.ts";
import { type EventCheckpoint, fitsBehind, makeEventCheckpoint, readEventCheckpoint } from "./event-checkpoint.ts";
import { EVENT_NAMES } from "./event-table.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { RECORD, sign1 } from "./signed.ts";
import { kidBytes, type TrustedKey, type TrustList } from "./trust-list.ts";
import { U32_MAX, unixSeconds } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

const now = unixSeconds(1_800_000_000);
const [feedKey, timeKey] = [nodeSigner(new Uint8Array(32).fill(1)), nodeSigner(new Uint8Array(32).fill(2))];
const SITE = "demo-campus";
const key = (kid: number, usage: "feed" | "time", change: Partial<TrustedKey> = {}): [number, TrustedKey] => [
  kid,
  { kid, publicKey: (usage === "feed" ? feedKey : timeKey).publicKey, usages: [usage], notBefore: now, notAfter: unixSeconds(now + 1000), ttlS: 0, status: "active", ...change }, // prettier-ignore
];
const list = (sequence: number, ...keys: [number, TrustedKey][]): TrustList => ({
  sequence,
  issued: now,
  validUntil: unixSeconds(now + 1e7),
  feedEpoch: 1,
  roots: { version: 1, threshold: 1, keys: [] },
  keys: new Map(keys),
});
const LISTS = [list(1, key(2, "time")), list(2, key(1, "feed"), key(2, "time")), list(3, key(1, "feed", { status: "retired" }), key(2, "time"))];

const [before, after] = [new Uint8Array(32).fill(0xb0), new Uint8Array(32).fill(0xa0)];
const STANDS: EventCheckpoint = {
  controller: "gate-house",
  machine: 2,
  before: { seq: 40, hash: before },
  after: { seq: 57, hash: after },
  kinds: "AccessGranted 12, AccessTaken 5",
  missing: 3,
  at: now,
  trustListSequence: 2,
};
const made = (change: Partial<EventCheckpoint> = {}): Uint8Array => makeEventCheckpoint(SITE, { ...STANDS, ...change }, kidBytes(1), feedKey);
const read = (bytes: Uint8Array, lists = LISTS) => readEventCheckpoint(bytes, SITE, lists, nodeVerifier);

test("what was signed is read again, though its key was retired since; of every kind of event it counts, too", () => {
  expect(read(made())).toEqual({ ok: true, value: STANDS });
  const kinds = countsText(new Map(EVENT_NAMES.map((name) => [name, 30_000_000])));
  const largest: EventCheckpoint = { ...STANDS, controller: "g".repeat(64), machine: U32_MAX, before: { seq: 0, hash: before }, after: { seq: EVENT_NAMES.length * 30_000_000, hash: after }, kinds }; // prettier-ignore
  const bytes = made(largest);
  expect([bytes.length < RECORD.checkpoint.bytesMax * 0.75, read(bytes)]).toEqual([true, { ok: true, value: largest }]);
});

test.each([
  ["fewer than its numbers say", { kinds: "AccessGranted 12, AccessTaken 4" }],
  ["more than its numbers say", { kinds: "AccessGranted 12, AccessTaken 6" }],
  ["more missing than there are", { missing: 18 }],
  ["what is no list of counts", { kinds: "seventeen" }],
  ["nothing", { kinds: "", after: { seq: 40, hash: after }, missing: 0 }],
])("none is signed that counts %s", (_, change) => {
  expect(() => made(change)).toThrow(RangeError);
});

const payload = (change: Readonly<Record<number, CborValue>> = {}): Uint8Array =>
  sign1("checkpoint", SITE, kidBytes(1), encodeCbor([1, "gate-house", 2, 41, 57, before, after, [["AccessGranted", 12], ["AccessTaken", 5]], 3, now, 2].map((value, at) => change[at] ?? value)), feedKey); // prettier-ignore
test.each([
  ["a bit turned", made().map((byte, at) => (at === 60 ? byte ^ 1 : byte)), "SignatureInvalid"],
  ["the signature of another site", makeEventCheckpoint("campus-west", STANDS, kidBytes(1), feedKey), "SignatureInvalid"],
  ["a stranger's signature under the cloud's kid", makeEventCheckpoint(SITE, STANDS, kidBytes(1), timeKey), "SignatureInvalid"],
  ["a key of another usage", makeEventCheckpoint(SITE, STANDS, kidBytes(2), timeKey), "KeyUntrusted"],
  ["a kid that stands nowhere", makeEventCheckpoint(SITE, STANDS, kidBytes(9), feedKey), "KeyUntrusted"],
  ["a trust list that there is not", made({ trustListSequence: 7 }), "KeyUntrusted"],
  ["a trust list from before its key", made({ trustListSequence: 1 }), "KeyUntrusted"],
  ["a trust list by which its key was retired", made({ trustListSequence: 3 }), "KeyUntrusted"],
  ["a time before its key began", made({ at: unixSeconds(now - 1) }), "KeyUntrusted"],
  ["a time when its key had ended", made({ at: unixSeconds(now + 1000) }), "KeyUntrusted"],
  ["another form", payload({ 0: 2 }), "RecordMalformed"],
  ["half a hash", payload({ 5: before.subarray(0, 16) }), "RecordMalformed"],
  ["machine 0", payload({ 2: 0 }), "RecordMalformed"],
  ["event 0", payload({ 3: 0 }), "RecordMalformed"],
  ["its counts as text", payload({ 7: "AccessGranted 12, AccessTaken 5" }), "RecordMalformed"],
  ["its kinds exchanged", payload({ 7: [["AccessTaken", 5], ["AccessGranted", 12]] }), "RecordMalformed"], // prettier-ignore
  ["a count too few", payload({ 7: [["AccessGranted", 12], ["AccessTaken", 4]] }), "RecordMalformed"], // prettier-ignore
  ["too many bytes", new Uint8Array(RECORD.checkpoint.bytesMax + 1), "RecordTooLarge"],
])("a checkpoint with %s is not believed", (_, bytes, error) => {
  expect(read(bytes)).toMatchObject({ ok: false, error });
});

test("without any trust list none is believed", () => {
  expect(read(made(), [])).toMatchObject({ ok: false, error: "KeyUntrusted" });
});

const here = { controller: "gate-house", machine: 2 };
test.each([
  ["where it belongs", here, STANDS.before, true],
  ["in another controller's chain", { ...here, controller: "library" }, STANDS.before, false],
  ["in another machine's chain", { ...here, machine: 1 }, STANDS.before, false],
  ["an event later", here, { seq: 41, hash: before }, false],
  ["behind another event of that number", here, { seq: 40, hash: after }, false],
])("it fits %s: %s", (_, chain, end, fits) => {
  expect(fitsBehind(STANDS, chain, end)).toBe(fits);
});
