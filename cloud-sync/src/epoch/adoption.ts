import { ok, type Result, type SuspensionReason } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { portions } from "../core/portions.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { forgetCredentials } from "../people.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CredentialState } from "../store/schema.ts";

/** What a controller holds of `global`, and what that refuses. */
export interface RevocationReport {
  readonly epoch: number;
  readonly version: number;
  readonly revocations: readonly ReportedRevocation[];
}
export interface ReportedRevocation {
  readonly credential: string;
  readonly suspension: SuspensionReason;
  readonly since: number;
}

/** How the controllers' knowledge and the cloud's differ. */
export interface AdoptionStanding {
  /** Who has reported, and where each stands in `global`. */
  readonly reports: readonly { readonly controller: string; readonly epoch: number; readonly version: number; readonly at: number }[];
  /** Controllers that may follow the feed and have not reported. */
  readonly silent: readonly string[];
  /** Revocations that the cloud knows nothing of: the newest word on each credential. */
  readonly unknown: readonly ReportedRevocation[];
}

/** Rows in one statement: each has four values. */
const ROWS_MAX = 250;

/** Keeps what a controller reports instead of what it reported before. */
export async function takeRevocationReport(
  { database, nowMs }: Pick<Cloud, "database" | "nowMs">,
  controller: string,
  report: RevocationReport,
): Promise<void> {
  const { epoch, version, revocations } = report;
  await database.transact(async (queries) => {
    const row = { controller, epoch, version, at: Math.floor(nowMs() / 1000) };
    await queries
      .insertInto("revocation_report")
      .values(row)
      .onConflict((conflict) => conflict.column("controller").doUpdateSet(row))
      .execute();
    await queries.deleteFrom("reported_revocation").where("controller", "=", controller).execute();
    const each = [...new Map(revocations.map((revocation) => [revocation.credential, revocation])).values()];
    for (const portion of portions(each, ROWS_MAX))
      await queries
        .insertInto("reported_revocation")
        .values(portion.map((revocation) => ({ controller, ...revocation })))
        .execute();
  });
}

export async function adoptionStanding(queries: Queries): Promise<AdoptionStanding> {
  const reports = await queries.selectFrom("revocation_report").selectAll().orderBy("controller").execute();
  const heard = new Set(reports.map(({ controller }) => controller));
  const controllers = await queries.selectFrom("controller").select("id").where("revoked_at", "is", null).orderBy("id").execute();
  return { reports, silent: controllers.map(({ id }) => id).filter((id) => !heard.has(id)), unknown: await unknownRevocations(queries) };
}

/**
 * Takes over every revocation that a controller knows and this cloud does not: the credential is refused here too, and each is named in `global` from then on,
 * as kept or, when somebody lifts it, as lifted. A second time changes nothing.
 *
 * @returns how many there were
 */
export function adoptRevocations(cloud: Cloud, note: ChangeNote): Promise<Result<Changed<{ readonly adopted: number }>, never>> {
  return mutate<{ readonly adopted: number }, never>(cloud, { ...note, target: "revocations of the controllers" }, async (mutation) => {
    const { queries, now, mark } = mutation;
    const unknown = await unknownRevocations(queries);
    for (const portion of portions(unknown, ROWS_MAX))
      await queries
        .insertInto("adopted_revocation")
        .values(portion.map((each) => ({ ...each, adopted_at: now, lifted_at: null })))
        .execute();
    for (const revocation of unknown) await refuseHere(mutation, revocation);
    if (unknown.length > 0) mark("calendar", "");
    return ok({ adopted: unknown.length });
  });
}

/** Lets a credential pass again that the cloud itself does not know: `global` names it as lifted. */
export function liftAdopted(cloud: Cloud, note: ChangeNote, credential: string): Promise<Result<Changed<null>, "CredentialUnknown" | "StateRefused">> {
  return mutate<null, "CredentialUnknown" | "StateRefused">(cloud, { ...note, target: `credential ${credential}` }, async ({ queries, now, mark }) => {
    const row = await queries.selectFrom("adopted_revocation").selectAll().where("credential", "=", credential).executeTakeFirst();
    if (row === undefined) return refuse("CredentialUnknown", credential);
    const known = await queries.selectFrom("credential").select("state").where("id", "=", credential).executeTakeFirst();
    if (known !== undefined) return refuse("StateRefused", `${known.state}: the cloud knows it, so it is returned or unfrozen like any other`);
    if (row.lifted_at === null) await queries.updateTable("adopted_revocation").set({ lifted_at: now }).where("credential", "=", credential).execute();
    mark("calendar", "");
    return ok(null);
  });
}

/** What controllers refuse and the cloud does not: neither by a credential's state, nor as removed, nor adopted. */
async function unknownRevocations(queries: Queries): Promise<ReportedRevocation[]> {
  const reported = await queries
    .selectFrom("reported_revocation")
    .select(["credential", "suspension", "since"])
    .where("credential", "not in", queries.selectFrom("adopted_revocation").select("credential"))
    .where("credential", "not in", queries.selectFrom("removed_credential").select("id"))
    .where("credential", "not in", queries.selectFrom("credential").select("id").where("state", "in", ["lost", "frozen", "suspended"]))
    .orderBy("credential")
    .orderBy("since")
    .execute();
  // Two controllers may have heard different things: the newer word counts.
  return [...new Map(reported.map((row) => [row.credential, row])).values()];
}

/** The state that a suspension stands for; what is neither lost nor frozen is suspended: somebody has to look at it. */
const STATE_OF: Partial<Record<SuspensionReason, CredentialState>> = { CredentialLost: "lost", CredentialStolen: "lost", Frozen: "frozen" };

async function refuseHere(mutation: Mutation, { credential, suspension, since }: ReportedRevocation): Promise<void> {
  const { queries, mark } = mutation;
  const row = await queries.selectFrom("credential").select("person").where("id", "=", credential).executeTakeFirst();
  if (row === undefined) return;
  if (suspension === "CredentialDestroyed") await forgetCredentials(mutation, row.person, [credential]);
  else
    await queries
      .updateTable("credential")
      .set({ state: STATE_OF[suspension] ?? "suspended", state_since: since })
      .where("id", "=", credential)
      .execute();
  mark("person", row.person);
}

/** What was adopted of credentials that the cloud does not know; `suspension` undefined: lifted. */
export async function adoptedStrangers(
  queries: Queries,
): Promise<{ readonly credential: string; readonly suspension: SuspensionReason | undefined; readonly since: number }[]> {
  const rows = await queries
    .selectFrom("adopted_revocation")
    .selectAll()
    .where("credential", "not in", queries.selectFrom("credential").select("id"))
    .where("credential", "not in", queries.selectFrom("removed_credential").select("id"))
    .execute();
  return rows.map(({ credential, suspension, since, lifted_at }) => ({
    credential,
    suspension: lifted_at === null ? suspension : undefined,
    since: lifted_at ?? since,
  }));
}
