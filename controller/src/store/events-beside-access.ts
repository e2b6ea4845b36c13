/**
 * Events whose names begin behind A, which leaves out AccessGranted, AccessDenied, AccessTaken and AccessNotTaken: what a start reads to know how things stand,
 * modes, fire, lockdowns, commands. One index holds them by name and source. A passage pays for each index with most of a microsecond while somebody waits, so
 * there is one, and what tells that a row does not belong into it is one comparison.
 */
export const BESIDE_ACCESS_SQL = "name > 'B'";

/** Where to read: the condition that follows names the events, and may name their source. */
export const FROM_EVENTS_BESIDE_ACCESS = `FROM event INDEXED BY event_beside_access WHERE ${BESIDE_ACCESS_SQL} AND`;
