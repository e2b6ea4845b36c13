import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { RECORD, sign1 } from "./signed.ts";
import { makeTimeFrame, readTimeFrame, type TimeRequest } from "./time-frame.ts";
import { keysFor, kidBytes, type TrustList } from "./trust-list.ts";
import { unixSeconds } from "./units.ts";

const now = unixSeconds(1_800_000_000);
const timeKey = nodeSigner(new Uint8Array(32).fill(1));
const feedKey = nodeSigner(new Uint8Array(32).fill(2));
const key = { notBefore: now, notAfter: unixSeconds(now + 1000), ttlS: 0, status: "active" } as const;
const list: TrustList = {
  sequence: 1,
  issued: now,
  validUntil: unixSeconds(now + 1000),
  feedEpoch: 1,
  roots: { version: 1, threshold: 1, keys: [] },
  keys: new Map([
    [1, { ...key, kid: 1, publicKey: timeKey.publicKey, usages: ["time"] }],
    [2, { ...key, kid: 2, publicKey: feedKey.publicKey, usages: ["feed"] }],
  ]),
};
const request: TimeRequest = { controller: "gate-house", nonce: new Uint8Array(16).fill(7) };
const frame = makeTimeFrame("demo-campus", request, now, kidBytes(1), timeKey);
const read = (bytes: Uint8Array, asked = request, site = "demo-campus") => readTimeFrame(bytes, site, asked, keysFor(list, "time", "untrusted"), nodeVerifier);

test("a frame that answers the request gives its time, also to a clock that nobody trusts", () => {
  expect(read(frame)).toEqual({ ok: true, value: now });
  expect(frame.length).toBeLessThanOrEqual(RECORD.time.bytesMax);
});

test.each([
  ["of another nonce", frame, { ...request, nonce: new Uint8Array(16) }, "TimeFrameMismatch"],
  ["for another controller", frame, { ...request, controller: "library" }, "TimeFrameMismatch"],
  ["by a feed key", makeTimeFrame("demo-campus", request, now, kidBytes(2), feedKey), request, "KeyUntrusted"],
  ["by a feed key under the time key's kid", makeTimeFrame("demo-campus", request, now, kidBytes(1), feedKey), request, "SignatureInvalid"],
  ["signed for another site", makeTimeFrame("other", request, now, kidBytes(1), timeKey), request, "SignatureInvalid"],
  [
    "naming another site inside",
    sign1("time", "demo-campus", kidBytes(1), encodeCbor(["other", "gate-house", request.nonce, now]), timeKey),
    request,
    "TimeFrameMismatch",
  ],
  [
    "with a time in words",
    sign1("time", "demo-campus", kidBytes(1), encodeCbor(["demo-campus", "gate-house", request.nonce, "now"]), timeKey),
    request,
    "RecordMalformed",
  ],
  [
    "with a field more",
    sign1("time", "demo-campus", kidBytes(1), encodeCbor(["demo-campus", "gate-house", request.nonce, now, 1]), timeKey),
    request,
    "RecordMalformed",
  ],
])("a frame %s is refused", (_, bytes, asked, error) => {
  expect(read(bytes, asked)).toMatchObject({ ok: false, error });
});
