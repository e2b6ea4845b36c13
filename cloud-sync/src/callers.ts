import { bytesToHex, isStrictPublicKey, ok, type Result } from "@portico/card-protocol";
import { isScope, type Scope } from "./api/scopes.ts";
import type { Cloud } from "./cloud.ts";
import { newEntityId } from "./core/entity-id.ts";
import { refuse } from "./core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "./mutation.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { ApiKeyTable } from "./store/schema.ts";

/** Who may call the API, and with what. The private key is made and stays on the caller's side. */
export interface ApiKeyContent {
  /** For people, 1..100 characters. */
  readonly name: string;
  /** Whose acts they are, in the audit and where two operators are needed: two keys of one actor never approve each other's grants. */
  readonly actor: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly scopes: readonly Scope[];
}

export interface ApiKey extends ApiKeyContent {
  /** What it is revoked by. */
  readonly id: string;
  readonly createdAt: number;
  /** Null: it holds. */
  readonly revokedAt: number | null;
}

/** A key as whoever signs presents it. */
export interface PresentedKey extends ApiKey {
  /** Whose it is; null: a machine's, which may what the key's scopes say. */
  readonly operator: string | null;
}

/** Lets a caller in by the key that it will sign with. */
export function addApiKey(cloud: Cloud, note: ChangeNote, content: ApiKeyContent): Promise<Result<Changed<ApiKey>, "KeyTaken" | "RequestMalformed">> {
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `key ${id}` }, async ({ queries, now }) => {
    const { name, actor, publicKey, scopes } = content;
    for (const [field, text] of Object.entries({ name, actor }))
      if (!/^[^\p{Cc}\p{Cs}]{1,100}$/u.test(text)) return refuse("RequestMalformed", `${field}: 1 to 100 characters`);
    if (!isStrictPublicKey(publicKey)) return refuse("RequestMalformed", "publicKey: no Ed25519 key, or one that anybody can sign with");
    if (scopes.length === 0 || !scopes.every(isScope)) return refuse("RequestMalformed", "scopes: at least one, each of the table");
    const other = await queries.selectFrom("api_key").select("id").where("public_key", "=", Buffer.from(publicKey)).executeTakeFirst();
    if (other !== undefined) return refuse("KeyTaken", `key ${other.id}, public key ${bytesToHex(publicKey).slice(0, 8)}…`);
    const row: ApiKeyTable = {
      id,
      name,
      actor,
      public_key: Buffer.from(publicKey),
      scopes: JSON.stringify([...new Set(scopes)].sort()),
      created_at: now,
      revoked_at: null,
      operator: null,
      valid_until: null,
    };
    await queries.insertInto("api_key").values(row).execute();
    return ok(apiKeyOf(row));
  });
}

/** From now on the key opens nothing. A second time changes nothing. */
export function revokeApiKey(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<ApiKey>, "KeyUnknown">> {
  return mutate(cloud, { ...note, target: `key ${id}` }, async ({ queries, now }) => {
    await queries.updateTable("api_key").set({ revoked_at: now }).where("id", "=", id).where("revoked_at", "is", null).execute();
    const key = await readApiKey(queries, id);
    return key === undefined ? refuse("KeyUnknown", id) : ok(key);
  });
}

/** The key that a signature names, by its public half; undefined: nobody's, or it has ended. */
export async function keyThatHolds(queries: Queries, publicKey: Uint8Array, now: number): Promise<PresentedKey | undefined> {
  const row = await queries
    .selectFrom("api_key")
    .selectAll()
    .where("public_key", "=", Buffer.from(publicKey))
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (row === undefined || (row.valid_until !== null && row.valid_until <= now)) return undefined;
  return { ...apiKeyOf(row), operator: row.operator };
}

/** Revoked ones too. */
export async function readApiKey(queries: Queries, id: string): Promise<ApiKey | undefined> {
  const row = await queries.selectFrom("api_key").selectAll().where("id", "=", id).executeTakeFirst();
  return row && apiKeyOf(row);
}

/** All keys there ever were, the oldest first. */
export async function listApiKeys(queries: Queries): Promise<ApiKey[]> {
  return (await queries.selectFrom("api_key").selectAll().orderBy("id").execute()).map(apiKeyOf);
}

/** A scope that this program does not know any more opens nothing. */
function apiKeyOf({ id, name, actor, public_key, scopes, created_at, revoked_at }: ApiKeyTable): ApiKey {
  const known = (JSON.parse(scopes) as string[]).filter(isScope);
  return { id, name, actor, publicKey: new Uint8Array(public_key), scopes: known, createdAt: created_at, revokedAt: revoked_at };
}
