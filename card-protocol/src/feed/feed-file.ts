import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";

/**
 * The feed in a file, for a controller without a network: what a stream would have said, and the chunks that its manifests name. Nothing in it is believed
 * because it lies there: a controller takes it as it takes a stream. docs/feed-and-events.md, "By file".
 */
export interface FeedFile {
  /** Frames, one behind the other. */
  readonly stream: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

/** No file is longer: a zone of 100,000 people with three grants each has 12 MB. */
export const FEED_FILE_BYTES_MAX = 268_435_456;
const LAYOUT = "portico feed 1";

/** `["portico feed 1", stream, [chunk…]]`, deterministic CBOR. */
export const encodeFeedFile = ({ stream, chunks }: FeedFile): Uint8Array => encodeCbor([LAYOUT, stream, chunks]);

/** Undefined: it is none. */
export function decodeFeedFile(bytes: Uint8Array): FeedFile | undefined {
  const read = decodeCbor(bytes, FEED_FILE_BYTES_MAX);
  if (!read.ok || !isArray(read.value) || read.value.length !== 3) return undefined;
  const [layout, stream, chunks] = read.value;
  if (layout !== LAYOUT || !(stream instanceof Uint8Array) || chunks === undefined || !isArray(chunks)) return undefined;
  return chunks.every((chunk) => chunk instanceof Uint8Array) ? { stream, chunks } : undefined;
}
