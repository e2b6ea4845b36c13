import { bytesToHex, GLOBAL, isStrictPublicKey, ok, type Partition, type Result, sameBytes, verifyPossession, zonePartition } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "./cloud.ts";
import { refuse } from "./core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "./mutation.ts";
import { changeZoneKey } from "./places.ts";
import type { Queries } from "./store/cloud-database.ts";

/** A controller that may follow the feed of its zones. */
export interface Controller {
  readonly id: string;
  /** 32 bytes, made on the controller. */
  readonly publicKey: Uint8Array;
  /** 1 to 16. */
  readonly zones: readonly string[];
  /** Since when it may nothing any more, seconds; null: it may. */
  readonly revokedAt: number | null;
}

/** A controller holds no more: a stolen one tells no more. */
export const CONTROLLER_ZONES_MAX = 16;

/** Lets a controller follow zones. The same again changes nothing; another key under the same id is refused: revoke it first. */
export function addController(
  cloud: Cloud,
  note: ChangeNote,
  { id, publicKey, zones }: Pick<Controller, "id" | "publicKey" | "zones">,
): Promise<Result<Changed<Controller>, "RequestMalformed" | "ZoneUnknown" | "IdTaken">> {
  return mutate(cloud, { ...note, target: `controller ${id}` }, async ({ queries }) => {
    if (!/^[!-~]{1,64}$/.test(id)) return refuse("RequestMalformed", "id: 1 to 64 printable ASCII characters without white space");
    if (!isStrictPublicKey(publicKey)) return refuse("RequestMalformed", "publicKey: not a key");
    const named = [...new Set(zones)].sort();
    if (named.length === 0 || named.length > CONTROLLER_ZONES_MAX) return refuse("RequestMalformed", `zones: 1 to ${CONTROLLER_ZONES_MAX}`);
    const known = (await queries.selectFrom("zone").select("id").where("id", "in", named).execute()).map((row) => row.id);
    const unknown = named.find((zone) => !known.includes(zone));
    if (unknown !== undefined) return refuse("ZoneUnknown", unknown);
    const before = await queries.selectFrom("controller").selectAll().where("id", "=", id).executeTakeFirst();
    if (before !== undefined && (before.revoked_at !== null || !sameBytes(new Uint8Array(before.public_key), publicKey)))
      return refuse("IdTaken", before.revoked_at === null ? "it has another key" : "it was revoked: choose another id");
    const row = { id, public_key: Buffer.from(publicKey), zones: JSON.stringify(named), added_at: Math.floor(cloud.nowMs() / 1000), revoked_at: null };
    await queries
      .insertInto("controller")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ zones: row.zones }))
      .execute();
    return ok({ id, publicKey, zones: named, revokedAt: null });
  });
}

/** From now on a controller may nothing any more, and its zones have other keys for card numbers than those that it holds. A second time changes nothing. */
export function revokeController(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<Controller>, "ControllerUnknown">> {
  return mutate(cloud, { ...note, target: `controller ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const known = await readController(queries, id);
    if (known === undefined) return refuse("ControllerUnknown", id);
    if (known.revokedAt !== null) return ok(known);
    await queries.updateTable("controller").set({ revoked_at: now }).where("id", "=", id).execute();
    for (const zone of known.zones) await changeZoneKey(cloud, mutation, zone);
    return ok({ ...known, revokedAt: now });
  });
}

/** Controllers in the order of their ids, the revoked ones too. */
export async function listControllers(queries: Queries): Promise<Controller[]> {
  return (await queries.selectFrom("controller").selectAll().orderBy("id").execute()).map(controllerOf);
}

export async function readController(queries: Queries, id: string): Promise<Controller | undefined> {
  const row = await queries.selectFrom("controller").selectAll().where("id", "=", id).executeTakeFirst();
  return row && controllerOf(row);
}

/** The partitions that a controller may have: its zones, and global. */
export const partitionsOf = ({ zones }: Controller): readonly Partition[] => [GLOBAL, ...zones.map(zonePartition)];

/** What a controller is told when it has shown that it holds its key. */
export interface Admission {
  /** 64 hex digits: shown with each request until it ends. Kept by nobody here, but for its hash. */
  readonly token: string;
  readonly expiresAt: number;
  readonly zones: readonly { readonly zone: string; readonly keyGeneration: number; readonly key: Uint8Array }[];
}

const CHALLENGE_LIFE_S = 60;
const TOKEN_LIFE_S = 3_600;
/** Challenges that are open at once; the oldest go first, so that nobody fills the memory by asking. */
const CHALLENGES_MAX = 10_000;

/**
 * Lets controllers in: a challenge, answered with a proof that the controller holds its key (signed record of kind 4, its id where a person stands), gives a
 * token for an hour. Tokens live in memory: after a restart, controllers show their keys again.
 */
export class ControllerEntrance {
  readonly #cloud: Cloud;
  readonly #challenges = new Map<string, { readonly controller: string; readonly until: number }>();
  /** By the SHA-256 of the token. */
  readonly #tokens = new Map<string, { readonly controller: string; readonly until: number }>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** 32 bytes to be signed, once, within a minute. Asked of any id: whether there is one, nobody learns here. */
  challenge(controller: string): Uint8Array {
    for (const [nonce, { until }] of this.#challenges) if (until <= this.#now || this.#challenges.size >= CHALLENGES_MAX) this.#challenges.delete(nonce);
    const nonce = this.#cloud.randomBytes(32);
    this.#challenges.set(bytesToHex(nonce), { controller, until: this.#now + CHALLENGE_LIFE_S });
    return nonce;
  }

  /** @param proof  the signed record of kind 4 over the challenge */
  async admit(controller: string, nonce: Uint8Array, proof: Uint8Array): Promise<Result<Admission, "SignatureRefused">> {
    const name = bytesToHex(nonce);
    const challenge = this.#challenges.get(name);
    this.#challenges.delete(name);
    if (challenge === undefined || challenge.controller !== controller || challenge.until <= this.#now)
      return refuse("SignatureRefused", "the challenge is not open");
    const { queries } = this.#cloud.database;
    const known = await readController(queries, controller);
    const holds = known !== undefined && verifyPossession(proof, this.#cloud.site, { nonce, person: controller }, known.publicKey, nodeVerifier);
    if (!holds || known.revokedAt !== null) return refuse("SignatureRefused", "no controller that may follow the feed has signed this");
    const token = bytesToHex(this.#cloud.randomBytes(32));
    const expiresAt = this.#now + TOKEN_LIFE_S;
    for (const [hash, { until }] of this.#tokens) if (until <= this.#now) this.#tokens.delete(hash);
    this.#tokens.set(hashOf(token), { controller, until: expiresAt });
    const zones = await queries.selectFrom("zone").select(["id", "key", "key_generation"]).where("id", "in", known.zones).orderBy("id").execute();
    return ok({ token, expiresAt, zones: zones.map(({ id, key, key_generation }) => ({ zone: id, keyGeneration: key_generation, key: new Uint8Array(key) })) });
  }

  /** The controller whose token this is; undefined: nobody's, or it has ended, or the controller was revoked. */
  async controllerOf(token: string): Promise<Controller | undefined> {
    const found = this.#tokens.get(hashOf(token));
    if (found === undefined || found.until <= this.#now) return undefined;
    const known = await readController(this.#cloud.database.queries, found.controller);
    return known?.revokedAt === null ? known : undefined;
  }

  get #now(): number {
    return Math.floor(this.#cloud.nowMs() / 1000);
  }
}

const hashOf = (token: string): string => bytesToHex(nodeSha256(new TextEncoder().encode(token)));

function controllerOf(row: { id: string; public_key: Uint8Array; zones: string; revoked_at: number | null }): Controller {
  return { id: row.id, publicKey: new Uint8Array(row.public_key), zones: JSON.parse(row.zones) as string[], revokedAt: row.revoked_at };
}
