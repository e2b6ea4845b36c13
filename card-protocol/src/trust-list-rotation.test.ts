import { expect, test } from "vitest";
import { nodeSigner } from "./node/node-ed25519.ts";
import { decodeTrustList, encodeTrustList, judgeSuccessor, type TrustedKey, type TrustList, VALIDITY_MIN_S } from "./trust-list.ts";
import { type ComingKey, rotatedTrustList, type Rotation } from "./trust-list-rotation.ts";
import { unixSeconds } from "./units.ts";

const NOW = 1_800_000_000;
const DAY = 86_400;
const publicKey = (n: number): Uint8Array => nodeSigner(new Uint8Array(32).fill(n)).publicKey;
const coming = (n: number, ...usages: ComingKey["usages"]): ComingKey => ({ publicKey: publicKey(n), usages, ttlS: usages.includes("T") ? 30 : 0 });
const rotation = (change: Partial<Rotation> = {}): Rotation => ({
  issued: unixSeconds(NOW),
  validUntil: unixSeconds(NOW + VALIDITY_MIN_S),
  coming: [],
  begins: unixSeconds(NOW + 14 * DAY),
  lifeS: 400 * DAY,
  overlapS: 7 * DAY,
  retired: [],
  roots: undefined,
  raisesEpoch: false,
  ...change,
});
const first = rotatedTrustList(undefined, rotation({ begins: unixSeconds(NOW), coming: [coming(1, "feed", "time"), coming(2, "T"), coming(3, "command")], roots: { threshold: 2, keys: [publicKey(101), publicKey(102), publicKey(103)] } })); // prettier-ignore
const endOf = (list: TrustList, kid: number): number => (list.keys.get(kid)!.notAfter - NOW) / DAY;
/** As controllers and root holders judge it. */
function judged(next: TrustList): string {
  const read = decodeTrustList(encodeTrustList(next));
  const successor = judgeSuccessor(first, next, first.roots);
  return !read.ok ? read.detail : successor.ok ? "ok" : successor.error;
}

test("the first list names its roots and keys, by kids from 1 on", () => {
  expect([first.sequence, first.feedEpoch, first.roots.version, [...first.keys.keys()], decodeTrustList(encodeTrustList(first)).ok]).toEqual([1, 1, 1, [1, 2, 3], true]); // prettier-ignore
});

test("a new key begins later, and the old one of its usages ends behind that; a key of other usages stays", () => {
  const next = rotatedTrustList(first, rotation({ coming: [coming(4, "T"), coming(5, "feed")] }));
  expect([judged(next), endOf(next, 2), endOf(next, 3), [...next.keys.keys()]]).toEqual(["ok", 21, 400, [1, 2, 3, 4, 5]]);
  // The time is not renewed, so the key that signs both goes on.
  expect(endOf(next, 1)).toBe(400);
  expect(endOf(rotatedTrustList(first, rotation({ coming: [coming(4, "feed", "time")] })), 1)).toBe(21);
});

test("a retired key keeps its kid and its end; nothing else changes", () => {
  const next = rotatedTrustList(first, rotation({ retired: [2], coming: [coming(4, "T")] }));
  expect([judged(next), next.keys.get(2)]).toEqual(["ok", { ...(first.keys.get(2) as TrustedKey), status: "retired" }]);
});

test("other roots are the next version, the same ones none; the epoch rises when it is asked for", () => {
  const keys = [publicKey(101), publicKey(102), publicKey(104)];
  const changed = rotatedTrustList(first, rotation({ roots: { threshold: 2, keys }, raisesEpoch: true }));
  expect([judged(changed), changed.roots.version, changed.feedEpoch]).toEqual(["ok", 2, 2]);
  expect(rotatedTrustList(first, rotation({ roots: { threshold: 2, keys: [...first.roots.keys].reverse() } })).roots).toBe(first.roots);
});
