/** Why a controller does not take what a feed sends; the list in force stays. One table for controller, events, CLI and docs/feed-and-events.md. */
export const FEED_REFUSAL = {
  FeedRollback: "a head or delta of a lower epoch or version than the one in force",
  FeedFork: "another digest for an epoch and version that is known",
  FeedFastForward: "an epoch above that of the trust list",
  FeedGap: "a delta that does not start where the partition stands, or whose digest before is another",
  FeedDigest: "the content is not what head, delta or manifest say",
  FeedMalformed: "not the one form, or an item that is none",
  FeedTarget: "another partition than was asked for, or another site",
  FeedSealed: "zone keys in a file that do not open with this controller's key",
  FeedTooLarge: "a frame, chunk, count or sum above its limit",
} as const;
export type FeedRefusal = keyof typeof FEED_REFUSAL;
/** In the order of the document. */
export const FEED_REFUSALS = Object.keys(FEED_REFUSAL) as readonly FeedRefusal[];
