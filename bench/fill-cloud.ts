import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTrustList, ok, U32_MAX, unixSeconds } from "@portico/card-protocol";
import {
  addApiKey,
  type ChangeNote,
  type Changed,
  createGrant,
  mutate,
  openCloud,
  portions,
  putAccessPoint,
  putAccessProfile,
  putPolicy,
  putZone,
  readSigningKey,
  TRUST_LISTS_FOLDER,
} from "@portico/cloud-sync";
import type { Result } from "@portico/card-protocol";
import { benchTrust, cardId, CLOUD_SITE, controllerId, controllerSigner, OPERATOR, personId, phoneId, phoneKey, ROOT, zoneId, zoneOf } from "./cloud-campus.ts";

/*
 * Fills a cloud's data folder: fill-cloud.js <folder> <people> <cards> <zones> <controllers>. Each person has a phone and three grants by profile in every
 * zone; the first so many have a card as well. Prints the id of the operator's key. The lists are expanded by the cloud itself when it starts.
 */
const ROWS_AT_ONCE = 1_000;
const GRANTS = ["gates", "halls", "labs"];

const [folder, ...counts] = process.argv.slice(2);
const [people, cards, zones, controllers] = counts.map(Number);
if (folder === undefined || people === undefined || cards === undefined || zones === undefined || controllers === undefined)
  throw new RangeError("usage: fill-cloud.js <folder> <people> <cards> <zones> <controllers>");
const cloud = await openCloud({ dataFolder: folder, site: CLOUD_SITE, timeZone: "Asia/Shanghai" });
const note: ChangeNote = { actor: "bench", action: "fill", target: "", reason: "" };
const names = { zh: "试", en: "bench" };
const always = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };

for (let nth = 0; nth < zones; nth++) {
  const zone = zoneId(nth);
  await done(putZone(cloud, note, zone, names));
  for (const kind of GRANTS) await done(putAccessPoint(cloud, note, { id: `${zone}-${kind}`, zone, names, high: false }));
}
for (const kind of GRANTS) {
  const policies = Array.from({ length: zones }, (_, nth) => ({ accessPoint: `${zoneId(nth)}-${kind}`, capability: "pass", schedule: "always" }) as const);
  await done(putAccessProfile(cloud, note, { id: kind, names, policies }));
  await done(putPolicy(cloud, note, { id: `students-${kind}`, names }));
  const source = { kind: "policy", id: `students-${kind}` } as const;
  await done(createGrant(cloud, note, { subject: { kind: "audience", id: "student" }, what: { kind: "profile", profile: kind }, validity: always, source }));
}
await done(addApiKey(cloud, note, { name: "bench", actor: "bench", publicKey: OPERATOR.publicKey, scopes: ["credentials:write"] }));

const validity = { valid_from: 0, valid_until: U32_MAX };
const every = Array.from({ length: people }, (_, nth) => nth);
await done(
  mutate(cloud, note, async ({ queries, mark, now }) => {
    const state = { state: "active", state_since: now, takes_issued_until: null, ...validity } as const;
    for (const some of portions(every, ROWS_AT_ONCE)) {
      const person = (nth: number) => ({ id: personId(nth), account: null, name: "试", phone: null, mail: null, flags: 0, party_size: 1 });
      await queries.insertInto("person").values(some.map(person)).execute();
      const audience = (nth: number) => ({ person: personId(nth), audience: "student", sponsor: null, ...validity }) as const;
      await queries.insertInto("person_audience").values(some.map(audience)).execute();
      const phone = (nth: number) =>
        ({ id: phoneId(nth), person: personId(nth), kind: "qr", public_key: Buffer.from(phoneKey(nth)), number: null, ...state }) as const;
      await queries.insertInto("credential").values(some.map(phone)).execute();
      const holders = some.filter((nth) => nth < cards);
      const card = (nth: number) =>
        ({ id: cardId(nth), person: personId(nth), kind: "card", public_key: null, number: Buffer.from(phoneKey(nth).subarray(0, 7)), ...state }) as const;
      if (holders.length > 0) await queries.insertInto("credential").values(holders.map(card)).execute();
    }
    const fleet = Array.from({ length: controllers }, (_, nth) => ({
      id: controllerId(nth),
      public_key: Buffer.from(controllerSigner(nth).publicKey),
      zones: JSON.stringify([zoneOf(nth, zones)]),
      added_at: now,
      revoked_at: null,
      machine: 1,
      changed: 0,
    }));
    for (const some of portions(fleet, ROWS_AT_ONCE)) await queries.insertInto("controller").values(some).execute();
    mark("audience", "student");
    return ok(null);
  }),
);
await cloud.database.close();

const { publicKey } = readSigningKey(folder, cloud.randomBytes);
const list = makeTrustList(CLOUD_SITE, benchTrust(publicKey, Math.floor(Date.now() / 1_000)), [ROOT]);
if (!list.ok) throw new Error(list.detail);
mkdirSync(join(folder, TRUST_LISTS_FOLDER), { recursive: true });
writeFileSync(join(folder, TRUST_LISTS_FOLDER, "1.cose"), list.value);

async function done<T>(result: Promise<Result<Changed<T>, string>>): Promise<T> {
  const made = await result;
  if (!made.ok) throw new Error(`${made.error}: ${made.detail}`);
  return made.value.value;
}
