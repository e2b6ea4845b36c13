import { type ChainEnd, countsText, decodeEvent, type EventCheckpoint, hexToBytes, nextLink, readCounts, sameBytes, type Sha256 } from "@portico/card-protocol";

/** A part of a chain as it is kept: an event, or what stands for events whose time was over. */
export type ChainPiece =
  | { readonly kind: "event"; readonly seq: number; readonly name: string; readonly record: Uint8Array; readonly hash: Uint8Array }
  /** One whose signature holds, in its own chain. */
  | { readonly kind: "checkpoint"; readonly checkpoint: EventCheckpoint };

/** Neighbouring pieces that one checkpoint will stand for. */
export interface EventHole extends Pick<EventCheckpoint, "before" | "after" | "kinds" | "missing"> {
  /** Events that are there and go, of each kind. */
  readonly dropped: ReadonlyMap<string, number>;
}

/** What can go, and where the chain does not hold: what stands behind that place stays, for it proves something. */
export interface FoundHoles {
  readonly holes: readonly EventHole[];
  readonly broken: { readonly seq: number; readonly detail: string } | undefined;
}

/**
 * Finds what can go out of a part of a chain, and follows the part link by link while it does: nothing is dropped whose place in the chain is not certain on both
 * sides. Checkpoints and GapRecords go into a hole that they border on, and make none by themselves.
 *
 * @param pieces  neighbours, in order; where the chain goes on behind them, with the piece that follows, which does not go
 * @param from    where the chain stands in front of the first
 * @param end     where the whole chain ends
 * @param goes    whether the time of an event is over, or a checkpoint or GapRecord may be joined to what goes
 */
export function findHoles(pieces: readonly ChainPiece[], from: ChainEnd, end: ChainEnd, goes: (piece: ChainPiece) => boolean, sha256: Sha256): FoundHoles {
  const holes: EventHole[] = [];
  let at = from;
  let hole: OpenHole | undefined;
  const close = (): void => {
    if (hole !== undefined && hole.dropped.size > 0) holes.push({ before: hole.before, after: at, kinds: countsText(hole.kinds), missing: hole.missing, dropped: hole.dropped }); // prettier-ignore
    hole = undefined;
  };
  for (const piece of pieces) {
    const step = stepOver(at, piece, sha256);
    if ("detail" in step) return { holes, broken: { seq: at.seq + 1, detail: step.detail } };
    if (step.isOverlapping || !goes(piece)) close();
    else count((hole ??= { before: at, kinds: new Map(), missing: 0, dropped: new Map() }), piece);
    at = step.end;
  }
  if (hole === undefined) return { holes, broken: undefined };
  // Nothing follows: the hole reaches to the end of the chain, or what follows is missing.
  if (at.seq !== end.seq || !sameBytes(at.hash, end.hash)) return { holes, broken: { seq: at.seq + 1, detail: `the chain goes on to ${end.seq}` } };
  close();
  return { holes, broken: undefined };
}

interface OpenHole {
  readonly before: ChainEnd;
  readonly kinds: Map<string, number>;
  missing: number;
  readonly dropped: Map<string, number>;
}

function count(hole: OpenHole, piece: ChainPiece): void {
  const add = (to: Map<string, number>, name: string, more: number): void => void to.set(name, (to.get(name) ?? 0) + more);
  const addAll = (kinds: string): void => {
    for (const [name, more] of readCounts(kinds) ?? []) add(hole.kinds, name, more);
  };
  if (piece.kind === "checkpoint") {
    addAll(piece.checkpoint.kinds);
    hole.missing += piece.checkpoint.missing;
    return;
  }
  const gap = gapOf(piece.record);
  if (gap !== undefined) {
    addAll(gap.kinds);
    hole.missing += gap.count;
    return;
  }
  add(hole.kinds, piece.name, 1);
  add(hole.dropped, piece.name, 1);
}

/** The end behind a piece. `isOverlapping`: a GapRecord that begins before what is kept in front of it ends, as a store that was restored from a backup has. */
function stepOver(at: ChainEnd, piece: ChainPiece, sha256: Sha256): { readonly end: ChainEnd; readonly isOverlapping: boolean } | { readonly detail: string } {
  if (piece.kind === "checkpoint") {
    const { before, after } = piece.checkpoint;
    const fits = before.seq === at.seq && sameBytes(before.hash, at.hash);
    return fits ? { end: after, isOverlapping: false } : { detail: `the checkpoint of ${before.seq + 1} to ${after.seq} does not fit` };
  }
  const link = nextLink(at, piece.record, sha256);
  if (link.kind === "holds")
    return sameBytes(link.end.hash, piece.hash) && link.end.seq === piece.seq
      ? { end: link.end, isOverlapping: false }
      : { detail: `what stands beside event ${piece.seq} is another` };
  const gap = gapOf(piece.record);
  const lastHash = gap && hexToBytes(gap.lastHash);
  if (gap === undefined || gap.firstSeq > at.seq || gap.lastSeq <= at.seq || lastHash === undefined) return { detail: link.detail };
  return { end: { seq: gap.lastSeq, hash: lastHash }, isOverlapping: true };
}

function gapOf(record: Uint8Array) {
  const read = decodeEvent(record);
  return read.ok && read.value.event.name === "GapRecord" ? read.value.event.fields : undefined;
}
