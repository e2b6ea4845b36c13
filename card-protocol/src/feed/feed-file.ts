import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";
import { elementsOf, isBytes, isWord } from "../signed.ts";
import type { CborValue } from "../cbor-value.ts";

/**
 * The feed in a file, for a controller without a network: what a stream would have said, and the chunks that its manifests name. Nothing in it is believed
 * because it lies there: a controller takes it as it takes a stream. docs/feed-and-events.md, "By file".
 */
export interface FeedFile {
  /** Frames, one behind the other. */
  readonly stream: Uint8Array;
  readonly chunks: readonly Uint8Array[];
  /** Zones' keys for card numbers; empty: the file brings none. */
  readonly sealed: readonly SealedZoneKeys[];
}

/** The keys of a controller's zones, which its own key alone opens. */
export interface SealedZoneKeys {
  readonly controller: string;
  /** X25519, 32 bytes. */
  readonly ephemeral: Uint8Array;
  readonly box: Uint8Array;
}

/** No file is longer: a zone of 100,000 people with three grants each has 12 MB. */
export const FEED_FILE_BYTES_MAX = 268_435_456;
const LAYOUT = "portico feed 1";

/** `["portico feed 1", stream, [chunk…]]`, and `[sealed…]` behind where there are keys; deterministic CBOR. */
export const encodeFeedFile = ({ stream, chunks, sealed }: FeedFile): Uint8Array =>
  encodeCbor([LAYOUT, stream, chunks, ...(sealed.length === 0 ? [] : [sealed.map(({ controller, ephemeral, box }) => [controller, ephemeral, box])])]);

/** Undefined: it is none. */
export function decodeFeedFile(bytes: Uint8Array): FeedFile | undefined {
  const read = decodeCbor(bytes, FEED_FILE_BYTES_MAX);
  if (!read.ok || !isArray(read.value) || read.value.length < 3 || read.value.length > 4) return undefined;
  const [layout, stream, chunks, boxes] = read.value;
  if (layout !== LAYOUT || !(stream instanceof Uint8Array) || chunks === undefined || !isArray(chunks)) return undefined;
  const sealed = boxes === undefined ? [] : readSealed(boxes);
  return sealed !== undefined && chunks.every((chunk) => chunk instanceof Uint8Array) ? { stream, chunks, sealed } : undefined;
}

/** One or more: a file that brings none has none. */
function readSealed(value: CborValue): readonly SealedZoneKeys[] | undefined {
  if (!isArray(value) || value.length === 0) return undefined;
  const sealed: SealedZoneKeys[] = [];
  for (const each of value) {
    const [controller, ephemeral, box] = elementsOf(each, 3) ?? [];
    if (!isWord(controller) || !isBytes(ephemeral, 32) || !(box instanceof Uint8Array)) return undefined;
    sealed.push({ controller, ephemeral, box });
  }
  return sealed;
}
