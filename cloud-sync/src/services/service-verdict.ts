import type { Login } from "./service-document.ts";

/** What somebody may do with a service, and the rule that says so. */
export type ServiceVerdict =
  | { readonly may: "use"; readonly rule: string }
  /** Look only: whoever wants to change something logs in (rule 1.3). */
  | { readonly may: "read"; readonly rule: string; readonly loginNeeded: Login }
  /** The audience may, or might; this login does not do. */
  | { readonly may: "nothing"; readonly reason: "LoginRequired"; readonly rule: string; readonly loginNeeded: Login }
  | { readonly may: "nothing"; readonly reason: "ServiceNotForYou"; readonly rule: string }
  /** It would be the person's, and is withheld. */
  | { readonly may: "nothing"; readonly reason: "ServiceWithheld"; readonly rule: string };
