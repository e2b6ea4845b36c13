/** What a grant stands and falls with. Exactly one. */
export const GRANT_SOURCES = ["policy", "operator", "delegation", "reservation", "visit", "case"] as const;

export type GrantSource = (typeof GRANT_SOURCES)[number];
