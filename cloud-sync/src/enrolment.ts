import { bytesToHex, type EnrolmentClaim, enrolmentWords, isStrictPublicKey, ok, readEnrolmentWords, type Result, sameBytes, SALT_BYTES, verifyPossession } from "@portico/card-protocol"; // prettier-ignore
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "./cloud.ts";
import { type Controller, isControllerId, isKeyTaken, putController, readController, replaceMachine } from "./controllers.ts";
import { newEntityId } from "./core/entity-id.ts";
import { refuse } from "./core/refusal.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { EnrolmentTable } from "./store/fleet-tables.ts";

/** A machine that asks to be a controller, and has shown that it holds its key. */
export interface WaitingEnrolment {
  readonly id: string;
  /** The id that it asks to have. */
  readonly controller: string;
  readonly publicKey: Uint8Array;
  /** Six, with blanks between: the machine has to show the same. */
  readonly words: string;
  readonly asker: string;
  readonly askedAt: number;
  readonly until: number;
  /** There is a controller of this id: the machine would take its place. */
  readonly replaces: boolean;
}

/** How an enrolment stands, for the machine that asked. */
export type EnrolmentState = "waiting" | "approved" | "refused";

/** So long the machine has to show its salt and its key, and an operator has to decide; the machine is told for so long what was decided. */
const PROOF_WITHIN_S = 60;
export const DECIDE_WITHIN_S = 3_600;
const TOLD_FOR_S = 86_400;
/** Anybody may ask: so many may be open in all, from one address, and for one id. */
const OPEN_MAX = 64;
const OPEN_OF_ASKER_MAX = 16;
const OPEN_OF_CONTROLLER_MAX = 4;

/**
 * A machine asks to be a controller. It is bound to a salt that only it knows, and told a nonce. Whether it may, nobody has decided.
 *
 * @param commitment  SHA-256 of the salt
 * @param asker       the address that asked, or what stands for it
 */
export function askEnrolment(
  cloud: Cloud,
  { controller, publicKey, commitment, asker }: Pick<EnrolmentTable, "controller" | "commitment" | "asker"> & { readonly publicKey: Uint8Array },
): Promise<
  Result<{ readonly id: string; readonly nonce: Uint8Array; readonly until: number }, "RequestMalformed" | "KeyTaken" | "AlreadyEnrolled" | "TooManyAsk">
> {
  // prettier-ignore
  return cloud.database.transact(async (queries) => {
    if (!isControllerId(controller)) return refuse("RequestMalformed", "controller: 1 to 64 printable ASCII characters without white space");
    if (!isStrictPublicKey(publicKey)) return refuse("RequestMalformed", "publicKey: not a key");
    if (commitment.length !== 32) return refuse("RequestMalformed", "commitment: 32 bytes");
    const now = nowOf(cloud);
    const known = await readController(queries, controller);
    if (known?.revokedAt === null && sameBytes(known.publicKey, publicKey)) return refuse("AlreadyEnrolled", controller);
    if (await isKeyTaken(queries, publicKey)) return refuse("KeyTaken", "it is, or was, another machine's");
    await queries.deleteFrom("enrolment").where("until", "<=", now).execute();
    const open = await queries.selectFrom("enrolment").select(["asker", "controller"]).where("outcome", "is", null).execute();
    const ofController = open.filter((row) => row.controller === controller).length;
    if (open.length >= OPEN_MAX || ofController >= OPEN_OF_CONTROLLER_MAX || open.filter((row) => row.asker === asker).length >= OPEN_OF_ASKER_MAX)
      return refuse("TooManyAsk", `${open.length} are open, ${ofController} of them for ${controller}`);
    const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
    const nonce = cloud.randomBytes(32);
    const until = now + PROOF_WITHIN_S;
    const row = { id, controller, public_key: Buffer.from(publicKey), commitment: Buffer.from(commitment), nonce: Buffer.from(nonce), asker, asked_at: now, until };
    await queries
      .insertInto("enrolment")
      .values({ ...row, words: null, outcome: null })
      .execute();
    return ok({ id, nonce, until });
  });
}

/**
 * The machine shows its salt, and that it holds its key: from now on its enrolment waits for an operator, who sees the words. Other requests of the same key
 * are over.
 *
 * @param roots  those that this cloud lives by
 * @param proof  the signed record of kind 4 over the nonce, the controller's id where a person stands
 */
export function proveEnrolment(
  cloud: Cloud,
  roots: EnrolmentClaim["roots"],
  id: string,
  { salt, proof }: { readonly salt: Uint8Array; readonly proof: Uint8Array },
): Promise<Result<{ readonly words: string; readonly until: number }, "EnrolmentUnknown" | "SignatureRefused">> {
  return cloud.database.transact(async (queries) => {
    const row = await openRow(cloud, queries, id);
    if (row === undefined) return refuse("EnrolmentUnknown", id);
    const [publicKey, nonce] = [new Uint8Array(row.public_key), new Uint8Array(row.nonce)];
    if (salt.length !== SALT_BYTES || !sameBytes(nodeSha256(salt), new Uint8Array(row.commitment)))
      return refuse("SignatureRefused", "another salt than the one it was bound to");
    if (!verifyPossession(proof, cloud.site, { nonce, person: row.controller }, publicKey, nodeVerifier))
      return refuse("SignatureRefused", "the key that asked has not signed this");
    const words = enrolmentWords({ site: cloud.site, controller: row.controller, publicKey, roots, nonce, salt }, nodeSha256).join(" ");
    const until = nowOf(cloud) + DECIDE_WITHIN_S;
    await queries.deleteFrom("enrolment").where("public_key", "=", row.public_key).where("id", "<>", id).where("outcome", "is", null).execute();
    await queries.updateTable("enrolment").set({ words, until }).where("id", "=", id).execute();
    return ok({ words, until });
  });
}

/** How an enrolment stands; undefined: there is none, or it ran out, or it was not proved yet. */
export async function enrolmentState(cloud: Cloud, controller: string, id: string): Promise<EnrolmentState | undefined> {
  const row = await cloud.database.queries.selectFrom("enrolment").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined || row.controller !== controller || row.words === null || row.until <= nowOf(cloud)) return undefined;
  return row.outcome ?? "waiting";
}

/** Those that wait for an operator, the oldest first. */
export async function listEnrolments(cloud: Cloud): Promise<WaitingEnrolment[]> {
  const { queries } = cloud.database;
  const rows = await queries
    .selectFrom("enrolment")
    .leftJoin("controller", "controller.id", "enrolment.controller")
    .selectAll("enrolment")
    .select("controller.machine")
    .where("words", "is not", null)
    .where("outcome", "is", null)
    .where("until", ">", nowOf(cloud))
    .orderBy("enrolment.id")
    .execute();
  return rows.map((row) => ({ ...waitingOf(row), replaces: row.machine !== null }));
}

type Decided = "EnrolmentUnknown" | "RequestMalformed" | "WordsDiffer";

/** Lets a machine in as a new controller of these zones. The words are those that the machine shows, as somebody who stands before it reads them out. */
export function approveEnrolment(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  { words, zones }: { readonly words: string; readonly zones: readonly string[] },
): Promise<Result<Changed<Controller>, Decided | "ZoneUnknown" | "IdTaken" | "KeyTaken">> {
  return decide(cloud, note, id, words, (mutation, { controller, public_key }) =>
    putController(mutation, { id: controller, publicKey: new Uint8Array(public_key), zones }),
  );
}

/** Lets a machine in that takes the place of the controller whose id it asks for: zones stay, the machine before may nothing any more. */
export function approveReplacement(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  { words }: { readonly words: string },
): Promise<Result<Changed<Controller>, Decided | "ControllerUnknown" | "KeyTaken">> {
  return decide(cloud, note, id, words, (mutation, { controller, public_key }) =>
    replaceMachine(cloud, mutation, { id: controller, publicKey: new Uint8Array(public_key) }),
  );
}

/** The machine is told no. */
export function refuseEnrolment(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "EnrolmentUnknown">> {
  return mutate(cloud, { ...note, target: `enrolment ${id}` }, async ({ queries, now }) => {
    const row = await openRow(cloud, queries, id);
    if (row?.words === null || row === undefined) return refuse("EnrolmentUnknown", id);
    await queries
      .updateTable("enrolment")
      .set({ outcome: "refused", until: now + TOLD_FOR_S })
      .where("id", "=", id)
      .execute();
    return ok(null);
  });
}

async function decide<T, E extends string>(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  words: string,
  act: (mutation: Mutation, row: EnrolmentTable) => Promise<Result<T, E>>,
): Promise<Result<Changed<T>, E | Decided>> {
  const known = await openRow(cloud, cloud.database.queries, id);
  return mutate<T, E | Decided>(cloud, { ...note, target: known === undefined ? `enrolment ${id}` : `controller ${known.controller}` }, async (mutation) => {
    const row = await openRow(cloud, mutation.queries, id);
    if (row?.words === null || row === undefined) return refuse("EnrolmentUnknown", id);
    const shown = readEnrolmentWords(words);
    if (shown === undefined) return refuse("RequestMalformed", "words: six words of the list, see to their spelling");
    if (shown.join(" ") !== row.words) return refuse("WordsDiffer", `key ${bytesToHex(row.public_key).slice(0, 8)}… shows others`);
    const done = await act(mutation, row);
    if (done.ok)
      await mutation.queries
        .updateTable("enrolment")
        .set({ outcome: "approved", until: mutation.now + TOLD_FOR_S })
        .where("id", "=", id)
        .execute();
    return done;
  });
}

/** One that nobody has decided and that has not run out. */
async function openRow(cloud: Cloud, queries: Queries, id: string): Promise<EnrolmentTable | undefined> {
  return queries.selectFrom("enrolment").selectAll().where("id", "=", id).where("outcome", "is", null).where("until", ">", nowOf(cloud)).executeTakeFirst();
}

const waitingOf = ({ id, controller, public_key, words, asker, asked_at, until }: EnrolmentTable): Omit<WaitingEnrolment, "replaces"> => ({
  id,
  controller,
  publicKey: new Uint8Array(public_key),
  words: words ?? "",
  asker,
  askedAt: asked_at,
  until,
});

const nowOf = ({ nowMs }: Cloud): number => Math.floor(nowMs() / 1000);
