import { isListId } from "@portico/card-protocol";
import * as z from "zod";
import { RESOURCE_KINDS } from "../core/reservations/terms.ts";

const ruleNumber = z.string().regex(/^[1-9]\d?\.[1-9]\d?$/, "a rule's number, such as 5.2");
const id = z.string().refine(isListId, "1 to 64 letters, digits or Chinese characters, inside also . _ - /");
const DAY_S = 86_400;
const duration = (max: number) => z.int().min(60).max(max).multipleOf(60, "whole minutes, in seconds");

/** How what a service offers is booked. Times in seconds. */
export const reservationTerms = z
  .strictObject({
    rule: ruleNumber,
    ours: z.boolean().default(false),
    stepS: duration(DAY_S),
    minS: duration(31 * DAY_S),
    maxS: duration(31 * DAY_S),
    aheadS: duration(400 * DAY_S),
    holdS: duration(7 * DAY_S),
    needsApproval: z.boolean().default(false),
    notices: z.partialRecord(z.enum(RESOURCE_KINDS), id).default({}),
    absences: z
      .strictObject({
        rule: ruleNumber,
        ours: z.boolean().default(false),
        limit: z.int().min(1).max(100),
        withinS: duration(400 * DAY_S),
        blockedS: duration(400 * DAY_S),
      })
      .nullable()
      .default(null),
  })
  .refine(({ minS, maxS }) => minS <= maxS, { path: ["maxS"], message: "is less than minS" });

/** What of a service is wrong with its terms, as the rest of a sentence, with the field; empty: nothing. */
export function termsTroubles({
  reservations,
  notices,
  windows,
}: {
  readonly reservations: z.output<typeof reservationTerms> | null;
  readonly notices: readonly { readonly id: string }[];
  readonly windows: readonly { readonly id: string }[];
}): (readonly [field: string, cause: string])[] {
  if (reservations === null) return [];
  const missing = Object.values(reservations.notices).filter((wanted) => !notices.some((notice) => notice.id === wanted));
  const noSignIn = reservations.absences !== null && !windows.some((window) => window.id === "sign-in");
  return [
    ...missing.map((wanted) => ["notices", `the service has no notice ${wanted}`] as const),
    ...(noSignIn ? [["absences", "nobody can be absent where no window is called sign-in"] as const] : []),
  ];
}
