import { z } from "@hono/zod-openapi";
import { bytesToHex, hexToBytes, ok, type Result, type TrustList } from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import { adoptionStanding } from "../../epoch/adoption.ts";
import type { CloudKeys } from "../../keys/cloud-keys.ts";
import { installTrustList } from "../../keys/trust-lists.ts";
import { mutate } from "../../mutation.ts";
import type { Queries } from "../../store/cloud-database.ts";
import { changed, published, reasonMissing, route } from "../route.ts";
import { hexBytes, time, timeOf } from "../schemas.ts";

const publicKey = hexBytes(32, 32).openapi({ description: "Ed25519", example: "c050c563".repeat(8) });
const list = hexBytes(1, 65_536).openapi({ description: "As the root holders have signed it: COSE_Sign, docs/feed-and-events.md", example: "8440a0" });
const standing = z
  .object({ sequence: z.int(), feedEpoch: z.int(), issued: time, validUntil: time })
  .openapi("TrustListStanding", { description: "A trust list by its number and dates" });

const standingOf = ({ sequence, feedEpoch, issued, validUntil }: TrustList): z.output<typeof standing> => ({
  sequence,
  feedEpoch,
  issued: timeOf(issued),
  validUntil: timeOf(validUntil),
});

export const keyRoutes = {
  "GET /v1/trust-list": route({
    scope: "keys:read",
    action: null,
    summary: "The trust list in force, and the public keys that the cloud can sign with",
    answer: z.object({
      site: z.string(),
      list: list.nullable().openapi({ description: "Null: there is none yet" }),
      held: z.array(publicKey),
    }),
    refusals: [],
    act: async ({ cloud, keys }) => {
      const newest = keys.trustLists.at(-1);
      return ok({ site: cloud.site, list: newest === undefined ? null : bytesToHex(newest.bytes), held: keys.publicKeys.map(bytesToHex) });
    },
  }),
  "POST /v1/trust-lists": route({
    scope: "keys:write",
    action: "trust-list install",
    summary: "Put a trust list into force that the root holders have signed; controllers are told at once",
    body: z.strictObject({ list }),
    example: { list: "8440a0" },
    answer: changed(standing),
    refusals: ["TrustListRefused", "SigningKeyMissing", "AdoptionRequired", "ReasonRequired"],
    act: async (call, { body }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const { cloud, keys, note } = call;
      const installed = await installTrustList(cloud, note, hexToBytes(body.list)!, async (next, queries) => {
        const left = keysLeft(keys, next);
        return left.ok && next.feedEpoch > (keys.trustList?.feedEpoch ?? next.feedEpoch) ? adopted(queries) : left;
      });
      if (!installed.ok) return installed;
      await keys.reload();
      return published(call, installed, standingOf);
    },
  }),
  "POST /v1/signing-keys": route({
    scope: "keys:write",
    action: "signing-key make",
    summary: "Make another key in the cloud's own keeping; it signs nothing until a trust list names it",
    answer: changed(z.object({ publicKey })),
    status: 201,
    refusals: [],
    act: async (call) => {
      const made = await mutate<{ publicKey: string }, never>(call.cloud, { ...call.note, target: "signing key" }, () =>
        Promise.resolve(ok({ publicKey: bytesToHex(call.keys.make()) })),
      );
      return published(call, made, (key) => key);
    },
  }),
};

/** A list that silences the feed is a mistake that nobody finds in time. */
function keysLeft(keys: CloudKeys, next: TrustList): Result<null, "SigningKeyMissing"> {
  const missing = (["feed", "time"] as const).find((usage) => keys.signing(usage, next) === undefined);
  return missing === undefined ? ok(null) : refuse("SigningKeyMissing", `none signs the ${missing}`);
}

/** An epoch begins when nothing is known at the doors that the cloud has forgotten. */
async function adopted(queries: Queries): Promise<Result<null, "AdoptionRequired">> {
  const { unknown } = await adoptionStanding(queries);
  return unknown.length === 0 ? ok(null) : refuse("AdoptionRequired", `${unknown.length} revocations`);
}
