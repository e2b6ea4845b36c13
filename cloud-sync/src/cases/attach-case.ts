import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { isOverAt } from "../core/cases/step-case.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { CaseAttachmentTable } from "../store/case-tables.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { AttachmentFolder } from "./attachment-folder.ts";
import { type CaseLaw, factsOf, type KeptCase, readCase, refuseOf, typeOfCase } from "./case-row.ts";

/** What somebody attaches to a case. */
export interface NewAttachment {
  readonly name: string;
  /** The media type that it is said to be; its content decides. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly rolesIn: (of: KeptCase, queries: Queries) => Promise<ReadonlySet<string>>;
}
type AttachRefusal = "CaseUnknown" | "CaseNotYours" | "CaseTransitionRefused" | "AttachmentTooLarge" | "AttachmentTypeRefused" | "AttachmentsFull";

/**
 * Attaches a picture or document to a case that is not over: what it is its content says. The same again changes nothing. Its file is durable before the case
 * names it, and is written while nobody waits for the store.
 */
export async function attachToCase(
  cloud: Cloud,
  note: ChangeNote,
  law: CaseLaw,
  folder: AttachmentFolder,
  id: string,
  attachment: NewAttachment,
): Promise<Result<Changed<CaseAttachmentTable>, AttachRefusal>> {
  const { name, bytes } = attachment;
  const kind = await contentType(bytes);
  const judged = await judge(cloud.database.queries, law, id, attachment, kind, Math.floor(cloud.nowMs() / 1000));
  if (!judged.ok) return judged;
  const sha256 = await folder.put(bytes);
  return mutate(cloud, { ...note, target: `case ${id}` }, async ({ queries, now }) => {
    const still = await judge(queries, law, id, attachment, kind, now);
    if (!still.ok) return still;
    const { kept, type, role, there } = still.value;
    const same = there.find((each) => each.sha256 === sha256);
    if (same !== undefined) return ok(same);
    const { countMax } = type.attachments;
    if (there.length >= countMax) return refuseOf(law, type, kept.row.category, "AttachmentsFull", `at most ${countMax}`);
    const row: CaseAttachmentTable = {
      campus_case: id,
      sha256,
      person: kept.reporter?.person ?? null,
      name,
      type: kind!,
      bytes: bytes.length,
      at: now,
      role,
      actor: note.actor,
    };
    await queries.insertInto("case_attachment").values(row).execute();
    return ok(row);
  });
}

async function judge(queries: Queries, law: CaseLaw, id: string, { type: said, bytes, rolesIn }: NewAttachment, kind: string | undefined, now: number) {
  const kept = await readCase(queries, id);
  if (kept === undefined) return refuse("CaseUnknown", id);
  const type = typeOfCase(law, kept.row);
  const no = <Name extends AttachRefusal>(refusal: Name, detail: string) => refuseOf(law, type, kept.row.category, refusal, detail);
  const [role] = await rolesIn(kept, queries);
  if (role === undefined) return no("CaseNotYours", "attach");
  if (isOverAt(type, factsOf(kept.row), now)) return no("CaseTransitionRefused", "nothing is attached to a case that is over");
  const { bytesMax, types } = type.attachments;
  if (bytes.length > bytesMax) return no("AttachmentTooLarge", `${bytes.length} bytes, at most ${bytesMax}`);
  if (kind === undefined || !types.includes(kind))
    return no("AttachmentTypeRefused", `its content is ${kind ?? "of no type that is known"}; taken are ${types.join(", ")}`);
  if (kind !== said) return no("AttachmentTypeRefused", `it is said to be ${said}, and its content is ${kind}`);
  return ok({ kept, type, role, there: await queries.selectFrom("case_attachment").selectAll().where("campus_case", "=", id).execute() });
}

/** What bytes are, by their signatures; undefined: nothing that is known. */
async function contentType(bytes: Uint8Array): Promise<string | undefined> {
  const { fileTypeFromBuffer } = await import("file-type");
  return (await fileTypeFromBuffer(bytes))?.mime;
}

/** An attachment of a case with its bytes; undefined: the case has none of this hash, or its file is not here. */
export async function readAttachment(
  queries: Queries,
  folder: AttachmentFolder,
  id: string,
  sha256: string,
): Promise<{ readonly row: CaseAttachmentTable; readonly bytes: Uint8Array } | undefined> {
  const row = await queries.selectFrom("case_attachment").selectAll().where("campus_case", "=", id).where("sha256", "=", sha256).executeTakeFirst();
  const bytes = row && (await folder.get(sha256));
  return row && bytes && { row, bytes };
}

/** Whether any case names an attachment. */
export const isNamed = async (queries: Queries, sha256: string): Promise<boolean> =>
  (await queries.selectFrom("case_attachment").select("sha256").where("sha256", "=", sha256).executeTakeFirst()) !== undefined;
