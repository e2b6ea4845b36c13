import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";
import { elementsOf, isBytes } from "../signed.ts";
import { isU32 } from "../units.ts";
import { isZoneId } from "./partition.ts";

/** A zone's key for card numbers, as it is sealed for a controller. */
export interface BoxedZoneKey {
  readonly zone: string;
  /** 1 and up: which key of the zone it is. */
  readonly generation: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

const KEYS_BYTES_MAX = 4_096;

/** What is sealed: `[[zone, generation, key 32]…]`, deterministic CBOR, zones ascending. docs/feed-and-events.md, By file. */
export const encodeZoneKeys = (keys: readonly BoxedZoneKey[]): Uint8Array =>
  encodeCbor(keys.toSorted((a, b) => (a.zone < b.zone ? -1 : 1)).map(({ zone, generation, key }) => [zone, generation, key]));

/** Undefined: it is not of that form. */
export function decodeZoneKeys(bytes: Uint8Array): readonly BoxedZoneKey[] | undefined {
  const read = decodeCbor(bytes, KEYS_BYTES_MAX);
  if (!read.ok || !isArray(read.value)) return undefined;
  const keys: BoxedZoneKey[] = [];
  for (const row of read.value) {
    const [zone, generation, key] = elementsOf(row, 3) ?? [];
    if (typeof zone !== "string" || !isZoneId(zone) || !isU32(generation) || !isBytes(key, 32) || (keys.at(-1)?.zone ?? "") >= zone) return undefined;
    keys.push({ zone, generation, key });
  }
  return keys;
}

/** For whom and what the keys are sealed: `["portico zone keys 1", site, controller]`. */
export const zoneKeysContext = (site: string, controller: string): Uint8Array => encodeCbor(["portico zone keys 1", site, controller]);
