import { bytesToHex, kidBytes, makeConfigurationRecord, ok, type Result } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "./cloud.ts";
import { refuse } from "./core/refusal.ts";
import type { FeedKeys } from "./feed/feed-keys.ts";
import { type Changed, type ChangeNote, mutate } from "./mutation.ts";

/** A controller's configuration that was signed for it. */
export interface SignedConfiguration {
  /** The record. docs/feed-and-events.md, Configuration by file. */
  readonly file: Uint8Array;
  readonly epoch: number;
  /** Of the change. */
  readonly number: number;
  /** SHA-256 of its text, lower-case hex: what ControllerStarted names once it runs. */
  readonly hash: string;
}

/** Signs a configuration for a controller that is let in. The audit keeps its hash, and numbers it: the next one has a higher number. */
export async function signConfiguration(
  cloud: Cloud,
  note: ChangeNote,
  keys: FeedKeys,
  controller: string,
  text: Uint8Array,
): Promise<Result<Changed<SignedConfiguration>, "ControllerUnknown">> {
  const hash = bytesToHex(nodeSha256(text));
  const made = await mutate(cloud, { ...note, target: `controller ${controller} configuration ${hash}` }, async ({ queries, now }) => {
    const known = await queries.selectFrom("controller").select("id").where("id", "=", controller).where("revoked_at", "is", null).executeTakeFirst();
    return known === undefined ? refuse("ControllerUnknown", controller) : ok(now);
  });
  if (!made.ok) return made;
  const { change: number, value: issued } = made.value;
  const epoch = keys.trustList.feedEpoch;
  const file = makeConfigurationRecord(cloud.site, { controller, epoch, number, issued, text }, kidBytes(keys.kid), keys.signer);
  return ok({ change: number, value: { file, epoch, number, hash } });
}
