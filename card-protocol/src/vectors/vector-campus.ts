import { bytesToHex } from "../hex.ts";
import type { VerifiedPass } from "../pass.ts";
import { makeChallengedPass, makeHeldPass, makeIssuedPass, type HeldPassFields, type SignedPass } from "../phone/make-pass.ts";
import { nodeSigner } from "../node/node-ed25519.ts";
import type { Signer } from "../signer.ts";
import { U32_MAX, unixSeconds } from "../units.ts";
import type { Expected, Given } from "./vector.ts";

/** 2027-01-15T08:00:00Z. */
export const NOW = 1_800_000_000;
export const SITE = "campus-east";
/** Lifetime of kid 1's passes, seconds. */
export const TTL_S = 30;
export const CHALLENGE = "c0ffee0123456789";

/** Keys of the vectors: seeds of 32 equal bytes, known to everybody. */
export const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
export const KEY = {
  issuer: nodeSigner(seedOf(0x11)),
  slowIssuer: nodeSigner(seedOf(0x12)),
  feed: nodeSigner(seedOf(0x13)),
  phone: nodeSigner(seedOf(0x21)),
  otherPhone: nodeSigner(seedOf(0x22)),
  stranger: nodeSigner(seedOf(0x31)),
} as const satisfies Record<string, Signer>;

/** Credentials of the vectors: by what they take. */
export const CREDENTIAL = {
  held: "a1a2a3a4a5a6a7a8",
  issuedOnly: "b1b2b3b4b5b6b7b8",
  both: "c1c2c3c4c5c6c7c8",
  heldNotChallenged: "d1d2d3d4d5d6d7d8",
  unknown: "e1e2e3e4e5e6e7e8",
} as const;

const hexKey = (signer: Signer): string => bytesToHex(signer.publicKey);
const issuerKey = { notBefore: NOW - 86_400, notAfter: NOW + 86_400, ttlS: TTL_S, status: "active" } as const;
const row = { takesIssuedUntil: null, suspension: null, validFrom: 0, validUntil: U32_MAX } as const;

/** The controller of every vector that does not say otherwise. */
export const GIVEN: Given = {
  site: SITE,
  wall: { now: NOW, uncertaintyS: 0 },
  issuerKeys: [
    { ...issuerKey, kid: 1, publicKey: hexKey(KEY.issuer), usages: ["T"] },
    { ...issuerKey, kid: 2, publicKey: hexKey(KEY.slowIssuer), usages: ["T", "feed"], ttlS: 120 },
    { ...issuerKey, kid: 3, publicKey: hexKey(KEY.feed), usages: ["feed", "command", "ticket", "time"] },
    { ...issuerKey, kid: 4, publicKey: hexKey(KEY.issuer), usages: ["T"], status: "retired" },
    { ...issuerKey, kid: 0xfffe, publicKey: hexKey(KEY.issuer), usages: ["T"] },
  ],
  credentials: [
    { ...row, id: CREDENTIAL.held, publicKey: hexKey(KEY.phone), takes: ["H", "HC"] },
    { ...row, id: CREDENTIAL.issuedOnly, publicKey: null, takes: ["T"] },
    { ...row, id: CREDENTIAL.both, publicKey: hexKey(KEY.otherPhone), takes: ["T", "H", "HC"], takesIssuedUntil: NOW },
    { ...row, id: CREDENTIAL.heldNotChallenged, publicKey: hexKey(KEY.otherPhone), takes: ["H"] },
  ],
  challengeDemanded: false,
  openChallenges: [CHALLENGE],
  untrustedWindow: null,
  verifyDespiteTime: true,
  spent: { T: null, H: null },
  before: null,
};

/** What a case changes in an otherwise good pass. */
export interface IssuedChange {
  readonly site?: string;
  readonly credentialId?: string;
  readonly kid?: number;
  readonly expiresAt?: number;
}
export interface HeldChange extends Partial<Omit<HeldPassFields, "signedAt">> {
  readonly signedAt?: number;
  readonly challenge?: string;
}

/** A T of kid 1 that is 10 s old at {@link NOW}. */
export function issued(change: IssuedChange = {}, signer: Signer = KEY.issuer): SignedPass {
  return makeIssuedPass(
    {
      site: change.site ?? SITE,
      credentialId: change.credentialId ?? CREDENTIAL.issuedOnly,
      kid: change.kid ?? 1,
      expiresAt: unixSeconds(change.expiresAt ?? NOW + 20),
    },
    signer,
  );
}

/** An H that is 5 s old at {@link NOW}. */
export function held(change: HeldChange = {}, signer: Signer = KEY.phone): SignedPass {
  return makeHeldPass(heldFields(change), signer);
}

/** An HC that answers {@link CHALLENGE}. */
export function challenged(change: HeldChange = {}, signer: Signer = KEY.phone): SignedPass {
  const challenge = Uint8Array.from((change.challenge ?? CHALLENGE).match(/../g)!, (two) => parseInt(two, 16));
  return makeChallengedPass({ ...heldFields(change), challenge }, signer);
}

function heldFields(change: HeldChange): HeldPassFields {
  return {
    site: change.site ?? SITE,
    credentialId: change.credentialId ?? CREDENTIAL.held,
    signedAt: unixSeconds(change.signedAt ?? NOW - 5),
    counter: change.counter ?? 1000,
  };
}

type Who = NonNullable<Expected["pass"]>;
/** What a verifier says of {@link issued}, {@link held} and {@link challenged}. */
export const who = {
  T: (change: Partial<Who> = {}): Who => ({ kind: "T", credentialId: CREDENTIAL.issuedOnly, signedAt: NOW + 20 - TTL_S, counter: NOW + 20, ...change }),
  H: (change: Partial<Who> = {}): Who => ({ kind: "H", credentialId: CREDENTIAL.held, signedAt: NOW - 5, counter: 1000, ...change }),
  HC: (change: Partial<Who> = {}): Who => ({ kind: "HC", credentialId: CREDENTIAL.held, signedAt: NOW - 5, counter: 1000, ...change }),
} satisfies Record<VerifiedPass["kind"], unknown>;

/** The clock of a controller, for a case's `given`. */
export const wall = (now: number, uncertaintyS = 0): Pick<Given, "wall"> => ({ wall: { now, uncertaintyS } });
