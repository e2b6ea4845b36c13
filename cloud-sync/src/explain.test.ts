import { afterEach, beforeEach, expect, test } from "vitest";
import { apiCampus } from "./rig/api-campus.ts";
import { answered, type ApiRig, apiRig, names } from "./rig/api-rig.ts";

let rig: ApiRig;
beforeEach(async () => void (rig = await apiRig()));
afterEach(() => rig.close());

test("who may pass elsewhere in the zone is known at its doors and not authorised; of whom nothing is granted in the zone no door knows anything", async () => {
  const { client } = rig.backend;
  const { person } = await apiCampus(client);
  for (const [id, zone] of [
    ["gate-2/entry", "east"],
    ["store", "west"],
  ] as const)
    // prettier-ignore
    await answered(client.ask("PUT /v1/access-points/{id}", { params: { id }, body: { zone, names: names(id), high: false } }));
  const reasons = async (accessPoint: string) => {
    const { credentials } = await answered(client.ask("GET /v1/explain", { query: { person, "access-point": accessPoint, capability: "pass" } }));
    return credentials.map(({ reason }) => reason);
  };
  expect([await reasons("gate-2/entry"), await reasons("store")]).toEqual([
    ["Unauthorized", "Unauthorized"],
    ["CredentialNotFound", "CredentialNotFound"],
  ]);
});
