import type { RefusalRow } from "./refusal-row.ts";

/** How trust lists, epochs and commands are refused: part of the table of all refusals. */
export const KEY_REFUSAL = {
  TrustListRefused: {
    status: 422,
    title: "The trust list cannot follow the one in force",
    remedy: "Have the root holders sign a list that follows the newest one.",
  },
  SigningKeyMissing: {
    status: 422,
    title: "The trust list would leave this cloud without a key that may sign",
    remedy: "Let it name a key that the cloud holds, with usages feed and time: portico key rotate.",
  },
  AdoptionRequired: {
    status: 409,
    title: "Controllers know revocations that this cloud has forgotten",
    remedy: "Take them over before the feed begins anew: portico feed epoch bump --adopt.",
  },
  CommandUnsigned: {
    status: 409,
    title: "No key of this cloud may sign commands",
    remedy: "Have the root holders put one into the trust list: portico key rotate.",
  },
} as const satisfies Record<string, RefusalRow>;
