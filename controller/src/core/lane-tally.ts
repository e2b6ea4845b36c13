/**
 * What passes a way of a lane, each counted apart: `granted` on a grant or somebody's word · `free` while its mode left the way free · `evacuation` in fire or
 * drill, or before anybody had it locked again · `tailgating` behind somebody · `wrongWay` against somebody · `forced` while nobody was let in · `unseen`
 * grants of a way without a PASS contact: nobody saw whether, or how many, passed.
 */
export const LANE_COUNTS = ["granted", "free", "evacuation", "tailgating", "wrongWay", "forced", "unseen"] as const;
export type LaneCount = (typeof LANE_COUNTS)[number];
export type LaneTally = Readonly<Record<LaneCount, number>>;

export const NOBODY_COUNTED: LaneTally = { granted: 0, free: 0, evacuation: 0, tailgating: 0, wrongWay: 0, forced: 0, unseen: 0 };

/** One more. */
export const counted = (tally: LaneTally, what: LaneCount): LaneTally => ({ ...tally, [what]: tally[what] + 1 });

/** What has come from one tally to a later one. */
export const tallyBetween = (before: LaneTally, after: LaneTally): LaneTally => mapped((what) => after[what] - before[what]);
export const tallySum = (a: LaneTally, b: LaneTally): LaneTally => mapped((what) => a[what] + b[what]);
const mapped = (value: (what: LaneCount) => number): LaneTally => ({
  granted: value("granted"),
  free: value("free"),
  evacuation: value("evacuation"),
  tailgating: value("tailgating"),
  wrongWay: value("wrongWay"),
  forced: value("forced"),
  unseen: value("unseen"),
});
