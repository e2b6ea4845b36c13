import type { Result } from "@portico/card-protocol";
import type { Changed, ChangeNote } from "@portico/cloud-sync";

/** Who has made a campus, in the audit. */
export const CAMPUS_NOTE: ChangeNote = { actor: "set-up", action: "campus fill", target: "", reason: "the campus is made" };

/** What a campus puts into its cloud is taken. @throws where it does not fit */
export async function filled<T>(result: Promise<Result<Changed<T>, string>>): Promise<T> {
  const made = await result;
  if (!made.ok) throw new Error(`the campus does not fit into its cloud: ${made.error}, ${made.detail}`);
  return made.value.value;
}
