import {
  type Capability,
  type CheckTrace,
  type Credential as ListedCredential,
  CREDENTIAL_CHECKS,
  type CredentialFacts,
  type DenyReason,
  firstFailure,
  ok,
  PERMISSION_CHECKS,
  type PermissionFacts,
  type Result,
  traceChecks,
  type UnixSeconds,
  zonePartition,
} from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { credentialRow } from "./core/expansion.ts";
import { portions } from "./core/portions.ts";
import { refuse } from "./core/refusal.ts";
import { holdsAt } from "./core/validity.ts";
import { grantTimes } from "./core/withholding.ts";
import { Campus } from "./expansion/campus-facts.ts";
import { readPeople } from "./expansion/person-facts.ts";
import { givenAt, type GivenPermission, narrowed, withholdingsAt } from "./permissions-at.ts";
import { type HelpAnswer, helpAgainst } from "./services/help-answer.ts";
import type { ServiceDocument } from "./services/service-document.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { PersonFacts } from "./core/access-facts.ts";
import { readCampusTime } from "./campus-time.ts";
import type { GrantSource } from "./store/grant-words.ts";

/** One grant that reaches a person at an access point. */
export interface ReachingGrant {
  readonly grant: string;
  readonly source: { readonly kind: GrantSource; readonly id: string };
  /** A profile's id; `own`: the grant names the access point itself. */
  readonly accessProfile: string;
  readonly schedule: string;
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
}

/** One grant that withholds something from a person at an access point. */
export interface ReachingWithholding {
  readonly grant: string;
  readonly source: { readonly kind: GrantSource; readonly id: string };
  readonly grantedBy: string;
  /** What it names: a profile's id; `own`: the access point itself; `everywhere`. */
  readonly by: string;
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
  /** At the instant that was asked about. */
  readonly holds: boolean;
}

/** What the cloud knows of one credential at one access point and instant. */
export interface CredentialVerdict {
  readonly credential: string;
  readonly kind: ListedCredential["kind"];
  /** `granted`: as far as the cloud can know. */
  readonly outcome: "granted" | "denied";
  readonly reason: DenyReason | null;
  /** What helps against the refusal, and whom to ask (rule 1.7); null: granted. */
  readonly help: HelpAnswer | null;
  readonly checks: readonly CheckTrace[];
}

export interface Explanation {
  readonly person: string;
  readonly accessPoint: string;
  readonly at: UnixSeconds;
  /** What gives there, whether it is withheld or not. */
  readonly grants: readonly ReachingGrant[];
  /** What withholds there what was asked for: it wins over all that gives. */
  readonly withholdings: readonly ReachingWithholding[];
  readonly credentials: readonly CredentialVerdict[];
  /** What helps where nothing of the person opens; null: something does. */
  readonly help: HelpAnswer | null;
}

/** The controller's checks that no cloud can run, by its own names for them. */
export const NOT_KNOWN: readonly { readonly name: string; readonly zh: string }[] = [
  { name: "pass holds", zh: "二维码验证通过" },
  { name: "pass was not spent before", zh: "二维码未被使用过（防重放）" },
  { name: "list is fresh enough", zh: "名单时效符合要求" },
  { name: "access point is enabled", zh: "门禁点已启用" },
  { name: "shown is what is taken here now", zh: "验证方式符合当前要求" },
  { name: "PIN is right, or not asked for", zh: "密码正确，或无需密码" },
  { name: "holder may pass alone", zh: "可单独通行（双人规则、陪同）" },
  { name: "door lets somebody in", zh: "门允许通行（门模式、封锁、互锁）" },
  { name: "holder comes from where they were seen last", zh: "进出记录相符（反潜回）" },
  { name: "area has room", zh: "区域未满员" },
];

/**
 * Every check in the controller's order of precedence, for each credential of a person at an access point, and where the grants came from.
 *
 * @param capability  what is asked for there
 * @param services    names whom to ask
 */
export async function explainAccess(
  cloud: Cloud,
  person: string,
  accessPoint: string,
  capability: Capability,
  at: UnixSeconds,
  services: ServiceDocument,
): Promise<Result<Explanation, "PersonUnknown" | "AccessPointUnknown">> {
  const { queries } = cloud.database;
  const campus = await Campus.read(queries);
  if (!campus.accessPoints.has(accessPoint)) return refuse("AccessPointUnknown", accessPoint);
  const [facts] = await readPeople(queries, campus, [person]);
  if (facts === undefined) return refuse("PersonUnknown", person);
  const time = await readCampusTime(cloud, queries);
  const [given, withholdings] = [givenAt(facts, campus, time, accessPoint), withholdingsAt(facts, campus, { accessPoint, capability })];
  const permissions = narrowed(given, withholdings, campus, accessPoint);
  const isListed = isInZone(facts, campus, campus.zoneOf(accessPoint)!);
  const sources = await sourcesOf(queries, [...given, ...withholdings].map(({ grant }) => grant.id)); // prettier-ignore
  const helpFor = (reason: DenyReason, detail: string): HelpAnswer => helpAgainst(services, reason, detail, capability);
  const credentials = facts.credentials.map((credential): CredentialVerdict => {
    // One that has expired has no row anywhere, and nobody has one where nothing of the zone is granted.
    const listed = credential.state === "expired" || !isListed ? undefined : credentialRow(credential, facts, 0);
    const wall = { now: at, uncertaintyS: 0 };
    const scheduleContext = time.context;
    const given = { wall, scheduleContext, credential: listed, accessPoint: { capability }, permissions: permissions.map(({ permission }) => permission) };
    const failure = firstFailure(CREDENTIAL_CHECKS, given) ?? firstFailure(PERMISSION_CHECKS, given);
    const { id, kind } = credential;
    const checks = traceBoth(given);
    if (failure === undefined) return { credential: id, kind, outcome: "granted", reason: null, help: null, checks };
    // The door knows nothing of it; the campus knows why.
    const unlisted = credential.state === "expired" ? "CredentialExpired" : "Unauthorized";
    const help = helpFor(listed === undefined ? unlisted : failure.reason, failure.check.detail(given));
    return { credential: id, kind, outcome: "denied", reason: failure.reason, help, checks };
  });
  const opens = credentials.some(({ outcome }) => outcome === "granted");
  return ok({
    person,
    accessPoint,
    at,
    grants: given.map(({ grant, permission }) => ({
      grant: grant.id,
      source: sources.get(grant.id)!.source,
      accessProfile: permission.accessProfile,
      schedule: permission.schedule.id,
      validFrom: permission.validFrom,
      validUntil: permission.validUntil,
    })),
    withholdings: withholdings.flatMap(({ grant, times }) =>
      times.map(({ from, until }) => ({
        grant: grant.id,
        ...sources.get(grant.id)!,
        by: grant.what.kind === "profile" ? grant.what.profile : grant.what.kind,
        validFrom: from,
        validUntil: until,
        holds: holdsAt([{ from, until }], at),
      })),
    ),
    credentials,
    help: opens ? null : (credentials[0]?.help ?? helpFor("CredentialNotFound", "")),
  });
}

/** Somebody who would pass if a grant did not withhold it. */
export interface WithheldPerson extends Pick<ReachingWithholding, "grant" | "source" | "grantedBy"> {
  readonly person: string;
}
interface Passers {
  readonly people: readonly string[];
  readonly withheld: readonly WithheldPerson[];
  readonly next: string | null;
}

/**
 * Who may pass an access point at an instant, as far as the cloud can know, and from whom alone a grant withholds it: people in the order of their ids, page
 * by page.
 */
export async function whoMayPass(
  cloud: Cloud,
  accessPoint: string,
  capability: Capability,
  at: UnixSeconds,
  after: string,
  limit: number,
): Promise<Result<Passers, "AccessPointUnknown">> {
  const { queries } = cloud.database;
  const campus = await Campus.read(queries);
  const zone = campus.zoneOf(accessPoint);
  if (zone === undefined) return refuse("AccessPointUnknown", accessPoint);
  const time = await readCampusTime(cloud, queries);
  const listed = await queries
    .selectFrom("feed_item")
    .select("person")
    .distinct()
    .where("feed_partition", "=", zonePartition(zone))
    .where("person", ">", after)
    .orderBy("person")
    .limit(limit)
    .execute();
  const ids = listed.flatMap(({ person }) => person ?? []);
  const wall = { now: at, uncertaintyS: 0 };
  const passes = (facts: PersonFacts, permissions: readonly GivenPermission[]): boolean => {
    const given = { wall, scheduleContext: time.context, accessPoint: { capability }, permissions: permissions.map(({ permission }) => permission) };
    if (firstFailure(PERMISSION_CHECKS, given) !== undefined) return false;
    return facts.credentials.some(
      (credential) =>
        credential.state !== "expired" && firstFailure(CREDENTIAL_CHECKS, { ...given, credential: credentialRow(credential, facts, 0) }) === undefined,
    );
  };
  const people: string[] = [];
  const barred: { readonly person: string; readonly grant: string }[] = [];
  for (const facts of await readPeople(queries, campus, ids)) {
    const given = givenAt(facts, campus, time, accessPoint);
    if (!passes(facts, given)) continue;
    const withholdings = withholdingsAt(facts, campus, { accessPoint, capability });
    if (passes(facts, narrowed(given, withholdings, campus, accessPoint))) people.push(facts.person);
    else for (const { grant, times } of withholdings) if (holdsAt(times, at)) barred.push({ person: facts.person, grant: grant.id });
  }
  const sources = await sourcesOf(queries, [...new Set(barred.map(({ grant }) => grant))]);
  return ok({
    people: people.sort(),
    withheld: barred.map((each) => ({ ...each, ...sources.get(each.grant)! })).sort((a, b) => (`${a.person} ${a.grant}` < `${b.person} ${b.grant}` ? -1 : 1)),
    next: ids.length < limit ? null : ids.at(-1)!,
  });
}

/** Whether a zone's list says anything of a person: something there is granted, here or elsewhere in it. */
const isInZone = (facts: PersonFacts, campus: Campus, zone: string): boolean =>
  grantTimes(facts).some(
    ({ grant: { what }, times }) =>
      times.length > 0 &&
      (what.kind === "profile"
        ? campus.zonesOf(what.profile).includes(zone)
        : what.kind === "own" && what.accessPoints.some((id) => campus.zoneOf(id) === zone)),
  );

type Given = CredentialFacts & PermissionFacts;
const traceBoth = (given: Given): CheckTrace[] => traceChecks<Given>([...CREDENTIAL_CHECKS, ...PERMISSION_CHECKS], given);

type Origin = Pick<ReachingWithholding, "source" | "grantedBy">;
async function sourcesOf(queries: Queries, grants: readonly string[]): Promise<ReadonlyMap<string, Origin>> {
  const found = new Map<string, Origin>();
  for (const some of portions(grants, 500))
    for (const row of await queries.selectFrom("access_grant").select(["id", "source_kind", "source", "granted_by"]).where("id", "in", some).execute())
      found.set(row.id, { source: { kind: row.source_kind, id: row.source }, grantedBy: row.granted_by });
  return found;
}
