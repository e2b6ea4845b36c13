import { expect, test } from "vitest";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import type { RootSet } from "./root-signatures.ts";
import type { Signer } from "./signer.ts";
import { acceptTrustList, makeTrustList, type TrustedKey, type TrustList, VALIDITY_MIN_S } from "./trust-list.ts";
import { trustListChanges } from "./trust-list-changes.ts";
import { draftStanding, draftText, finishedDraft, newDraft, readDraft, type ReadDraft, signDraft } from "./trust-list-draft.ts";
import { unixSeconds } from "./units.ts";

const SITE = "demo-campus";
const NOW = 1_800_000_000;
const seeded = (n: number): Signer => nodeSigner(new Uint8Array(32).fill(n));
const [one, two, three, four] = [1, 2, 3, 4].map(seeded) as [Signer, Signer, Signer, Signer];
const rootSet = (version: number, threshold: number, ...roots: Signer[]): RootSet => ({ version, threshold, keys: roots.map(({ publicKey }) => publicKey) });
const OLD = rootSet(1, 2, one, two, three);
const NEW = rootSet(2, 2, two, three, four);
const key = (kid: number, change: Partial<TrustedKey> = {}): TrustedKey => ({ kid, publicKey: seeded(100 + kid).publicKey, usages: ["feed"], notBefore: unixSeconds(NOW), notAfter: unixSeconds(NOW + VALIDITY_MIN_S), ttlS: 0, status: "active", ...change }); // prettier-ignore
const listOf = (sequence: number, roots: RootSet, keys: readonly TrustedKey[], change: Partial<TrustList> = {}): TrustList => ({
  sequence,
  feedEpoch: 1,
  issued: unixSeconds(NOW),
  validUntil: unixSeconds(NOW + VALIDITY_MIN_S),
  roots,
  keys: new Map(keys.map((each) => [each.kid, each])),
  ...change,
});
const first = listOf(7, OLD, [key(1), key(2, { usages: ["T"], ttlS: 30 })]);
const firstBytes = signed(first, one, two);

function signed(list: TrustList, ...signers: Signer[]): Uint8Array {
  const made = makeTrustList(SITE, list, signers);
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}
const opened = (list: TrustList, follows: Uint8Array | undefined = firstBytes): ReadDraft => value(readDraft(draftText(newDraft(SITE, follows, list)), nodeVerifier)); // prettier-ignore
function value<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string; readonly detail: string }): T {
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
}
/** As each holder does it: reads the file, signs, and writes it again. */
const passedOn = (draft: ReadDraft, signer: Signer): ReadDraft => value(readDraft(draftText(value(signDraft(draft, signer))), nodeVerifier));

test("a draft goes from holder to holder as a text, and is a list as soon as the threshold has signed", () => {
  let draft = opened(listOf(8, OLD, [key(1), key(2, { usages: ["T"], ttlS: 30 }), key(3)]));
  draft = passedOn(draft, three);
  expect([draftStanding(draft), finishedDraft(draft)]).toEqual([{ sets: [{ version: 1, signed: 1, threshold: 2, of: 3 }], isReady: false }, undefined]);
  draft = passedOn(passedOn(draft, three), one);
  const accepted = acceptTrustList(first, finishedDraft(draft)!, { site: SITE, pinnedRoots: OLD, verifier: nodeVerifier });
  expect(accepted).toEqual({ ok: true, value: draft.list });
});

test("new roots need the old threshold and the new one", () => {
  let draft = passedOn(passedOn(opened(listOf(8, NEW, [...first.keys.values()])), one), two);
  expect(draftStanding(draft)).toEqual({ sets: [{ version: 1, signed: 2, threshold: 2, of: 3 }, { version: 2, signed: 1, threshold: 2, of: 3 }], isReady: false }); // prettier-ignore
  draft = passedOn(draft, four);
  expect(acceptTrustList(first, finishedDraft(draft)!, { site: SITE, pinnedRoots: OLD, verifier: nodeVerifier })).toMatchObject({ ok: true });
});

test("whoever is no root signs nothing", () => {
  expect(signDraft(opened(listOf(8, OLD, [...first.keys.values()])), four)).toMatchObject({ ok: false, error: "DraftRefused" });
});

test.each<[string, string, string]>([
  ["not JSON", "hello", "DraftMalformed"],
  ["another JSON", "{}", "DraftMalformed"],
  ["hex that is none", draftText(newDraft(SITE, firstBytes, listOf(8, OLD, []))).replace('"payload": "', '"payload": "zz'), "DraftMalformed"],
  ["a list of the same sequence", draftText(newDraft(SITE, firstBytes, first)), "DraftRefused"],
  ["a list without a kid that was there", draftText(newDraft(SITE, firstBytes, listOf(8, OLD, [key(1)]))), "DraftRefused"],
  ["a list that lives too short", draftText(newDraft(SITE, firstBytes, listOf(8, OLD, [...first.keys.values()], { validUntil: unixSeconds(NOW + 5) }))), "DraftRefused"], // prettier-ignore
  ["a list that follows one of another site", draftText(newDraft("other", firstBytes, listOf(8, OLD, [...first.keys.values()]))), "DraftRefused"],
  ["a signature over something else", draftText({ ...newDraft(SITE, firstBytes, listOf(8, OLD, [...first.keys.values()])), signatures: value(signDraft(opened(listOf(9, OLD, [...first.keys.values()])), one)).signatures }), "DraftRefused"], // prettier-ignore
])("%s is no draft that anybody should sign", (_, text, error) => {
  expect(readDraft(text, nodeVerifier)).toMatchObject({ ok: false, error });
});

test("what changes is said in words", () => {
  const next = listOf(8, NEW, [key(1, { status: "retired" }), key(2, { usages: ["T"], ttlS: 30, notAfter: unixSeconds(NOW + 60) }), key(4, { usages: ["feed", "time"] })], { feedEpoch: 2 }); // prettier-ignore
  const text = (time: number): string => `+${time - NOW} s`;
  expect(trustListChanges(first, next, text)).toEqual([
    "list 8, issued +0 s, holds until +7776000 s",
    "the feed begins anew: epoch 1 becomes 2, and every controller fetches its lists afresh",
    expect.stringMatching(
      /^roots become version 2: comes [0-9a-f]{16}; goes [0-9a-f]{16}; 2 of 3 must sign from now on\. This list needs the old threshold and the new one$/,
    ),
    expect.stringMatching(/^key 1 \([0-9a-f]{16}…\) is retired for ever: nothing that it signs counts any more$/),
    expect.stringMatching(/^key 2 \([0-9a-f]{16}…\) signs from \+0 s until \+60 s; its passes live 30 s$/),
    expect.stringMatching(/^new key 4 \([0-9a-f]{16}…\) may sign feed, time, from \+0 s until \+7776000 s$/),
  ]);
  expect(trustListChanges(undefined, first, text)[1]).toBe("the first list: feed epoch 1");
});
