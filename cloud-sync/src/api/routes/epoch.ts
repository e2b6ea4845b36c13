import { z } from "@hono/zod-openapi";
import { ok, SUSPENSION_REASONS } from "@portico/card-protocol";
import { adoptionStanding, adoptRevocations, liftAdopted } from "../../epoch/adoption.ts";
import { changed, gone, nothing, published, reasonMissing, route } from "../route.ts";
import { credentialId, time, timeOf } from "../schemas.ts";

const standing = z
  .object({
    epoch: z.int().openapi({ description: "Of the trust list in force; 0: there is none" }),
    version: z.int().openapi({ description: "Where `global` stands in the cloud" }),
    reports: z.array(z.object({ controller: z.string(), epoch: z.int(), version: z.int(), at: time })),
    silent: z
      .array(z.string())
      .openapi({ description: "Controllers that have not said what they know: those that stand behind the cloud have nothing to say" }),
    unknown: z
      .array(z.object({ credential: credentialId, suspension: z.enum(SUSPENSION_REASONS), since: time }))
      .openapi({ description: "Revocations that controllers know and the cloud does not" }),
  })
  .openapi("EpochStanding");

export const epochRoutes = {
  "GET /v1/feed/epoch": route({
    scope: "keys:read",
    action: null,
    summary: "Behind a restored backup: what controllers know to be revoked that the cloud has forgotten",
    answer: standing,
    refusals: [],
    act: async ({ cloud, keys }) => {
      const { queries } = cloud.database;
      const { reports, silent, unknown } = await adoptionStanding(queries);
      const row = await queries.selectFrom("feed_partition").select("version").where("name", "=", "global").executeTakeFirst();
      return ok({
        epoch: keys.trustList?.feedEpoch ?? 0,
        version: row?.version ?? 0,
        reports: reports.map((report) => ({ ...report, at: timeOf(report.at) })),
        silent: [...silent],
        unknown: unknown.map((each) => ({ ...each, since: timeOf(each.since) })),
      });
    },
  }),
  "POST /v1/feed/epoch/adopt": route({
    scope: "keys:write",
    action: "epoch adopt",
    summary: "Refuse here too what controllers know to be revoked; each is named to them as kept, or later as lifted",
    answer: changed(z.object({ adopted: z.int() })),
    refusals: ["ReasonRequired"],
    act: async (call) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      return published(call, await adoptRevocations(call.cloud, call.note), (value) => ({ ...value }));
    },
  }),
  "POST /v1/adopted-revocations/{id}/lift": route({
    scope: "credentials:write",
    action: "revocation lift",
    summary: "Let a credential pass again that was adopted and that the cloud itself does not know",
    params: z.strictObject({ id: credentialId }),
    answer: changed(gone),
    refusals: ["CredentialUnknown", "StateRefused", "ReasonRequired"],
    act: async (call, { params: { id } }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      return published(call, await liftAdopted(call.cloud, call.note, id), nothing);
    },
  }),
};
