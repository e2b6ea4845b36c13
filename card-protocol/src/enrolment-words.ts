import { wordlist } from "@scure/bip39/wordlists/english.js";
import { compareBytes } from "./bytes.ts";
import { encodeCbor } from "./cbor.ts";
import type { Sha256 } from "./event-chain.ts";
import type { RootSet } from "./root-signatures.ts";

/** What the two sides of an enrolment have agreed upon, if nobody stands between them. */
export interface EnrolmentClaim {
  readonly site: string;
  /** The controller's id. */
  readonly controller: string;
  /** Made on the controller, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The roots that the cloud says it lives by: the controller will pin them. */
  readonly roots: RootSet;
  /** 32 bytes, the cloud's, told when it holds the SHA-256 of the controller's salt. */
  readonly nonce: Uint8Array;
  /** {@link SALT_BYTES}, the controller's, told when it holds the nonce. */
  readonly salt: Uint8Array;
}

export const SALT_BYTES = 16;
export const WORD_COUNT = 6;
/** The list has 2¹¹ words. BIP 39. */
const WORD_BITS = 11;
const CONTEXT = "portico enrolment";

/**
 * The six words that both sides show: 66 bits of SHA-256 over all of the claim. Somebody in between who shows each side a key or roots of their own has other
 * words on one of them. Each side gives a number that the other does not know when it gives its own, so nobody can try numbers until words agree: one attempt
 * has one chance in 2⁶⁶.
 */
export function enrolmentWords({ site, controller, publicKey, roots, nonce, salt }: EnrolmentClaim, sha256: Sha256): readonly string[] {
  const rootRow = [roots.version, roots.threshold, [...roots.keys].sort(compareBytes)];
  const digest = sha256(encodeCbor([CONTEXT, site, controller, publicKey, rootRow, nonce, salt]));
  return Array.from({ length: WORD_COUNT }, (_, nth) => wordlist[bitsAt(digest, nth * WORD_BITS)]!);
}

/** Words as people type them: any case, any white space or hyphen between; undefined: not six words of the list. */
export function readEnrolmentWords(text: string): readonly string[] | undefined {
  const words = text
    .trim()
    .toLowerCase()
    .split(/[\s,-]+/);
  return words.length === WORD_COUNT && words.every((word) => wordlist.includes(word)) ? words : undefined;
}

/** 11 bits from this bit on, the first the highest. */
function bitsAt(bytes: Uint8Array, bit: number): number {
  const at = bit >> 3;
  const three = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | (bytes[at + 2] ?? 0);
  return (three >> (24 - WORD_BITS - (bit & 7))) & (2 ** WORD_BITS - 1);
}
