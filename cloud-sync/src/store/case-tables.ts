/** Cases, their history, and the teams that they lie with. */
export interface CaseTables {
  campus_case: CampusCaseTable;
  /** Whose a case is, and what they said when they opened it: it goes with the person. */
  case_reporter: CaseReporterTable;
  /** What happened, in order: rows are neither changed nor deleted, which the store itself sees to. */
  case_step: CaseStepTable;
  /** What was said at a step: it goes with the person whose case it is. */
  case_text: { campus_case: string; seq: number; person: string | null; text: string };
  case_attachment: CaseAttachmentTable;
  /** One row: how many cases there were. */
  case_count: { one_row: number; cases: number };
  /** Which case is about a fault that lasts. */
  case_fault: { fault: string; campus_case: string };
  /** Up to which notification faults were looked for. */
  case_fault_mark: { one_row: number; seq: number };
  team: { id: string; name_zh: string; name_en: string; hours: string | null; mail: string | null };
  team_member: { team: string; operator: string };
  /** What a team takes; empty texts: any. */
  team_route: { team: string; category: string; area: string };
}

export interface CampusCaseTable {
  /** Its number: `BX-2026-000042`. */
  id: string;
  /** The order of opening: 1, 2, 3 … */
  nth: number;
  type: string;
  category: string;
  /** As it was left: what ends by itself is judged on reading. */
  state: string;
  round: number;
  area: string | null;
  place: string | null;
  team: string | null;
  opened_at: number;
  moved_at: number;
  completed_at: number | null;
  /** JSON array of votes. */
  votes: string;
  /** JSON object of texts: what its effects have made. */
  results: string;
  /** Steps in its history. */
  steps: number;
}
export interface CaseReporterTable {
  campus_case: string;
  /** Null: known by phone only, or nobody (a device). */
  person: string | null;
  name: string;
  phone: string | null;
  /** JSON object of texts. */
  form: string;
}
export interface CaseStepTable {
  campus_case: string;
  seq: number;
  at: number;
  round: number;
  transition: string;
  from_state: string;
  to_state: string;
  /** As what it was done. */
  role: string;
  /** Who asked; of a reporter's own step whoever asked for them. */
  actor: string;
  /** SHA-256 of what was said; null: nothing was. */
  text_hash: Uint8Array | null;
  rating: number | null;
  /** JSON object: what was set with it. */
  changes: string;
}
export interface CaseAttachmentTable {
  campus_case: string;
  /** SHA-256 of its bytes, hex. */
  sha256: string;
  person: string | null;
  name: string;
  /** As its content says. */
  type: string;
  bytes: number;
  at: number;
  role: string;
  actor: string;
}
