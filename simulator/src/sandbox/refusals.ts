import type { DenyReason } from "@portico/card-protocol";

/** Which refusals a sandbox brings about, and how. */
export const REFUSALS = {
  PassMalformed: "something that is no pass",
  PassNotYetValid: "the phone of li, its clock 90 s fast",
  PassExpired: "the phone of li, its clock 90 s slow",
  CredentialNotFound: "a card that nobody has",
  SignatureInvalid: "a pass of li with a bit of its signature turned",
  CredentialNotEnabled: "the phone of xu, which is frozen",
  PassReplayed: "a pass of li that was used in the lane beside",
  Unauthorized: "tang at the lane that is not tang's",
  NotPermittedAtThisTime: "qian at the library, whose time for it never comes",
} as const satisfies Partial<Record<DenyReason, string>>;
export type RefusedReason = keyof typeof REFUSALS;
export const isRefusedReason = (text: string): text is RefusedReason => Object.hasOwn(REFUSALS, text);
