import { bytesToHex, ok, type Result, verifyPossession } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "./cloud.ts";
import { type Controller, readController } from "./controllers.ts";
import { refuse } from "./core/refusal.ts";

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

/** Whose token a request bears; undefined: of nobody who may ask. */
export async function asking(entrance: ControllerEntrance, { headers }: Request): Promise<Controller | undefined> {
  const [, token] = /^Bearer ([0-9a-f]{64})$/.exec(headers.get("authorization") ?? "") ?? [];
  return token === undefined ? undefined : entrance.controllerOf(token);
}
