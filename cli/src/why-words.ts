import { DENY_REASON, type DenyReason, type Language } from "@portico/card-protocol";
import type { CloudOptions } from "./cloud-client.ts";
import type { ControllerOptions } from "./controller-verb.ts";
import type { LanguageOptions } from "./language.ts";
import type { Format } from "./table.ts";
import { printable } from "./terminal.ts";
import type { HelpAnswer } from "@portico/cloud-sync";

/** What {@link whyCommand} reads. */
export interface WhyOptions extends ControllerOptions, CloudOptions, LanguageOptions {
  readonly last: number;
  readonly limit: number;
  readonly format?: Format;
}

/** A contact as one reads it out, and where a case is opened (rule 1.7). */
export const whomText = ({ contact, caseCategory }: Pick<Refusal["help"], "contact" | "caseCategory">, language: Language = "en"): string =>
  [contact ?? { en: "nobody is named for it", zh: "未指定联系人" }[language], ...(caseCategory === null ? [] : [caseCategory])].map(printable).join("; ");

/** What the hotline says: beside the reason, of the one table. */
export const answerTo = (reason: DenyReason): { readonly cause: string; readonly readOut: string; readonly remedy: string; readonly remedyZh: string } => {
  const { en, zh, remedy, remedyZh } = DENY_REASON[reason];
  return { cause: en, readOut: zh, remedy, remedyZh };
};

/** One time that a door said no. */
export interface Refusal {
  /** Null: the controller's clock was not known. */
  readonly at: number | null;
  readonly accessPoint: string;
  readonly reason: DenyReason;
  readonly detail: string;
  /** Scans without a holding signature are counted. */
  readonly count: number;
  readonly credential: string | null;
  /** How it was shown: `card`, `T`, `H`, `HC`; empty where they were counted. */
  readonly by: string;
  /** What helps, and whom to ask (rule 1.7). */
  readonly help: HelpAnswer;
}
