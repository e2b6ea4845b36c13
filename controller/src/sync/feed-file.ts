import { bytesToHex, type Clock, type ControllerEvent, decodeFeedFile, eventOf, type Partition, type SealedZoneKeys } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { HeldPartition } from "../core/feed-judgement.ts";
import type { FeedSession } from "./feed-session.ts";
import type { KeysRefused } from "./sealed-keys.ts";

/** A chunk by its SHA-256 in hex; undefined: it could not be had. */
export type FetchChunk = (sha256: string) => Promise<Uint8Array | undefined>;

/** What came of a feed file. */
export interface FileTaken {
  readonly partitions: readonly {
    readonly partition: Partition;
    /** The version before. */
    readonly before: number;
    readonly epoch: number;
    readonly version: number;
    /** When the cloud last vouched for it, seconds; null: never yet. */
    readonly issued: number | null;
  }[];
  /** Why no more of it was taken; null: all of it was. */
  readonly refusal: { readonly partition: string; readonly error: string; readonly detail: string } | null;
}

export interface FeedFileNeeds {
  readonly partitions: readonly Partition[];
  readonly held: (partition: Partition) => HeldPartition;
  /** A session as for a stream. */
  readonly session: (fetchChunk: FetchChunk) => FeedSession;
  readonly clock: Pick<Clock, "after">;
  readonly onEvent: (event: ControllerEvent) => void;
  /** Takes zones' keys once the lists are; undefined: they were taken. */
  readonly takeKeys: (sealed: readonly SealedZoneKeys[]) => KeysRefused | undefined;
}

/**
 * Takes a feed file as it would take a stream: verified, judged and applied frame by frame. What stands before a refusal stays applied; what is refused changes
 * nothing.
 *
 * @returns what each partition stands at now, and why no more of it was taken, by the name of the attack
 * @throws RecordingFailed when the disk refuses
 */
export async function takeFeedFile({ partitions, held, session, clock, onEvent, takeKeys }: FeedFileNeeds, bytes: Uint8Array): Promise<FileTaken> {
  const before = new Map(partitions.map((partition) => [partition, held(partition).version]));
  const taken = (refusal: FileTaken["refusal"]): FileTaken => ({
    partitions: partitions.map((partition) => {
      const { epoch, version, confirmed } = held(partition);
      return { partition, before: before.get(partition)!, epoch, version, issued: confirmed?.issued ?? null };
    }),
    refusal,
  });
  const refused = (partition: string, error: string, detail: string): FileTaken => {
    onEvent(eventOf("FeedRefused", { partition, error, detail }));
    return taken({ partition, error, detail });
  };
  const file = decodeFeedFile(bytes);
  if (file === undefined) return refused("feed", "FeedMalformed", "not a feed file");
  const chunks = new Map(file.chunks.map((chunk) => [bytesToHex(nodeSha256(chunk)), chunk]));
  // Each chunk waits for its turn, so that scans are judged meanwhile.
  const end = await session((sha256) => new Promise((resolve) => void clock.after(0, () => resolve(chunks.get(sha256))))).take(file.stream);
  switch (end?.kind) {
    case undefined: {
      const refusal = takeKeys(file.sealed);
      return refusal === undefined ? taken(null) : refused("zone keys", refusal.error, refusal.detail);
    }
    case "refused":
      return refused(end.partition, end.error, end.detail);
    case "behind":
      return refused(end.partition, "FeedGap", "its head is of a version that the file does not hold");
    case "unreachable":
      return refused("feed", "FeedDigest", end.detail);
    case "bye":
      return refused("feed", "FeedMalformed", "a goodbye within a file");
  }
}
