import fc from "fast-check";
import nacl from "tweetnacl";
import { expect, test } from "vitest";
import { isStrictPublicKey, isStrictSignature, verifyStrictly } from "./ed25519.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { nodeSigner, nodeVerifier } from "./node/index.ts";
import { portableSigner, portableVerifier } from "./phone/index.ts";

// The curve of RFC 8032 §5.1, slowly and from its definition: -x² + y² = 1 + d·x²·y² modulo p.
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value: bigint, by = P): bigint => ((value % by) + by) % by;
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [mod(base), exponent]; e > 0n; [b, e] = [mod(b * b), e >> 1n]) if (e & 1n) result = mod(result * b);
  return result;
}
const inverse = (value: bigint): bigint => power(value, P - 2n);
const D = mod(-121665n * inverse(121666n));
interface Point {
  readonly x: bigint;
  readonly y: bigint;
}
const NEUTRAL: Point = { x: 0n, y: 1n };
function add(a: Point, b: Point): Point {
  const t = mod(D * a.x * b.x * a.y * b.y);
  return { x: mod((a.x * b.y + b.x * a.y) * inverse(1n + t)), y: mod((a.y * b.y + a.x * b.x) * inverse(1n - t)) };
}
function times(scalar: bigint, point: Point): Point {
  let result = NEUTRAL;
  for (let [p, s] = [point, scalar]; s > 0n; [p, s] = [add(p, p), s >> 1n]) if (s & 1n) result = add(result, p);
  return result;
}
function pointWithY(y: bigint): Point | undefined {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (P - 1n) / 4n));
  return mod(x * x) === square ? { x, y } : undefined;
}
const littleEndian = (value: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const fromLittleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
const encode = ({ x, y }: Point): Uint8Array => littleEndian(y | ((x & 1n) << 255n));
const BASE: Point = (() => {
  const point = pointWithY(mod(4n * inverse(5n)))!;
  return point.x & 1n ? { x: mod(-point.x), y: point.y } : point;
})();

/** The eight points whose order divides 8: L times any point of the curve is one. */
function smallOrderPoints(): Point[] {
  const found = new Map<string, Point>();
  for (let y = 2n; found.size < 8; y++) {
    const point = pointWithY(y);
    if (point === undefined) continue;
    for (let i = 0n, torsion = times(L, point); i < 8n; i++) {
      const multiple = times(i, torsion);
      found.set(bytesToHex(encode(multiple)), multiple);
    }
  }
  return [...found.values()];
}
const SMALL = smallOrderPoints();
const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

test("the test's curve is the curve: its base point has order L and gives RFC 8032's first key", () => {
  expect(times(L, BASE)).toEqual(NEUTRAL);
  expect(SMALL.map((point) => times(8n, point))).toEqual(SMALL.map(() => NEUTRAL));
});

test("every y below 2²⁵⁵ of a point whose order divides 8 is refused, canonical or not, with either sign", () => {
  const ys = new Set(SMALL.map(({ y }) => y));
  expect(ys.size).toBe(5);
  const encodings = [...ys].flatMap((y) => [y, y + P].filter((value) => value < 2n ** 255n)).flatMap((y) => [littleEndian(y), littleEndian(y | (1n << 255n))]);
  expect(encodings.length).toBe(14);
  expect(encodings.filter(isStrictPublicKey)).toEqual([]);
  expect(encodings.filter((r) => isStrictSignature(concat(r, littleEndian(1n))))).toEqual([]);
});

test("y is strict exactly below p: the numbers next to each bound", () => {
  const around = (value: bigint, ...steps: bigint[]): Uint8Array[] => steps.map((step) => littleEndian(value + step));
  expect(around(P, -3n, -2n).map(isStrictPublicKey)).toEqual([true, true]);
  expect(around(P, -1n, 0n, 1n, 2n, 18n).map(isStrictPublicKey)).toEqual([false, false, false, false, false]);
  expect(around(0n, 0n, 1n, 2n, 3n).map(isStrictPublicKey)).toEqual([false, false, true, true]);
  for (const { y } of SMALL.filter((point) => point.y > 1n && point.y < P - 1n))
    expect(around(y, -1n, 0n, 1n).map(isStrictPublicKey)).toEqual([true, false, true]);
});

test("S is strict exactly below L: the numbers next to the bound", () => {
  const r = encode(BASE);
  const strict = (s: bigint): boolean => isStrictSignature(concat(r, littleEndian(s)));
  expect([0n, 1n, L - 1n].map(strict)).toEqual([true, true, true]);
  expect([L, L + 1n, 2n * L, 2n ** 255n, 2n ** 256n - 1n].map(strict)).toEqual([false, false, false, false, false]);
});

test("byte compares and numbers agree on any 64 bytes", () => {
  const ys = SMALL.map(({ y }) => y);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
      const y = fromLittleEndian(bytes.slice(0, 32)) & (2n ** 255n - 1n);
      const point = y < P && !ys.includes(y);
      expect(isStrictPublicKey(bytes.slice(0, 32))).toBe(point);
      expect(isStrictSignature(bytes)).toBe(point && fromLittleEndian(bytes.slice(32)) < L);
    }),
  );
});

test.each([0, 31, 33, 63, 65, 96])("%d bytes are neither a key nor a signature", (length) => {
  const bytes = new Uint8Array(length).fill(2);
  expect([isStrictPublicKey(bytes), isStrictSignature(bytes)]).toEqual([false, false]);
  const key = nodeSigner(new Uint8Array(32)).publicKey;
  for (const verifier of [nodeVerifier, portableVerifier]) expect(verifier.verify(key, bytes, bytes)).toBe(false);
  for (const verifier of [nodeVerifier, portableVerifier]) expect(verifier.verify(bytes, bytes, new Uint8Array(64))).toBe(false);
});

test.each([
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
])("the seed %s of RFC 8032 §7.1 signs as it says there, and both verifiers take it", (seed, message, signature) => {
  const [bytes, expected] = [hexToBytes(message)!, hexToBytes(signature)!];
  for (const signer of [nodeSigner(hexToBytes(seed)!), portableSigner(hexToBytes(seed)!)]) {
    expect(bytesToHex(signer.sign(bytes))).toBe(signature);
    for (const verifier of [nodeVerifier, portableVerifier]) {
      expect(verifyStrictly(verifier, signer.publicKey, bytes, expected)).toBe(true);
      expect(verifyStrictly(verifier, signer.publicKey, Uint8Array.of(...bytes, 0), expected)).toBe(false);
    }
  }
});

test("a seed of another length is no key", () => {
  for (const make of [nodeSigner, portableSigner]) for (const length of [0, 31, 33, 64]) expect(() => make(new Uint8Array(length))).toThrow("32 bytes");
});

test("without the strict checks a key of small order signs anything; with them it signs nothing", () => {
  const forged = concat(encode(BASE), littleEndian(1n)); // R = B, S = 1: holds for the neutral key whatever the message
  const neutral = encode(NEUTRAL);
  const message = Uint8Array.of(1, 2, 3);
  expect([nodeVerifier, portableVerifier].map((verifier) => verifier.verify(neutral, message, forged))).toEqual([true, true]);
  expect([nodeVerifier, portableVerifier].map((verifier) => verifyStrictly(verifier, neutral, message, forged))).toEqual([false, false]);
});

test("both verifiers judge without the cofactor: a key with a part of order 8 holds only where h divides it away", () => {
  const torsion = SMALL.find((point) => times(4n, point).y !== 1n)!;
  const [a, r] = [123_456_789n, 987_654_321n];
  const publicKey = encode(add(times(a, BASE), torsion));
  const R = encode(times(r, BASE));
  const answers = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const message = Uint8Array.of(i);
    const h = mod(fromLittleEndian(nacl.hash(concat(R, publicKey, message))), L);
    const signature = concat(R, littleEndian(mod(r + h * a, L)));
    const expected = h % 8n === 0n;
    answers.add(String(expected));
    expect([nodeVerifier, portableVerifier].map((verifier) => verifyStrictly(verifier, publicKey, message, signature))).toEqual([expected, expected]);
  }
  expect(answers).toEqual(new Set(["true", "false"]));
});

test("both verifiers give the same answer to any key and signature", () => {
  const thirtyTwo = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(thirtyTwo, thirtyTwo, thirtyTwo, (publicKey, r, s) => {
      const signature = concat(r, s);
      expect(verifyStrictly(nodeVerifier, publicKey, r, signature)).toBe(verifyStrictly(portableVerifier, publicKey, r, signature));
    }),
    { numRuns: 200 },
  );
});
