import { expect, test } from "vitest";
import { sameBytes } from "../bytes.ts";
import { keyId } from "../cose.ts";
import { readEventBatch } from "../event-batch.ts";
import { decodeEvent, encodeEvent, EVENT_LAYOUT } from "../event.ts";
import { verifyChain } from "../event-chain.ts";
import { EVENT_NAMES } from "../event-table.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { nodeVerifier } from "../node/node-ed25519.ts";
import { nodeSha256 } from "../node/sha256.ts";
import { portableVerifier } from "../phone/portable-ed25519.ts";
import { err, ok } from "../result.ts";
import { type KeyFor, RECORD, verify1 } from "../signed.ts";
import { acceptTrustList, kidBytes, type TrustList } from "../trust-list.ts";
import type { BatchVector } from "./batch-cases.ts";
import type { ChainVector, EventVector } from "./event-cases.ts";
import { recordVectorFiles } from "./record-vectors.ts";
import type { SignedVector } from "./signed-cases.ts";
import type { TrustListVector } from "./trust-list-cases.ts";

const files = recordVectorFiles(nodeSha256);
const made = (name: string): string => files.find((file) => file.name === name)!.text;
const bytesOf = (hex: string): Uint8Array => hexToBytes(hex)!;
const VERIFIERS = [
  ["node:crypto", nodeVerifier],
  ["tweetnacl", portableVerifier],
] as const;

test.each(files)("vectors/$name is what the fixed seeds give: `npm run vectors` rewrites it", async ({ name, text }) => {
  await expect(text).toMatchFileSnapshot(new URL(`../../vectors/${name}`, import.meta.url).pathname);
});

const signed = JSON.parse(made("signed.json")) as { readonly publicKey: string; readonly vectors: readonly SignedVector[] };
const signedKey = bytesOf(signed.publicKey);
const keyFor: KeyFor = (kid) => (sameBytes(kid, kidBytes(3)) || sameBytes(kid, keyId(signedKey)) ? ok(signedKey) : err("KeyUntrusted"));

test.each(VERIFIERS)("every signed record has its outcome by %s", (_, verifier) => {
  for (const { id, kind, site, bytes, expected, payload } of signed.vectors) {
    const record = verify1(kind, site, bytesOf(bytes), keyFor, verifier);
    expect({ id, outcome: record.ok ? "ok" : record.error, payload: record.ok ? bytesToHex(record.value.payload) : undefined }).toEqual({
      id,
      outcome: expected,
      payload,
    });
  }
});

test("every kind of record has a good vector, and one as every other kind", () => {
  const kinds = Object.keys(RECORD);
  expect(signed.vectors.filter(({ expected }) => expected === "ok").map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
  for (const kind of kinds) expect(signed.vectors.filter((each) => each.kind === kind && each.flags.includes("Kind")).length).toBeGreaterThanOrEqual(16);
});

const trust = JSON.parse(made("trust-list.json")) as {
  readonly site: string;
  readonly pinnedRoots: { readonly version: number; readonly threshold: number; readonly keys: readonly string[] };
  readonly vectors: readonly TrustListVector[];
};

test.each(VERIFIERS)("every arrival of a trust list has its outcome by %s", (_, verifier) => {
  const context = { site: trust.site, pinnedRoots: { ...trust.pinnedRoots, keys: trust.pinnedRoots.keys.map(bytesOf) }, verifier };
  for (const { id, arrivals } of trust.vectors) {
    let current: TrustList | undefined;
    const outcomes = arrivals.map(({ bytes }) => {
      const accepted = acceptTrustList(current, bytesOf(bytes), context);
      if (accepted.ok) current = accepted.value;
      return { expected: accepted.ok ? "ok" : accepted.error, sequence: current?.sequence ?? null };
    });
    expect({ id, outcomes }).toEqual({ id, outcomes: arrivals.map(({ expected, sequence }) => ({ expected, sequence })) });
  }
});

const events = JSON.parse(made("events.json")) as {
  readonly layout: number;
  readonly chain: readonly EventVector[];
  readonly vectors: readonly ChainVector[];
  readonly batches: readonly BatchVector[];
};

test("every event stands in the chain, reads as its fields and has its hash", () => {
  expect(events.layout).toBe(EVENT_LAYOUT);
  expect(new Set(events.chain.map(({ name }) => name))).toEqual(new Set(EVENT_NAMES.filter((name) => name !== "GapRecord")));
  for (const { seq, name, fields, record, hash } of events.chain) {
    const read = decodeEvent(bytesOf(record));
    if (!read.ok) throw new Error(read.detail);
    const asJson = Object.fromEntries(
      Object.entries<unknown>(read.value.event.fields).map(([field, value]) => [field, value instanceof Uint8Array ? bytesToHex(value) : value]),
    );
    expect({ seq: read.value.seq, name: read.value.event.name, fields: asJson }).toEqual({ seq, name, fields });
    expect(bytesToHex(encodeEvent(read.value))).toBe(record);
    expect(bytesToHex(nodeSha256(bytesOf(record)))).toBe(hash);
  }
});

test("every selection of the chain is whole or broken where it says", () => {
  for (const { comment, records, expected } of events.vectors)
    expect({ comment, ...verifyChain(records.map(bytesOf), nodeSha256) }).toMatchObject({ comment, ...expected });
});

test.each(VERIFIERS)("every signed batch has its outcome by %s", (_, verifier) => {
  for (const { comment, site, publicKey, bytes, expected } of events.batches) {
    const key = bytesOf(publicKey);
    const read = readEventBatch(bytesOf(bytes), site, (kid) => (sameBytes(kid, keyId(key)) ? ok(key) : err("KeyUntrusted")), verifier, nodeSha256);
    if (!read.ok) {
      expect({ comment, kind: read.error }).toEqual({ comment, kind: expected.kind });
      continue;
    }
    const { batch, links, end } = read.value;
    const found = {
      kind: "ok",
      controller: batch.controller,
      firstSeq: batch.from.seq + 1,
      records: links.length,
      lastSeq: end.seq,
      lastHash: bytesToHex(end.hash),
    };
    expect({ comment, ...found }).toEqual({ comment, ...expected });
  }
});
