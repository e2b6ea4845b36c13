import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { type CaptureAct, type CapturePolicy, CAPTURE_POLICY, REPEATED_WITHIN_S } from "../core/copy-rules.ts";
import { refuse } from "../core/refusal.ts";
import { readCredential, setCredentialState } from "../credentials.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CopyOutcome } from "../store/event-tables.ts";

/** What a phone can notice of its own screen. */
export const CAPTURED = ["screenshot", "recording", "cast"] as const;
export type Captured = (typeof CAPTURED)[number];

/** A capture that was reported, and what came of it. */
export interface Capture {
  readonly outcome: CopyOutcome;
  /** It is not the first of this person within 30 days. */
  readonly isRepeated: boolean;
}

/** What the site does about captures (rule 2.4). */
export async function capturePolicy(queries: Queries): Promise<CapturePolicy> {
  const row = await queries.selectFrom("capture_policy").selectAll().executeTakeFirst();
  return row === undefined ? CAPTURE_POLICY : { first: row.first_act, repeated: row.repeated_act };
}

/** Says what is to be done about captures from now on. */
export function setCapturePolicy(cloud: Cloud, note: ChangeNote, policy: CapturePolicy): Promise<Result<Changed<CapturePolicy>, never>> {
  return mutate(cloud, { ...note, target: "capture policy" }, async ({ queries }) => {
    const row = { one_row: 1, first_act: policy.first, repeated_act: policy.repeated };
    await queries.insertInto("capture_policy").values(row).onConflict((conflict) => conflict.column("one_row").doUpdateSet(row)).execute(); // prettier-ignore
    return ok(policy);
  });
}

const STATE = { suspend: "suspended", freeze: "frozen" } as const satisfies Record<Exclude<CaptureAct, "warn">, string>;

/**
 * The owner's own phone has noticed that its QR was captured. The site's policy says what follows, for the QR alone: the physical card goes on working. Every
 * capture is kept.
 */
export async function reportCapture(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  person: string,
  what: Captured,
): Promise<Result<Changed<Capture>, "CredentialUnknown" | "OwnerOnly" | "QrOnly">> {
  const { queries } = cloud.database;
  const credential = await readCredential(queries, id);
  if (credential === undefined) return refuse("CredentialUnknown", id);
  if (credential.person !== person) return refuse("OwnerOnly", `credential ${id}`);
  if (credential.kind !== "qr") return refuse("QrOnly", `credential ${id} is of kind ${credential.kind}`);
  const now = Math.floor(cloud.nowMs() / 1_000);
  const isRepeated = await hasFinding(queries, person, now - REPEATED_WITHIN_S);
  const policy = await capturePolicy(queries);
  const act = isRepeated ? policy.repeated : policy.first;
  let outcome: CopyOutcome = "warned";
  if (act !== "warn") outcome = (await setCredentialState(cloud, { ...note, reason: `rule 2.4: ${what}` }, id, STATE[act], null)).ok ? STATE[act] : "unchanged";
  return mutate(cloud, { ...note, target: `credential ${id}` }, async (mutation) => {
    const evidence = JSON.stringify({ what, at: now, nth: await countFindings(mutation.queries, id) });
    await mutation.queries.insertInto("copy_finding").values({ credential: id, person, kind: "capture", at: now, outcome, evidence }).execute();
    return ok({ outcome, isRepeated });
  });
}

async function hasFinding(queries: Queries, person: string, from: number): Promise<boolean> {
  const found = queries.selectFrom("copy_finding").select("id").where("person", "=", person).where("kind", "=", "capture").where("at", ">", from);
  return (await found.executeTakeFirst()) !== undefined;
}

async function countFindings(queries: Queries, credential: string): Promise<number> {
  const counted = queries.selectFrom("copy_finding").select(({ fn }) => fn.countAll<number>().as("count")).where("credential", "=", credential); // prettier-ignore
  return (await counted.executeTakeFirstOrThrow()).count;
}
