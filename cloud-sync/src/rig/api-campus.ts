import type { CloudClient } from "../api/client.ts";
import { answered, ENDLESS, names, valueOf } from "./api-rig.ts";

/** Two zones, a gate and a laboratory that two operators have to grant, a schedule, profiles, a policy, a group, and one student with phone and card. */
export interface ApiCampus {
  readonly person: string;
  readonly phone: string;
  readonly card: string;
}

export const GATE = "gate-1/entry";
export const LABORATORY = "laboratory";
export const plainPerson = (account: string | null) => ({ account, name: "张三", phone: null, mail: null, flags: [], partySize: 1 });
export const cardOf = (number: string) => ({ kind: "card", validity: ENDLESS, publicKey: null, takesIssuedUntil: null, number }) as const;
export const SHOWN_QR = { kind: "qr", validity: ENDLESS, publicKey: null, takesIssuedUntil: null, number: null } as const;
export const toProfile = (profile: string) => ({ kind: "profile", profile }) as const;

/** All of it through the API. */
export async function apiCampus(client: CloudClient): Promise<ApiCampus> {
  for (const zone of ["east", "west"]) await answered(client.ask("PUT /v1/zones/{id}", { params: { id: zone }, body: { names: names(zone) } }));
  for (const [id, zone] of [
    [GATE, "east"],
    [LABORATORY, "west"],
  ] as const)
    await answered(client.ask("PUT /v1/access-points/{id}", { params: { id }, body: { zone, names: names(id), high: zone === "west" } }));
  await answered(client.ask("PUT /v1/special-days/{id}", { params: { id: "open-days" }, body: { days: ["2026-10-10"] } }));
  const weekdays = {
    weekly: { "2": [{ startS: 25_200, endS: 79_200 }] },
    specialDays: [{ group: "open-days", periods: [] }],
    follows: { holidays: true, makeUpDays: true },
  };
  await answered(client.ask("PUT /v1/schedules/{id}", { params: { id: "weekdays" }, body: weekdays }));
  for (const [id, accessPoint] of [
    ["gates", GATE],
    ["laboratories", LABORATORY],
  ] as const) {
    const body = { names: names(id), policies: [{ accessPoint, capability: "pass", schedule: "always" } as const] };
    await answered(client.ask("PUT /v1/access-profiles/{id}", { params: { id }, body }));
  }
  await answered(client.ask("PUT /v1/policies/{id}", { params: { id: "students-gates" }, body: { names: names("students") } }));
  await answered(client.ask("PUT /v1/groups/{id}", { params: { id: "class-1" }, body: { names: names("class 1") } }));
  const source = { kind: "policy", id: "students-gates" } as const;
  const subject = { kind: "audience", id: "student" } as const;
  await answered(client.ask("POST /v1/grants", { body: { subject, what: toProfile("gates"), validity: ENDLESS, source } }));
  const { id: person } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("zhang@connect.example.edu") }));
  const params = { id: person };
  const student = { validity: ENDLESS, sponsor: null };
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { ...params, audience: "student" }, body: student }));
  const phone = await valueOf(client.ask("POST /v1/persons/{id}/credentials", { params, body: SHOWN_QR }));
  const card = await valueOf(client.ask("POST /v1/persons/{id}/credentials", { params, body: cardOf("04010203") }));
  return { person, phone: phone.id, card: card.id };
}
