import { seededRandomBytes } from "@portico/firmware-ts";
import { nodeSigner } from "@portico/card-protocol/node";
import {
  addApiKey,
  CAMPUS_SERVICES_FILE,
  type Cloud,
  createGrant,
  loadServiceDocument,
  putAudience,
  putCalendar,
  putPolicy,
  putSchedule,
  putSpecialDays,
  putTill,
  type Scope,
} from "@portico/cloud-sync";
import { unixSeconds } from "@portico/card-protocol";
import { type CampusFilling } from "../cloud/fill-cloud.ts";
import { seeded } from "../seeded.ts";
import { CAMPUS_NOTE, filled } from "../cloud/filling.ts";

/** What the mini program's backend of a campus is let do: no keys, no doors, no operators, and nothing as a second operator. */
export const BACKEND_SCOPES = [
  "people:read",
  "people:write",
  "people:push",
  "refusals:read",
  "credentials:write",
  "credentials:freeze",
  "phones:write",
  "passes:issue",
  "cards:lend",
  "places:read",
  "grants:read",
  "grants:write",
  "access:read",
  "services:read",
  "sessions:read",
  "sessions:write",
  "captures:write",
  "notifications:read",
  "notifications:write",
  "wallets:read",
  "wallets:top-up",
] as const satisfies readonly Scope[];

/** When ids of people were made, ms: 2026-01-01T00:00:00Z. The same in every sandbox, so that a seed gives the same ids. */
const PEOPLE_MADE_MS = 1_767_225_600_000;
/** 2020-09-01 to 2024-07-01, midnight on the campus. */
const STUDIED = { from: 1_598_889_600, until: 1_719_763_200 } as const;
const DAY_S = 86_400;
const WORKDAYS = [1, 2, 3, 4, 5] as const;
const OFFICE = { startS: 8 * 3_600, endS: 18 * 3_600 };
const VISITS = "visits";

/** What a sandbox's cloud has beside its campus: the backend's key, a calendar of this year and the next, schedules, and grants of every common kind. */
export function sandboxFilling(seed: number, backend: Uint8Array): CampusFilling {
  return {
    ids: () => ({ nowMs: () => PEOPLE_MADE_MS, randomBytes: seededRandomBytes(seeded(seed).drawn("ids of people")) }),
    async also(cloud, people) {
      const { publicKey } = nodeSigner(backend);
      await filled(addApiKey(cloud, CAMPUS_NOTE, { name: "mini program", actor: "mini program", publicKey, scopes: BACKEND_SCOPES }));
      await filled(putTill(cloud, CAMPUS_NOTE, { id: "provider/sandbox", names: { zh: "沙盒支付", en: "Sandbox payments" }, terminals: [] }));
      await fillTimes(cloud);
      await fillGrants(cloud, people);
    },
  };
}

async function fillTimes(cloud: Cloud): Promise<void> {
  const year = new Date(cloud.nowMs()).getUTCFullYear();
  const services = loadServiceDocument(CAMPUS_SERVICES_FILE);
  for (const each of [year, year + 1]) {
    const days = [
      { date: `${each}-01-01`, kind: "holiday" },
      { date: `${each}-05-01`, kind: "holiday" },
      ...["01", "02", "03", "04", "05", "06", "07"].map((day) => ({ date: `${each}-10-${day}`, kind: "holiday" }) as const),
      { date: `${each}-10-10`, kind: "makeUpDay", runsAs: 1 },
    ] as const;
    const termPhases = [
      { phase: "spring", from: `${each}-03-01`, until: `${each}-07-10` },
      { phase: "autumn", from: `${each}-09-01`, until: `${each + 1}-01-15` },
    ];
    await filled(putCalendar({ cloud, services }, CAMPUS_NOTE, { from: `${each}-01-01`, until: `${each + 1}-01-01`, days: [...days], termPhases }));
  }
  await filled(putSpecialDays(cloud, CAMPUS_NOTE, { id: "stocktaking", days: [`${year}-12-30`, `${year}-12-31`] }));
  const weekly = Object.fromEntries(WORKDAYS.map((day) => [day, [OFFICE]]));
  const specialDays = [{ group: "stocktaking", periods: [] }];
  await filled(putSchedule(cloud, CAMPUS_NOTE, { id: "office-hours", weekly, specialDays, follows: { holidays: true, makeUpDays: true } }));
}

async function fillGrants(cloud: Cloud, people: ReadonlyMap<string, string>): Promise<void> {
  const now = Math.floor(cloud.nowMs() / 1000);
  const today = { from: unixSeconds(now - (now % DAY_S)), until: unixSeconds(now - (now % DAY_S) + 7 * DAY_S) };
  const library = { kind: "own", accessPoints: ["library-in"], capability: "pass" } as const;
  const subject = (id: string) => ({ kind: "person", id: people.get(id)! }) as const;
  await filled(putPolicy(cloud, CAMPUS_NOTE, { id: VISITS, names: { zh: "来访", en: "Visits" } }));
  // A visitor's week, a grant that an operator has given, and one that office hours bound.
  const visit = { kind: "policy", id: VISITS } as const;
  await filled(createGrant(cloud, CAMPUS_NOTE, { subject: subject("zhou"), what: { ...library, schedule: "always" }, validity: today, source: visit }));
  const operator = { kind: "operator" } as const;
  await filled(
    createGrant(cloud, CAMPUS_NOTE, { subject: subject("zhaojun"), what: { ...library, schedule: "office-hours" }, validity: today, source: operator }),
  );
  // Who was a student and works here now has both behind the name.
  const past = { from: unixSeconds(STUDIED.from), until: unixSeconds(STUDIED.until) };
  await filled(putAudience(cloud, CAMPUS_NOTE, people.get("wu")!, { audience: "student", validity: past, sponsor: null }));
}
