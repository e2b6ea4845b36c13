import {
  type Credential,
  type FeedItem,
  HOLDER_FLAGS,
  type HolderFlag,
  type OfflineLimits,
  type RowGrant,
  type SuspensionReason,
  U32_MAX,
  unixSeconds,
} from "@portico/card-protocol";
import { audienceTimes } from "./audience.ts";
import { lockItems } from "./lock-state.ts";
import { portions } from "./portions.ts";
import { differenceOf, intersectionOf, unionOf, type Validity } from "./validity.ts";
import { grantTimes, remainingParts, withheldAt, withholdingTimes } from "./withholding.ts";
import type { CredentialFacts, PersonFacts, CampusFacts, ProfileLine } from "./access-facts.ts";

/** Suspensions as a row says them; one that has expired has no row at all. */
export const SUSPENSION_OF = { active: undefined, lost: "CredentialLost", frozen: "Frozen", suspended: "Suspended" } as const satisfies Record<
  Exclude<CredentialFacts["state"], "expired">,
  SuspensionReason | undefined
>;

/**
 * What a zone's partition says of a person: a row for each credential with all that it may do there, and the tokens by which it is found. A zone in which
 * nothing is given says nothing; where all that is given is withheld the row stays, without grants. No row says why. PINs and fingers at room locks stand
 * there as long as the grant that they stand on, computed from the same facts: they go in the version in which it goes (rule 14.4).
 */
export function expandPerson(facts: PersonFacts, campus: CampusFacts): ReadonlyMap<string, readonly FeedItem[]> {
  const { zones: grants, payZones } = grantsByZone(facts, campus);
  const limits = offlineLimitsOf(facts);
  const zones = new Map<string, FeedItem[]>();
  for (const [zone, all] of grants) {
    const inZone = fitting(all);
    const items: FeedItem[] = [];
    for (const credential of facts.credentials) {
      if (credential.state === "expired") continue;
      items.push({
        table: "credential",
        row: {
          credential: {
            ...credentialRow(credential, facts, campus.holder(zone, facts.person)),
            ...(limits !== undefined && payZones.has(zone) ? { offlineLimits: limits } : {}),
          },
          grants: inZone,
        },
      });
      if (credential.number !== undefined)
        items.push({ table: "match", kind: credential.kind, token: campus.token(zone, credential.number), credential: credential.id });
    }
    if (items.length > 0) zones.set(zone, items);
  }
  for (const { zone, item } of lockItems(facts, campus)) zones.set(zone, [...(zones.get(zone) ?? []), item]);
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

/** Of the first audience that the person belongs to at any time, until it ends; nothing at all where paying is withheld. */
function offlineLimitsOf({ offline = [], memberships, isPayWithheld }: PersonFacts): OfflineLimits | undefined {
  const times = audienceTimes(memberships);
  const share = offline.find(({ audience }) => (times.get(audience) ?? []).length > 0);
  if (share === undefined) return isPayWithheld === true ? { perTxFen: 0, totalFen: 0, count: 0, until: unixSeconds(U32_MAX) } : undefined;
  const until = unixSeconds(Math.max(...times.get(share.audience)!.map((validity) => validity.until)));
  if (isPayWithheld === true) return { perTxFen: 0, totalFen: 0, count: 0, until };
  return { perTxFen: share.perPaymentFen, totalFen: share.totalFen, count: share.count, until };
}

function grantsByZone(
  facts: PersonFacts,
  campus: CampusFacts,
): { readonly zones: ReadonlyMap<string, readonly RowGrant[]>; readonly payZones: ReadonlySet<string> } {
  /** Several grants of one profile are one: their times together. */
  const profiles = new Map<string, Validity[]>();
  const zones = new Map<string, RowGrant[]>();
  /** Where something that is given is paying. */
  const payZones = new Set<string>();
  const inZone = (zone: string): RowGrant[] => {
    const list = zones.get(zone) ?? [];
    zones.set(zone, list);
    return list;
  };
  const withholdings = withholdingTimes(facts);
  const pushOwn = (zone: string, lines: readonly ProfileLine[], times: readonly Validity[]): void => {
    for (const { capability, schedule, accessPoints, validity } of remainingParts(lines, times, withholdings, campus))
      for (const some of portions(accessPoints, OWN_POINTS_MAX))
        inZone(zone).push({
          kind: "own",
          validFrom: validity.from,
          validUntil: validity.until,
          capability,
          schedule: schedule === ALWAYS_SCHEDULE ? 0 : campus.number(zone, "schedule", schedule),
          accessPoints: some.map((accessPoint) => campus.number(zone, "accessPoint", accessPoint)).sort((a, b) => a - b),
        });
  };
  for (const { grant, times } of grantTimes(facts)) {
    const { what } = grant;
    if (times.length === 0 || what.kind === "everywhere") continue;
    if (what.kind === "profile") profiles.set(what.profile, unionOf([...(profiles.get(what.profile) ?? []), ...times]));
    else
      for (const [zone, accessPoints] of byZone(what.accessPoints, campus)) {
        inZone(zone);
        if (what.capability === "pay") payZones.add(zone);
        pushOwn(zone, accessPoints.map((accessPoint) => ({ accessPoint, capability: what.capability, schedule: what.schedule })), times); // prettier-ignore
      }
  }
  for (const [profile, times] of profiles)
    for (const zone of campus.zonesOf(profile)) {
      const lines = campus.linesOf(profile).filter(({ accessPoint }) => campus.zoneOf(accessPoint) === zone);
      if (lines.some(({ capability }) => capability === "pay")) payZones.add(zone);
      // While anything of it is withheld a profile cannot be named: what is left of it stands line by line.
      const narrowed = intersectionOf(times, lines.flatMap((line) => withheldAt(withholdings, line, campus))); // prettier-ignore
      for (const { from, until } of differenceOf(times, narrowed))
        inZone(zone).push({ kind: "profileFor", profile: campus.number(zone, "accessProfile", profile), validFrom: from, validUntil: until });
      inZone(zone);
      pushOwn(zone, lines, narrowed);
    }
  return { zones, payZones };
}

/** Access points in one grant of a row. */
const OWN_POINTS_MAX = 255;
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
