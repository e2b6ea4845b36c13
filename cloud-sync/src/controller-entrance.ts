import { createHmac, timingSafeEqual } from "node:crypto";
import { bytesToHex, concatBytes, ok, type Result, verifyPossession } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "./cloud.ts";
import { siteSecret } from "./site-secret.ts";
import { type Controller, controllerOf } from "./controllers.ts";
import { refuse } from "./core/refusal.ts";
import type { ControllerTable } from "./store/fleet-tables.ts";
import { GroupedWrites } from "./store/grouped-writes.ts";
import { Statement } from "./store/statement.ts";

/** What a controller is told when it has shown that it holds its key. */
export interface Admission {
  /** 64 hex digits: shown with each request until it ends. Kept by nobody here, but for its hash. */
  readonly token: string;
  readonly expiresAt: number;
  readonly zones: readonly { readonly zone: string; readonly keyGeneration: number; readonly key: Uint8Array }[];
}

const CHALLENGE_LIFE_S = 60;
const TOKEN_LIFE_S = 3_600;
/** A challenge: until when (u32), 12 random bytes, 16 bytes of a MAC over these and whom it was given to. */
const VOUCHED_BYTES = 16;
const MAC_BYTES = 16;

/** Asked with every request of a controller. */
const TOKEN = new Statement<ControllerTable>(
  `SELECT controller.* FROM controller_token JOIN controller ON controller.id = controller_token.controller AND controller.changed = controller_token.changed
    WHERE hash = ? AND until > ? AND revoked_at IS NULL`,
);

interface Letting {
  readonly nonce: Uint8Array;
  readonly nonceUntil: number;
  readonly hash: Uint8Array;
  readonly controller: string;
  /** Of the controller, as it was. */
  readonly changed: number;
  readonly until: number;
}

/**
 * Lets controllers in: a challenge, answered with a proof that the controller holds its key (signed record of kind 4, its id where a person stands), gives a
 * token for an hour. Every instance on a store takes the challenges and tokens of the others, before and after a restart. Nothing is kept of a challenge
 * until it is answered, so that nobody fills the store by asking; of tokens only hashes are kept.
 */
export class ControllerEntrance {
  readonly #cloud: Cloud;
  #secret: Promise<Uint8Array> | undefined;
  readonly #lettings = new GroupedWrites<Letting, boolean>((all) => this.#write(all));

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** 32 bytes to be signed, once, within a minute. Asked of any id: whether there is one, nobody learns here. */
  async challenge(controller: string): Promise<Uint8Array> {
    const vouched = new Uint8Array(VOUCHED_BYTES);
    new DataView(vouched.buffer).setUint32(0, this.#now + CHALLENGE_LIFE_S);
    vouched.set(this.#cloud.randomBytes(VOUCHED_BYTES - 4), 4);
    return concatBytes([vouched, await this.#mac(controller, vouched)]);
  }

  /** @param proof  the signed record of kind 4 over the challenge */
  async admit(controller: string, nonce: Uint8Array, proof: Uint8Array): Promise<Result<Admission, "SignatureRefused">> {
    const notOpen = () => refuse("SignatureRefused", "the challenge is not open");
    const vouched = nonce.slice(0, VOUCHED_BYTES);
    const mac = await this.#mac(controller, vouched);
    if (nonce.length !== VOUCHED_BYTES + mac.length || !timingSafeEqual(mac, nonce.slice(VOUCHED_BYTES))) return notOpen();
    const nonceUntil = new DataView(vouched.buffer).getUint32(0);
    if (nonceUntil <= this.#now) return notOpen();
    const { queries } = this.#cloud.database;
    const row = await queries.selectFrom("controller").selectAll().where("id", "=", controller).executeTakeFirst();
    const known = row && controllerOf(row);
    const holds = known !== undefined && verifyPossession(proof, this.#cloud.site, { nonce, person: controller }, known.publicKey, nodeVerifier);
    if (!holds || known.revokedAt !== null) return refuse("SignatureRefused", "no controller that may follow the feed has signed this");
    const token = bytesToHex(this.#cloud.randomBytes(32));
    const expiresAt = this.#now + TOKEN_LIFE_S;
    if (!(await this.#lettings.add({ nonce, nonceUntil, hash: hashOf(token), controller, changed: row!.changed, until: expiresAt }))) return notOpen();
    const zones = await queries.selectFrom("zone").select(["id", "key", "key_generation"]).where("id", "in", known.zones).orderBy("id").execute();
    return ok({ token, expiresAt, zones: zones.map(({ id, key, key_generation }) => ({ zone: id, keyGeneration: key_generation, key: new Uint8Array(key) })) });
  }

  /** The controller whose token this is; undefined: nobody's, or it has ended, or the controller was revoked, replaced or given other zones since. */
  async controllerOf(token: string): Promise<Controller | undefined> {
    const row = await TOKEN.row(this.#cloud.database.queries, hashOf(token), this.#now);
    return row && controllerOf(row);
  }

  /** @returns of each, whether its challenge was answered for the first time */
  #write(all: readonly Letting[]): Promise<boolean[]> {
    return this.#cloud.database.transact(async (queries) => {
      for (const table of ["answered_challenge", "controller_token"] as const) await queries.deleteFrom(table).where("until", "<=", this.#now).execute();
      const first: boolean[] = [];
      for (const { nonce, nonceUntil, hash, controller, changed, until } of all) {
        const answered = await queries
          .insertInto("answered_challenge")
          .values({ nonce: Buffer.from(nonce), until: nonceUntil })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        first.push(answered.numInsertedOrUpdatedRows === 1n);
        if (first.at(-1) === true) await queries.insertInto("controller_token").values({ hash, controller, changed, until }).execute();
      }
      return first;
    }, "read committed");
  }

  async #mac(controller: string, vouched: Uint8Array): Promise<Uint8Array> {
    const secret = await (this.#secret ??= siteSecret(this.#cloud).catch((error: unknown) => {
      this.#secret = undefined; // the next who asks may have more luck
      throw error;
    }));
    return new Uint8Array(createHmac("sha256", secret).update(vouched).update(controller).digest()).slice(0, MAC_BYTES);
  }

  get #now(): number {
    return Math.floor(this.#cloud.nowMs() / 1000);
  }
}

const hashOf = (token: string): Buffer => Buffer.from(nodeSha256(new TextEncoder().encode(token)));

/** Whose token a request bears; undefined: of nobody who may ask. */
export async function asking(entrance: ControllerEntrance, { headers }: Request): Promise<Controller | undefined> {
  const [, token] = /^Bearer ([0-9a-f]{64})$/.exec(headers.get("authorization") ?? "") ?? [];
  return token === undefined ? undefined : entrance.controllerOf(token);
}
