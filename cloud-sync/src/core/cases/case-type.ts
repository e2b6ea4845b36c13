import type { Names } from "../names.ts";

/**
 * What somebody is to a case. `reporter`: whose it is. `team`: of the team that it lies with. `desk`: the campus's, everywhere. `system`: the cloud itself.
 * `named:field`: the person whom that field of the form names.
 */
export type CaseRole = "reporter" | "team" | "desk" | "system" | `named:${string}`;

/** The category that takes whatever is in none; it always exists, and asks for a description (rule 6.4). */
export const OTHER_CATEGORY = "其他-其他";

export interface CaseState {
  readonly id: string;
  readonly names: Names;
  /** Nothing is left to be done. */
  readonly isOver: boolean;
}

/** Something that happens once to each round of a case. */
export interface CaseMoment {
  readonly of: "issue" | "completion";
  readonly offsetS: number;
}
/** from ≤ t < until. */
export interface CaseWindow {
  readonly id: string;
  readonly rule: string;
  readonly from: CaseMoment;
  readonly until: CaseMoment;
}

/** What a transition cannot do without. */
export const CASE_DEMANDS = ["text", "rating", "team"] as const;
export type CaseDemand = (typeof CASE_DEMANDS)[number];

/** An act of the campus that a transition carries out in its own transaction. */
export interface CaseEffect {
  /** One of the registered acts. */
  readonly act: string;
  /** What it is done with: `{field}` stands for what the form says. */
  readonly with: Readonly<Record<string, string>>;
}

/** One way from some states to another. */
export interface CaseTransition {
  readonly id: string;
  readonly names: Names;
  /** The rule of docs/contract.md that it goes by. */
  readonly rule: string;
  readonly from: readonly string[];
  /** Null: it stays where it is, and something stands in its history. */
  readonly to: string | null;
  readonly by: readonly CaseRole[];
  /** When alone it is open; null: always. */
  readonly window: CaseWindow | null;
  readonly demands: readonly CaseDemand[];
  /** So many different people have to ask for it. */
  readonly approvals: number;
  /** The case is handled again, from then on. */
  readonly newRound: boolean;
  /** The moment `completion`. */
  readonly completes: boolean;
  /** Place and category may be put right with it; then it goes to the team that these lead to. */
  readonly corrects: boolean;
  /** Messages, by id. */
  readonly messages: readonly string[];
  readonly effects: readonly CaseEffect[];
}

/** Mail or SMS that goes out with a transition, once in a round. */
export interface CaseMessage {
  readonly id: string;
  readonly rule: string;
  readonly names: Names;
  readonly to: "reporter" | "team";
  readonly subject: Names;
  readonly text: Names;
}

export const FORM_KINDS = ["text", "credential", "date", "phone", "mail", "person"] as const;
export type FormKind = (typeof FORM_KINDS)[number];
/** One question of the form with which a case is opened. */
export interface CaseField {
  readonly id: string;
  readonly names: Names;
  readonly kind: FormKind;
  readonly required: boolean;
}

/** What may be attached. */
export interface CaseAttachments {
  readonly countMax: number;
  readonly bytesMax: number;
  /** Media types, judged by content. */
  readonly types: readonly string[];
}

/** Which faults open a case by themselves, and what their end does. */
export interface CaseFaults {
  /** By fault, the category in which it is opened. */
  readonly opens: Readonly<Record<string, string>>;
  /** Transitions of which the first is taken that the table allows when the fault is over. */
  readonly over: readonly string[];
}

/** A kind of case: states, ways between them, who may take them, and what happens then. Data, not code: docs/cases.md. */
export interface CaseType {
  readonly id: string;
  readonly names: Names;
  /** Stands first in the numbers of its cases. */
  readonly prefix: string;
  /** All rules of docs/contract.md that say something of it. */
  readonly rules: readonly string[];
  /** The campus service that it belongs to: for whom it is, and whom to ask. */
  readonly service: string;
  /** Categories in which such a case can be opened. */
  readonly categories: readonly string[];
  readonly opening: { readonly by: readonly CaseRole[]; readonly messages: readonly string[] };
  readonly start: string;
  readonly states: readonly CaseState[];
  readonly transitions: readonly CaseTransition[];
  /** Where the case ends by itself when a window is over, judged on reading; null: nowhere. */
  readonly closing: { readonly from: readonly string[]; readonly to: string; readonly behind: CaseWindow } | null;
  readonly form: readonly CaseField[];
  readonly messages: readonly CaseMessage[];
  readonly attachments: CaseAttachments;
  /** Where beacons may say the place (rule 6.6). */
  readonly beaconAreas: readonly string[];
  readonly faults: CaseFaults | null;
}
