import { type Scope, SCOPES } from "./scopes.ts";

const LOOK: readonly Scope[] = ["people:read", "places:read", "grants:read", "access:read", "services:read", "locks:read", "reservations:read"];
const DESK: readonly Scope[] = [
  ...LOOK,
  "credentials:write",
  "credentials:freeze",
  "phones:write",
  "cards:lend",
  "locks:write",
  "sessions:write",
  "sessions:read",
  "cases:read",
  "cases:write",
  "reservations:write",
];

/** What an operator may everywhere, by role: the scopes of its requests. What is not listed is the administrator's alone. */
export const ROLES = {
  /** Looks, changes nothing. */
  view: [...LOOK, "audit:read"],
  /** Stands at a gate or a desk: cards and phones that are lost (rule 4.5), found, frozen; cards that are lent. */
  guard: DESK,
  /** Runs the day: people, groups, grants, reviews. */
  operate: [
    ...DESK,
    "audit:read",
    "people:write",
    "grants:write",
    "grants:approve",
    "reviews:write",
    "cases:decide",
    "outbox:read",
    "outbox:write",
    "reservations:approve",
    "resources:write",
    "wallets:read",
    "wallets:top-up",
    "wallets:refund",
    "wallets:review",
    "tills:read",
  ],
  /** Puts doors and controllers into service. */
  commission: [...LOOK, "audit:read", "places:write", "controllers:write"],
  admin: Object.keys(SCOPES) as Scope[],
} as const satisfies Readonly<Record<string, readonly Scope[]>>;
export type Role = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as [Role, ...Role[]];
export const isRole = (text: string): text is Role => Object.hasOwn(ROLES, text);

/** What a delegation can open at all, each at its own places alone. */
export const DELEGATED_SCOPES: readonly Scope[] = [
  "people:read",
  "access:read",
  "grants:write",
  "grants:approve",
  "reviews:write",
  "delegations:write",
  "cases:read",
  "cases:write",
];
