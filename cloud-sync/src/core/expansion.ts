import {
  type Capability,
  CREDENTIAL_KINDS,
  type Credential,
  type FeedItem,
  HOLDER_FLAGS,
  type HolderFlag,
  type RowGrant,
  type SuspensionReason,
  unixSeconds,
} from "@portico/card-protocol";
import { ALWAYS, intersectionOf, unionOf, type Validity } from "./validity.ts";
import { audienceTimes, type Membership } from "./audience.ts";

/** One credential of a person, as it stands in the store. */
export interface CredentialFacts {
  readonly id: string;
  readonly kind: (typeof CREDENTIAL_KINDS)[number];
  readonly state: "active" | "lost" | "frozen" | "suspended" | "expired";
  readonly validity: Validity;
  readonly publicKey: Uint8Array | undefined;
  /** Kind `qr` with a key: passes T signed before this instant are taken too. */
  readonly takesIssuedUntil: number | undefined;
  /** Canonical bytes by which a card, plate, ID card or face is found. */
  readonly number: Uint8Array | undefined;
}

/** One grant that names the person, a group or an audience. */
export interface GrantFacts {
  readonly id: string;
  readonly subject: { readonly kind: "person" } | { readonly kind: "group" | "audience"; readonly id: string };
  readonly what:
    | { readonly kind: "profile"; readonly profile: string }
    | { readonly kind: "own"; readonly accessPoints: readonly string[]; readonly capability: Capability; readonly schedule: string };
  readonly validity: Validity;
}

/** All of one person that a list says something of. */
export interface PersonFacts {
  readonly person: string;
  readonly flags: readonly HolderFlag[];
  readonly partySize: number;
  readonly memberships: readonly Membership[];
  readonly groups: readonly { readonly id: string; readonly validity: Validity }[];
  readonly credentials: readonly CredentialFacts[];
  /** Those in force: approved where two operators are needed. */
  readonly grants: readonly GrantFacts[];
}

/** What the campus looks like, and the numbers that its zones give. Numbers are given on demand and never taken back. */
export interface CampusFacts {
  /** The zones in which a profile opens something. */
  zonesOf(profile: string): readonly string[];
  /** Undefined: there is no such access point any more. */
  zoneOf(accessPoint: string): string | undefined;
  number(zone: string, kind: "accessProfile" | "schedule" | "accessPoint", id: string): number;
  holder(zone: string, person: string): number;
  /** 16 bytes: the number as the zone's key makes it unreadable. */
  token(zone: string, number: Uint8Array): Uint8Array;
}

/** Suspensions as a row says them; one that has expired has no row at all. */
export const SUSPENSION_OF = { active: undefined, lost: "CredentialLost", frozen: "Frozen", suspended: "Suspended" } as const satisfies Record<
  Exclude<CredentialFacts["state"], "expired">,
  SuspensionReason | undefined
>;

/** The grants that reach a person, and when: the grant's own times within those of the membership that it names. */
export function grantTimes(facts: PersonFacts): readonly { readonly grant: GrantFacts; readonly times: readonly Validity[] }[] {
  const audiences = audienceTimes(facts.memberships);
  const memberOf = ({ subject }: GrantFacts): readonly Validity[] => {
    if (subject.kind === "person") return [ALWAYS];
    if (subject.kind === "group") return unionOf(facts.groups.filter(({ id }) => id === subject.id).map(({ validity }) => validity));
    return audiences.get(subject.id as Membership["audience"]) ?? [];
  };
  return facts.grants.map((grant) => ({ grant, times: intersectionOf([grant.validity], memberOf(grant)) }));
}

/**
 * What a zone's partition says of a person: a row for each credential with all that it may do there, and the tokens by which it is found. A zone in which
 * nothing is granted says nothing. No row says why.
 */
export function expandPerson(facts: PersonFacts, campus: CampusFacts): ReadonlyMap<string, readonly FeedItem[]> {
  const grants = grantsByZone(facts, campus);
  const zones = new Map<string, FeedItem[]>();
  for (const [zone, all] of grants) {
    const inZone = fitting(all);
    const items: FeedItem[] = [];
    for (const credential of facts.credentials) {
      if (credential.state === "expired") continue;
      items.push({ table: "credential", row: { credential: credentialRow(credential, facts, campus.holder(zone, facts.person)), grants: inZone } });
      if (credential.number !== undefined)
        items.push({ table: "match", kind: credential.kind, token: campus.token(zone, credential.number), credential: credential.id });
    }
    if (items.length > 0) zones.set(zone, items);
  }
  return zones;
}

/** What a zone's row says of a credential but for its grants. */
export function credentialRow(facts: CredentialFacts, person: PersonFacts, holder: number): Credential {
  const { partySize } = person;
  const { id, kind, state, validity, publicKey, takesIssuedUntil } = facts;
  const suspension = state === "expired" ? undefined : SUSPENSION_OF[state];
  const takesT = kind === "qr" && (publicKey === undefined || takesIssuedUntil !== undefined);
  return {
    id,
    holder,
    kind,
    validFrom: validity.from,
    validUntil: validity.until,
    takes: [...(takesT ? (["T"] as const) : []), ...(publicKey === undefined ? [] : (["H", "HC"] as const))],
    flags: holderFlags(person),
    ...(suspension === undefined ? {} : { suspension }),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(takesIssuedUntil === undefined ? {} : { takesIssuedUntil: unixSeconds(takesIssuedUntil) }),
    ...(partySize < 2 ? {} : { partySize }),
  };
}

/** A person of whom no audience is known but visitor and public is one: the stale policy and the door ask. */
function holderFlags({ flags, memberships }: PersonFacts): readonly HolderFlag[] {
  const isVisitor = memberships.length > 0 && memberships.every(({ audience }) => audience === "visitor" || audience === "public");
  return HOLDER_FLAGS.filter((flag) => flags.includes(flag) || (flag === "visitor" && isVisitor));
}

function grantsByZone(facts: PersonFacts, campus: CampusFacts): ReadonlyMap<string, readonly RowGrant[]> {
  /** Several grants of one profile are one: their times together. */
  const profiles = new Map<string, Validity[]>();
  const zones = new Map<string, RowGrant[]>();
  const inZone = (zone: string): RowGrant[] => {
    const list = zones.get(zone) ?? [];
    zones.set(zone, list);
    return list;
  };
  for (const { grant, times } of grantTimes(facts)) {
    const { what } = grant;
    if (what.kind === "profile") profiles.set(what.profile, unionOf([...(profiles.get(what.profile) ?? []), ...times]));
    else
      for (const [zone, accessPoints] of byZone(what.accessPoints, campus))
        for (const { from, until } of times)
          inZone(zone).push({
            kind: "own",
            validFrom: from,
            validUntil: until,
            capability: what.capability,
            schedule: what.schedule === ALWAYS_SCHEDULE ? 0 : campus.number(zone, "schedule", what.schedule),
            accessPoints: accessPoints.map((accessPoint) => campus.number(zone, "accessPoint", accessPoint)).sort((a, b) => a - b),
          });
  }
  for (const [profile, times] of profiles)
    for (const zone of campus.zonesOf(profile))
      for (const { from, until } of times)
        inZone(zone).push({ kind: "profileFor", profile: campus.number(zone, "accessProfile", profile), validFrom: from, validUntil: until });
  return zones;
}

/** A row holds so many grants, and so many bytes of them: what is left of an item's 4,096 is for the credential. docs/feed-and-events.md. */
const GRANTS_MAX = 255;
const GRANT_BYTES_MAX = 3_900;

/**
 * As many grants as a row holds: profiles first, then those of their own, the soonest first. What does not fit is far ahead, and comes when what is nearer has
 * gone: a person with hundreds of bookings must not keep everybody else's list from being published.
 */
function fitting(grants: readonly RowGrant[]): readonly RowGrant[] {
  if (grants.length <= GRANTS_MAX && bytesOf(grants) <= GRANT_BYTES_MAX) return grants;
  const startOf = (grant: RowGrant): number => (grant.kind === "own" ? grant.validFrom : -1);
  const fit: RowGrant[] = [];
  let bytes = 0;
  for (const grant of [...grants].sort((a, b) => startOf(a) - startOf(b) || (a.kind === "own" && b.kind === "own" ? a.validUntil - b.validUntil : 0))) {
    bytes += bytesOf([grant]);
    if (fit.length === GRANTS_MAX || bytes > GRANT_BYTES_MAX) break;
    fit.push(grant);
  }
  return fit;
}

/** Of the grants in a row: 13 bytes and 2 for each access point, or 11 at the most. */
const bytesOf = (grants: readonly RowGrant[]): number =>
  grants.reduce((sum, grant) => sum + (grant.kind === "own" ? 13 + 2 * grant.accessPoints.length : 11), 0);

/** The schedule that every zone has without an item: open at any time. */
export const ALWAYS_SCHEDULE = "always";

function byZone(accessPoints: readonly string[], campus: CampusFacts): ReadonlyMap<string, readonly string[]> {
  const zones = new Map<string, string[]>();
  for (const accessPoint of accessPoints) {
    const zone = campus.zoneOf(accessPoint);
    if (zone !== undefined) zones.set(zone, [...(zones.get(zone) ?? []), accessPoint]);
  }
  return zones;
}
