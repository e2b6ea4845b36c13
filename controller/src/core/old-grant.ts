import type { MonotonicMs } from "@portico/card-protocol";

/** A scan of ours at a door that the old system drives. */
export interface ShadowScan {
  readonly seq: number;
  readonly at: MonotonicMs;
}

/** What is known of the old system at one door, as its relay, lock or contact shows it. */
export interface OldGrants {
  /** It lets somebody in now. */
  readonly isOpen: boolean;
  /** When it began to, as long as no scan is known that it answers. */
  readonly unanswered: MonotonicMs | undefined;
  /** The last scan that nothing of the old system has answered yet. */
  readonly waiting: ShadowScan | undefined;
}
export const NO_OLD_GRANTS: OldGrants = { isOpen: false, unanswered: undefined, waiting: undefined };

/** What has just become known. */
export interface OldGrantStep {
  readonly grants: OldGrants;
  /** A grant of the old system is to be recorded. */
  readonly isGrant: boolean;
  /** The scan that it answers. */
  readonly answered: ShadowScan | undefined;
}

/** The old system begins to let somebody in. Whoever scanned within the window is who it is; its reader may be slower or faster than ours. */
export function oldGrantBegins(grants: OldGrants, at: MonotonicMs, windowMs: number): OldGrantStep {
  const waiting = grants.waiting !== undefined && at - grants.waiting.at <= windowMs ? grants.waiting : undefined;
  return { grants: { isOpen: true, unanswered: waiting === undefined ? at : undefined, waiting: undefined }, isGrant: true, answered: waiting };
}

/** It lets nobody in any more. */
export const oldGrantEnds = (grants: OldGrants): OldGrants => ({ ...grants, isOpen: false });

/** Somebody scans. A lock that the old system holds released for somebody else, or for everybody, lets them in as well: that is a grant of its own. */
export function shadowScan(grants: OldGrants, scan: ShadowScan, windowMs: number): OldGrantStep {
  const { isOpen, unanswered } = grants;
  if (unanswered !== undefined && scan.at - unanswered <= windowMs) return { grants: { ...grants, unanswered: undefined }, isGrant: false, answered: scan };
  if (isOpen) return { grants: { ...grants, unanswered: undefined }, isGrant: true, answered: scan };
  return { grants: { ...grants, waiting: scan }, isGrant: false, answered: undefined };
}
