/** AES-128 on one block of 16 bytes, the only cipher that OSDP asks for. */
export interface Aes128 {
  encrypt(key: Uint8Array, block: Uint8Array): Uint8Array;
  decrypt(key: Uint8Array, block: Uint8Array): Uint8Array;
}

const BLOCK_BYTES = 16;
/** Ends what is padded. */
const PADDING = 0x80;

/** The key that every PD knows in install mode: it protects nothing. Source: SIA OSDP 2.2 Annex D.4.2. */
export const SCBK_D: Uint8Array = Uint8Array.from({ length: BLOCK_BYTES }, (_, index) => 0x30 + index);

/** The keys of one session, 16 bytes each. */
export interface SessionKeys {
  readonly encryption: Uint8Array;
  readonly mac1: Uint8Array;
  readonly mac2: Uint8Array;
}

/**
 * The keys of a session. Source: SIA OSDP 2.2 Annex D.4.1: one block each of a label and the first six bytes of RND.A, encrypted with the SCBK.
 *
 * @param scbk     16 bytes
 * @param randomA  8 bytes, the panel's
 */
export function sessionKeys(aes: Aes128, scbk: Uint8Array, randomA: Uint8Array): SessionKeys {
  const derived = (label: number): Uint8Array => {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set([0x01, label, ...randomA.subarray(0, 6)]);
    return aes.encrypt(scbk, block);
  };
  return { encryption: derived(0x82), mac1: derived(0x01), mac2: derived(0x02) };
}

/** What a PD proves its key with: RND.A and RND.B under S-ENC. Source: SIA OSDP 2.2 Annex D.4.3. */
export const clientCryptogram = (aes: Aes128, { encryption }: SessionKeys, randomA: Uint8Array, randomB: Uint8Array): Uint8Array =>
  aes.encrypt(encryption, Uint8Array.of(...randomA, ...randomB));

/** What the panel proves its key with: RND.B and RND.A under S-ENC. Source: SIA OSDP 2.2 Annex D.4.4. */
export const serverCryptogram = (aes: Aes128, { encryption }: SessionKeys, randomA: Uint8Array, randomB: Uint8Array): Uint8Array =>
  aes.encrypt(encryption, Uint8Array.of(...randomB, ...randomA));

/** R-MAC-I, which the chain of MACs begins with. Source: SIA OSDP 2.2 Annex D.4.5. */
export const initialReplyMac = (aes: Aes128, { mac1, mac2 }: SessionKeys, server: Uint8Array): Uint8Array => aes.encrypt(mac2, aes.encrypt(mac1, server));

/**
 * The MAC of a frame: CBC with S-MAC1, the last block with S-MAC2. Source: SIA OSDP 2.2 Annex D.5.
 *
 * @param covered   from SOM to the last byte of the (encrypted) payload; padded where it fills no block
 * @param previous  the MAC of the frame before, all 16 bytes, which came from the other side
 * @returns         16 bytes, the first 4 of which go on the line
 */
export function frameMac(aes: Aes128, { mac1, mac2 }: SessionKeys, covered: Uint8Array, previous: Uint8Array): Uint8Array {
  const padded = covered.length % BLOCK_BYTES === 0 ? covered : withPadding(covered);
  let chained = previous;
  for (let at = 0; at < padded.length; at += BLOCK_BYTES)
    chained = aes.encrypt(at + BLOCK_BYTES < padded.length ? mac1 : mac2, xor(padded.subarray(at, at + BLOCK_BYTES), chained));
  return chained;
}

/** A payload encrypted: CBC with S-ENC, the first vector the complement of the MAC before, always padded. Source: SIA OSDP 2.2 Annex D.6. */
export function encryptPayload(aes: Aes128, { encryption }: SessionKeys, payload: Uint8Array, previous: Uint8Array): Uint8Array {
  const padded = withPadding(payload);
  const encrypted = new Uint8Array(padded.length);
  let chained: Uint8Array = previous.map((byte) => ~byte & 0xff);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    chained = aes.encrypt(encryption, xor(padded.subarray(at, at + BLOCK_BYTES), chained));
    encrypted.set(chained, at);
  }
  return encrypted;
}

/** A payload in clear; undefined where it is not whole blocks or its padding is none. */
export function decryptPayload(aes: Aes128, { encryption }: SessionKeys, encrypted: Uint8Array, previous: Uint8Array): Uint8Array | undefined {
  if (encrypted.length === 0 || encrypted.length % BLOCK_BYTES !== 0) return undefined;
  const padded = new Uint8Array(encrypted.length);
  let chained: Uint8Array = previous.map((byte) => ~byte & 0xff);
  for (let at = 0; at < encrypted.length; at += BLOCK_BYTES) {
    const block = encrypted.subarray(at, at + BLOCK_BYTES);
    padded.set(xor(aes.decrypt(encryption, block), chained), at);
    chained = block;
  }
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  // No more than one block is ever padding.
  return end >= 0 && padded[end] === PADDING && end >= padded.length - BLOCK_BYTES ? padded.slice(0, end) : undefined;
}

/** Compares in a time that does not tell where they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ (b[index] ?? 0);
  return difference === 0;
}

function withPadding(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor(bytes.length / BLOCK_BYTES) + 1) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = PADDING;
  return padded;
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, index) => byte ^ b[index]!);
