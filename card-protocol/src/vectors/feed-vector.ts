import type { ItemBytes, ReadItem } from "../feed/feed-item.ts";
import type { Partition } from "../feed/partition.ts";
import { bytesToHex } from "../hex.ts";
import type { SignedError } from "../signed.ts";

/** A value as it stands in JSON: bytes as hex, what is absent left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
/** Key and value, hex. */
export type JsonItem = readonly [key: string, value: string];

interface Numbered {
  readonly id: number;
  readonly comment: string;
  readonly flags: readonly string[];
}
/** `bytes` verified for the file's site with the file's one key. */
export type RecordOutcome = "ok" | SignedError | "FeedMalformed";
export interface ItemVector extends Numbered {
  readonly partition: Partition;
  readonly key: string;
  readonly value: string;
  readonly expected: ReadItem["kind"];
  /** What it says, where it is an item that is known. */
  readonly item?: Json;
}
export interface DigestVector extends Numbered {
  /** The items, in any order, or how many of the file's generated ones. */
  readonly items: readonly JsonItem[] | number;
  readonly digest: string;
}
export interface HeadVector extends Numbered {
  readonly bytes: string;
  readonly expected: RecordOutcome;
  readonly head?: Json;
}
export interface DeltaVector extends Numbered {
  /** As they arrive. */
  readonly parts: readonly { readonly bytes: string; readonly expected: RecordOutcome }[];
  /** What the parts are together; null: no delta. */
  readonly delta: Json;
}
export interface ManifestVector extends Numbered {
  readonly bytes: string;
  readonly expected: RecordOutcome;
  readonly manifest?: Json;
  /** What was downloaded for each of its chunks; `items` null: not the chunk, or none. */
  readonly chunks: readonly { readonly bytes: string; readonly items: readonly JsonItem[] | null }[];
}
export interface FrameVector extends Numbered {
  /** A stream from its beginning. */
  readonly bytes: string;
  readonly expected: "ok" | "FeedMalformed" | "FeedTooLarge";
  readonly frames?: Json;
}

/** Bytes as hex, what is undefined left out. */
export function inJson(value: unknown): Json {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return value.map(inJson);
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).flatMap(([name, field]: [string, unknown]) => (field === undefined ? [] : [[name, inJson(field)]])));
}

/** Numbers from 1 on. */
export const numbered = <T extends object>(cases: readonly T[]): (T & { readonly id: number })[] => cases.map((each, i) => ({ id: i + 1, ...each }));
export const jsonItem = ({ key, value }: ItemBytes): JsonItem => [bytesToHex(key), bytesToHex(value)];
