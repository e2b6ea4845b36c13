import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import {
  CONFIGURATION_BYTES_MAX,
  type ConfigurationRecord,
  judgeConfiguration,
  makeConfigurationRecord,
  readConfigurationRecord,
} from "./configuration-record.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { RECORD, sign1 } from "./signed.ts";
import { keysFor, kidBytes, type TrustList } from "./trust-list.ts";
import { unixSeconds } from "./units.ts";

const now = unixSeconds(1_800_000_000);
const [feedKey, timeKey] = [nodeSigner(new Uint8Array(32).fill(1)), nodeSigner(new Uint8Array(32).fill(2))];
const key = { notBefore: now, notAfter: unixSeconds(now + 1000), ttlS: 0, status: "active" } as const;
const list: TrustList = {
  sequence: 1,
  issued: now,
  validUntil: unixSeconds(now + 1000),
  feedEpoch: 3,
  roots: { version: 1, threshold: 1, keys: [] },
  keys: new Map([
    [1, { ...key, kid: 1, publicKey: feedKey.publicKey, usages: ["feed"] }],
    [2, { ...key, kid: 2, publicKey: timeKey.publicKey, usages: ["time"] }],
  ]),
};
const SITE = "demo-campus";
const RECORD_OF: ConfigurationRecord = { controller: "gate-house", epoch: 3, number: 7, issued: now, text: new TextEncoder().encode("[site]\n") };
const made = makeConfigurationRecord(SITE, RECORD_OF, kidBytes(1), feedKey);
const read = (bytes: Uint8Array, site = SITE) => readConfigurationRecord(bytes, site, keysFor(list, "feed", "untrusted"), nodeVerifier);
const signed = (payload: Parameters<typeof encodeCbor>[0]) => sign1("configuration", SITE, kidBytes(1), encodeCbor(payload), feedKey);

test("what was signed for a site is read again, the longest too, and no longer one is signed", () => {
  expect(read(made)).toEqual({ ok: true, value: RECORD_OF });
  const longest = { ...RECORD_OF, text: new Uint8Array(CONFIGURATION_BYTES_MAX) };
  const bytes = makeConfigurationRecord(SITE, longest, kidBytes(1), feedKey);
  expect([bytes.length <= RECORD.configuration.bytesMax, read(bytes)]).toEqual([true, { ok: true, value: longest }]);
  expect(() => makeConfigurationRecord(SITE, { ...RECORD_OF, text: new Uint8Array(CONFIGURATION_BYTES_MAX + 1) }, kidBytes(1), feedKey)).toThrow(RangeError);
});

test.each([
  ["with a bit turned", made.map((byte, at) => (at === made.length - 70 ? byte ^ 1 : byte)), "SignatureInvalid"],
  ["for another site", makeConfigurationRecord("other", RECORD_OF, kidBytes(1), feedKey), "SignatureInvalid"],
  ["by a time key", makeConfigurationRecord(SITE, RECORD_OF, kidBytes(2), timeKey), "KeyUntrusted"],
  ["that is a head", sign1("head", SITE, kidBytes(1), encodeCbor([1, "gate-house", 3, 7, now, RECORD_OF.text]), feedKey), "SignatureInvalid"],
  ["of another form", signed([2, "gate-house", 3, 7, now, RECORD_OF.text]), "RecordMalformed"],
  ["with its text as text", signed([1, "gate-house", 3, 7, now, "[site]\n"]), "RecordMalformed"],
  ["with a field more", signed([1, "gate-house", 3, 7, now, RECORD_OF.text, 1]), "RecordMalformed"],
  ["with a text too long", signed([1, "gate-house", 3, 7, now, new Uint8Array(CONFIGURATION_BYTES_MAX + 1)]), "RecordMalformed"],
  ["of too many bytes", new Uint8Array(RECORD.configuration.bytesMax + 1), "RecordTooLarge"],
])("a record %s is refused", (_, bytes, error) => {
  expect(read(bytes)).toMatchObject({ ok: false, error });
});

const given = { controller: "gate-house", epoch: 3, number: 7, hash: "aa" };
const last = { epoch: 3, number: 7, hash: "aa" };
test.each([
  ["the first of all", given, undefined, "newer"],
  ["a higher number", { ...given, number: 8 }, last, "newer"],
  ["a higher epoch with a lower number", { ...given, number: 1 }, { ...last, epoch: 2 }, "newer"],
  ["the very one", given, last, "again"],
  ["another controller's", { ...given, controller: "library" }, undefined, "ConfigurationForAnother"],
  ["an epoch above the trust list's", { ...given, epoch: 4 }, undefined, "ConfigurationFastForward"],
  ["a lower number", { ...given, number: 6 }, last, "ConfigurationRollback"],
  ["a lower epoch with a higher number", { ...given, epoch: 2, number: 9 }, last, "ConfigurationRollback"],
  ["another text under the same number", { ...given, hash: "bb" }, last, "ConfigurationFork"],
])("%s is judged", (_, record, taken, expected) => {
  const judged = judgeConfiguration(record, "gate-house", 3, taken);
  expect(judged.ok ? judged.value : judged.error).toBe(expected);
});
