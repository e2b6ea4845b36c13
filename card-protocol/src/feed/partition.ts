/** What one feed carries: the small `global` part of a site, or one zone of it. docs/feed-and-events.md. */
export type Partition = "global" | `zone/${string}`;

/** What every controller of a site holds: revocations and the campus calendar. */
export const GLOBAL: Partition = "global";

/** True for a zone's id: 1..59 of `a-z`, `0-9`, `.`, `_`, `-`, a letter or digit first. */
export const isZoneId = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{0,58}$/.test(text);
/** True for the name of a partition. */
export const isPartition = (text: unknown): text is Partition =>
  typeof text === "string" && (text === GLOBAL || (text.startsWith("zone/") && isZoneId(text.slice(5))));
/** The partition of a zone. */
export const zonePartition = (zone: string): Partition => `zone/${zone}`;
/** The zone of a partition; undefined for `global`. */
export const zoneOfPartition = (partition: Partition): string | undefined => (partition === GLOBAL ? undefined : partition.slice(5));
