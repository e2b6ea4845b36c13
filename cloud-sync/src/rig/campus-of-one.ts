import { issueCredential } from "../credentials.ts";
import { createGrant, putPolicy } from "../grants.ts";
import { putAudience, putPerson } from "../people.ts";
import { putAccessPoint, putZone } from "../places.ts";
import { putAccessProfile } from "../profiles.ts";
import { ALWAYS, type CloudRig, done, NOTE } from "./cloud-rig.ts";

/** One student with phone and card, one gate in a zone of its own, and a policy that lets students through it. */
export interface CampusOfOne {
  readonly person: string;
  readonly phone: string;
  readonly card: string;
}

export const ZONE = "east";
export const GATE = "east-gate";

export async function campusOfOne(rig: CloudRig): Promise<CampusOfOne> {
  const names = { zh: "东门", en: "East gate" };
  await done(putZone(rig, NOTE, ZONE, names));
  await done(putAccessPoint(rig, NOTE, { id: GATE, zone: ZONE, names, high: false }));
  await done(putAccessProfile(rig, NOTE, { id: "gates", names, policies: [{ accessPoint: GATE, capability: "pass", schedule: "always" }] }));
  await done(putPolicy(rig, NOTE, { id: "students-gates", names }));
  const source = { kind: "policy", id: "students-gates" } as const;
  const subject = { kind: "audience", id: "student" } as const;
  await done(createGrant(rig, NOTE, { subject, what: { kind: "profile", profile: "gates" }, validity: ALWAYS, source }));
  const { id: person } = await done(putPerson(rig, NOTE, undefined, { account: "zhang@connect.example.edu", name: "张", phone: null, mail: null, flags: [], partySize: 1 })); // prettier-ignore
  await done(putAudience(rig, NOTE, person, { audience: "student", validity: ALWAYS, sponsor: null }));
  const issued = { validity: ALWAYS, publicKey: null, takesIssuedUntil: null } as const;
  const phone = await done(issueCredential(rig, NOTE, person, { ...issued, kind: "qr", number: null }));
  const card = await done(issueCredential(rig, NOTE, person, { ...issued, kind: "card", number: Uint8Array.of(4, 1, 2, 3) }));
  return { person, phone: phone.id, card: card.id };
}
