import { hexToBytes, LOCK_FINGERS_MAX, readIdentity, type SuspensionReason, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSigner } from "@portico/card-protocol/node";
import {
  addApiKey,
  addController,
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
  putRoomLock,
  putSchedule,
  putZone,
  type Scope,
  SCOPES,
  setCredentialState,
} from "@portico/cloud-sync";
import type { RoomStation } from "../campus/campus-stations.ts";
import { fillWallets } from "./fill-wallets.ts";
import { accountDomain, allReaders, type Campus, type CampusPerson, type CampusSchedule, partOfPlace, placeOfReader } from "../campus/campus.ts";
import { CAMPUS_NOTE, filled } from "./filling.ts";

const ALWAYS = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };
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
 * @param more            what comes beside it, in the same transaction
 */
export function fillCloud(cloud: Cloud, campus: Campus, controllerKeys: ReadonlyMap<string, Uint8Array>, more: CampusFilling = {}): Promise<void> {
  const { database } = cloud;
  return database.transact((queries, attempt) =>
    fill({ ...cloud, database: { ...database, queries, transact: (act) => act(queries, attempt) } }, campus, controllerKeys, more),
  );
}

/** What a campus is filled with beside itself. */
export interface CampusFilling {
  /** What ids of people are made of: time and chance. Default: the cloud's own. */
  readonly ids?: () => Pick<Cloud, "nowMs" | "randomBytes">;
  /** @param people  ids in the cloud, by those of the campus */
  readonly also?: (cloud: Cloud, people: ReadonlyMap<string, string>) => Promise<void>;
}

async function fill(cloud: Cloud, campus: Campus, controllerKeys: ReadonlyMap<string, Uint8Array>, { ids, also }: CampusFilling): Promise<void> {
  const scopes = Object.keys(SCOPES) as Scope[];
  await filled(addApiKey(cloud, CAMPUS_NOTE, { name: "operator", actor: "operator", publicKey: nodeSigner(campus.keys.operator).publicKey, scopes }));
  for (const { zone, names } of campus.parts) await filled(putZone(cloud, CAMPUS_NOTE, zone, names));
  for (const id of allReaders(campus)) {
    const { zone } = partOfPlace(campus, placeOfReader(campus, id)!);
    await filled(putAccessPoint(cloud, CAMPUS_NOTE, { id, zone, names: named(id), high: false }));
  }
  for (const station of campus.stations ?? []) if (station.kind === "room") await filled(putRoomLock(cloud, CAMPUS_NOTE, station.id, lockOf(station)));
  for (const schedule of campus.schedules) await filled(putSchedule(cloud, CAMPUS_NOTE, scheduleOf(schedule)));
  await filled(putPolicy(cloud, CAMPUS_NOTE, { id: POLICY, names: { zh: "校园规定", en: "Rules of the campus" } }));
  for (const { id, accessPoints, capability = "pass", schedule } of campus.profiles) {
    const policies = accessPoints.map((accessPoint) => ({ accessPoint, capability, schedule }));
    await filled(putAccessProfile(cloud, CAMPUS_NOTE, { id, names: named(id), policies }));
    await filled(putGroup(cloud, CAMPUS_NOTE, { id, names: named(id) }));
    const grant = { subject: { kind: "group", id }, what: { kind: "profile", profile: id }, validity: ALWAYS, source: { kind: "policy", id: POLICY } } as const;
    await filled(createGrant(cloud, CAMPUS_NOTE, grant));
  }
  const drawing = ids?.() ?? {};
  const people = new Map<string, string>();
  for (const person of campus.people) people.set(person.id, await fillPerson(cloud, { ...cloud, ...drawing }, campus, person, people));
  for (const { controller, zone } of campus.parts)
    await filled(addController(cloud, CAMPUS_NOTE, { id: controller, publicKey: controllerKeys.get(controller)!, zones: [zone] }));
  await fillWallets(cloud, campus, people);
  await also?.(cloud, people);
}

async function fillPerson(cloud: Cloud, drawing: Cloud, campus: Campus, given: CampusPerson, before: ReadonlyMap<string, string>): Promise<string> {
  const { id, audience, flags, profiles, phone, wallet, card, identities = [], name = id, phoneNumber = null, sponsor, partySize = 1 } = given;
  const account = `${id}@${accountDomain(campus)}`;
  const content = { account, name, phone: phoneNumber, mail: account, flags: flags.filter((flag) => flag !== "visitor"), partySize };
  const { id: person } = await filled(putPerson(drawing, CAMPUS_NOTE, undefined, content));
  await filled(putAudience(cloud, CAMPUS_NOTE, person, { audience, validity: ALWAYS, sponsor: sponsor === undefined ? null : before.get(sponsor)! }));
  for (const profile of profiles) await filled(putMember(cloud, CAMPUS_NOTE, profile, { person, validity: ALWAYS }));
  const issue = async (
    credential: string,
    given: Partial<CredentialContent> & Pick<CredentialContent, "kind">,
    suspension?: SuspensionReason,
  ): Promise<void> => {
    const chosen: Cloud = { ...cloud, randomBytes: () => hexToBytes(credential)! };
    await filled(issueCredential(chosen, CAMPUS_NOTE, person, { validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null, ...given }));
    if (suspension !== undefined) await filled(setCredentialState(cloud, CAMPUS_NOTE, credential, stateOf(suspension), null));
  };
  if (phone !== undefined) await issue(phone.credential, { kind: "qr", publicKey: nodeSigner(phone.seed).publicKey }, phone.suspension);
  if (wallet !== undefined) await issue(wallet.credential, { kind: "qr" });
  if (card !== undefined) await issue(card.credential, { kind: "card", number: hexToBytes(card.number)! }, card.suspension);
  for (const { kind, credential, text } of identities) {
    const read = readIdentity(text, kind);
    if (!read.ok) throw new RangeError(`${id}: ${read.detail}`);
    await issue(credential, { kind, number: read.value.bytes });
  }
  return person;
}

/** What the sticker of a room's lock says. */
const lockOf = ({ secret }: RoomStation): Parameters<typeof putRoomLock>[3] => ({
  publicKey: nodeAgreementKey(secret).publicKey,
  service: "dormitory-lock",
  fingerSlots: LOCK_FINGERS_MAX,
  platform: null,
});

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
