import { hexToBytes, type Result, type SuspensionReason, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import {
  addApiKey,
  addController,
  type Changed,
  type ChangeNote,
  type Cloud,
  createGrant,
  type CredentialContent,
  issueCredential,
  putAccessPoint,
  putAccessProfile,
  putAudience,
  putGroup,
  putMember,
  putPerson,
  putPolicy,
  putSchedule,
  putZone,
  type Scope,
  SCOPES,
  setCredentialState,
} from "@portico/cloud-sync";
import { accessPointsOf, accountDomain, type Campus, type CampusPerson, type CampusSchedule, partOf } from "../campus/campus.ts";

const ALWAYS = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };
const NOTE: ChangeNote = { actor: "set-up", action: "campus fill", target: "", reason: "the campus is made" };
/** The rule that everybody's grants come from. */
const POLICY = "campus-rules";
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;
const HOUR_S = 3_600;

/**
 * Puts a campus into a cloud's store: its zones, access points, profiles and people with all that they carry, who may call it, and the controllers by their
 * keys. Credentials keep the ids of the campus, so that phones which exist already show passes that the cloud knows. All of it is one transaction: one wait
 * for the disk, and a campus that is there as a whole or not at all.
 *
 * @param controllerKeys  public keys, by controller
 */
export function fillCloud(cloud: Cloud, campus: Campus, controllerKeys: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const { database } = cloud;
  return database.transact((queries, attempt) =>
    fill({ ...cloud, database: { ...database, queries, transact: (act) => act(queries, attempt) } }, campus, controllerKeys),
  );
}

async function fill(cloud: Cloud, campus: Campus, controllerKeys: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const scopes = Object.keys(SCOPES) as Scope[];
  await done(addApiKey(cloud, NOTE, { name: "operator", actor: "operator", publicKey: nodeSigner(campus.keys.operator).publicKey, scopes }));
  for (const { zone, names } of campus.parts) await done(putZone(cloud, NOTE, zone, names));
  for (const point of accessPointsOf(campus))
    await done(putAccessPoint(cloud, NOTE, { id: point.id, zone: partOf(campus, point).zone, names: named(point.id), high: false }));
  for (const schedule of campus.schedules) await done(putSchedule(cloud, NOTE, scheduleOf(schedule)));
  await done(putPolicy(cloud, NOTE, { id: POLICY, names: { zh: "校园规定", en: "Rules of the campus" } }));
  for (const { id, accessPoints, schedule } of campus.profiles) {
    const policies = accessPoints.map((accessPoint) => ({ accessPoint, capability: "pass", schedule }) as const);
    await done(putAccessProfile(cloud, NOTE, { id, names: named(id), policies }));
    await done(putGroup(cloud, NOTE, { id, names: named(id) }));
    const grant = { subject: { kind: "group", id }, what: { kind: "profile", profile: id }, validity: ALWAYS, source: { kind: "policy", id: POLICY } } as const;
    await done(createGrant(cloud, NOTE, grant));
  }
  for (const person of campus.people) await fillPerson(cloud, campus, person);
  for (const { controller, zone } of campus.parts)
    await done(addController(cloud, NOTE, { id: controller, publicKey: controllerKeys.get(controller)!, zones: [zone] }));
}

async function fillPerson(cloud: Cloud, campus: Campus, { id, audience, flags, profiles, phone, wallet, card }: CampusPerson): Promise<void> {
  const account = `${id}@${accountDomain(campus)}`;
  const content = { account, name: id, phone: null, mail: account, flags: flags.filter((flag) => flag !== "visitor"), partySize: 1 };
  const { id: person } = await done(putPerson(cloud, NOTE, undefined, content));
  await done(putAudience(cloud, NOTE, person, { audience, validity: ALWAYS, sponsor: null }));
  for (const profile of profiles) await done(putMember(cloud, NOTE, profile, { person, validity: ALWAYS }));
  const issue = async (
    credential: string,
    given: Partial<CredentialContent> & Pick<CredentialContent, "kind">,
    suspension?: SuspensionReason,
  ): Promise<void> => {
    const chosen: Cloud = { ...cloud, randomBytes: () => hexToBytes(credential)! };
    await done(issueCredential(chosen, NOTE, person, { validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null, ...given }));
    if (suspension !== undefined) await done(setCredentialState(cloud, NOTE, credential, stateOf(suspension), null));
  };
  if (phone !== undefined) await issue(phone.credential, { kind: "qr", publicKey: nodeSigner(phone.seed).publicKey }, phone.suspension);
  if (wallet !== undefined) await issue(wallet.credential, { kind: "qr" });
  if (card !== undefined) await issue(card.credential, { kind: "card", number: hexToBytes(card.number)! }, card.suspension);
}

/** A campus knows these two reasons. */
function stateOf(suspension: SuspensionReason): "frozen" | "lost" {
  if (suspension === "Frozen") return "frozen";
  if (suspension === "CredentialLost") return "lost";
  throw new RangeError(`no campus begins with ${suspension}`);
}

function scheduleOf({ id, start, end }: CampusSchedule): Parameters<typeof putSchedule>[2] {
  const range = { startS: secondsOf(start), endS: secondsOf(end) };
  return { id, weekly: Object.fromEntries(WEEKDAYS.map((weekday) => [weekday, [range]])), specialDays: [], follows: { holidays: false, makeUpDays: false } };
}

function secondsOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return hours! * HOUR_S + minutes! * 60;
}

const named = (id: string): { readonly zh: string; readonly en: string } => ({ zh: id, en: id });

async function done<T>(result: Promise<Result<Changed<T>, string>>): Promise<T> {
  const made = await result;
  if (!made.ok) throw new Error(`the campus does not fit into its cloud: ${made.error}, ${made.detail}`);
  return made.value.value;
}
