import { setCredentialState } from "../credentials.ts";
import { type Scope, SCOPES } from "../api/scopes.ts";
import { type ApiCampus, apiCampus, SHOWN_QR } from "./api-campus.ts";
import { type ApiRig, valueOf } from "./api-rig.ts";
import type { CaseWorld } from "./case-world.ts";
import { done, NOTE } from "./cloud-rig.ts";
import { RESERVED } from "./route-cases.ts";

/** What stands in the rig of the routes' cases. */
export type RouteCampus = ApiCampus & { readonly expired: string };

/** Sets up the campus of the routes' cases in an empty rig. */
export async function routeCampus({ backend: { client }, cloud }: ApiRig): Promise<RouteCampus> {
  const campus = await apiCampus(client);
  const { id: expired } = await valueOf(client.ask("POST /v1/persons/{id}/credentials", { params: { id: campus.person }, body: SHOWN_QR }));
  await done(setCredentialState(cloud, NOTE, expired, "expired", null));
  const reserved = { subject_kind: "person", subject: campus.person, access_profile: "gates", access_points: null, capability: null, schedule: null, valid_from: 0, valid_until: 1, policy: null, granted_by: "reservations", approved_by: null } as const; // prettier-ignore
  await cloud.database.queries
    .insertInto("access_grant")
    .values({ id: RESERVED, source_kind: "reservation", source: "r-1", ...reserved })
    .execute();
  return { ...campus, expired };
}

/** The world of the routes' cases on a rig: it holds the campus, or is given it now. */
export async function routeWorld(rig: ApiRig, campus?: RouteCampus): Promise<{ readonly world: CaseWorld; readonly campus: RouteCampus }> {
  const second = await rig.caller("operator-2", Object.keys(SCOPES) as Scope[]);
  const ids = campus ?? (await routeCampus(rig));
  const { cloud, backend } = rig;
  return {
    world: {
      ...ids,
      cloud,
      client: backend.client,
      second: second.client,
      site: cloud.site,
      provider: rig.provider,
      lookDue: () => rig.money.topUps.lookDue(),
      loseKey: () => void (rig.passKey = undefined),
    },
    campus: ids,
  };
}
