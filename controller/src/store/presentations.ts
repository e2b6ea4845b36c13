import type { UnixSeconds } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";

/** Where somebody was granted or denied and when, of the events `after` < seq ≤ `upTo`, oldest first. From the columns: no record is read. */
export const presentationsOf = (
  database: Pick<ControllerDatabase, "prepare">,
  after: number,
  upTo: number,
): readonly { readonly accessPoint: string; readonly at: UnixSeconds }[] =>
  database
    .prepare<[number, number], { accessPoint: string; at: UnixSeconds }>(
      "SELECT source AS accessPoint, at FROM event WHERE seq > ? AND seq <= ? AND name IN ('AccessGranted', 'AccessDenied') AND at IS NOT NULL ORDER BY seq",
    )
    .all(after, upTo);
