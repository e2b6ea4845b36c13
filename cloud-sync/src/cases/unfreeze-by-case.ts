import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { type Credential, readCredential } from "../credentials.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { UNFREEZE } from "./case-effects.ts";
import { type CaseLaw, readCase, textsOf, typeOfCase } from "./case-row.ts";
import { BARE, moveWithin } from "./move-case.ts";

/**
 * Unfreezes a credential by the case that asks for it, in one transaction with the case's own step: whether a case was reported or a call taken, an operator
 * has its number (rule 2.5). What works already goes on.
 */
export function unfreezeByCase(
  cloud: Cloud,
  note: ChangeNote,
  law: CaseLaw,
  credential: string,
  id: string,
): Promise<Result<Changed<Credential>, "CredentialUnknown" | "CaseUnknown" | "CaseNotForThis" | "StateRefused">> {
  return mutate(cloud, { ...note, target: `credential ${credential}` }, async (mutation) => {
    const { queries } = mutation;
    const before = await readCredential(queries, credential);
    if (before === undefined) return refuse("CredentialUnknown", credential);
    if (before.state === "active") return ok(before);
    if (before.state !== "frozen") return refuse("StateRefused", `${before.state}, not frozen`);
    const kept = await readCase(queries, id);
    if (kept === undefined) return refuse("CaseUnknown", id);
    const type = typeOfCase(law, kept.row);
    const way = type.transitions.find(({ effects }) => effects.some(({ act }) => act === UNFREEZE));
    if (way === undefined) return refuse("CaseNotForThis", `case ${id} is a ${type.id}`);
    if (!Object.values(textsOf(kept.reporter?.form ?? "{}")).includes(credential)) return refuse("CaseNotForThis", `case ${id} is about another credential`);
    const moved = await moveWithin(cloud, mutation, note, law, id, {
      ...BARE,
      transition: way.id,
      rolesIn: () => new Set(["desk"]),
      actor: note.actor,
      text: note.reason,
    });
    if (!moved.ok) return refuse("CaseNotForThis", `case ${id}: ${moved.detail}`);
    return ok((await readCredential(queries, credential))!);
  });
}
