import type { RandomBytes } from "@portico/card-protocol";
import type { CloudDatabase } from "./store/cloud-database.ts";

/** What every part of a cloud works with. */
export interface Cloud {
  /** `[a-z0-9-]{1,32}`: what everything is signed for. */
  readonly site: string;
  /** IANA name of the campus's time zone. */
  readonly timeZone: string;
  readonly database: CloudDatabase;
  /** ms since 1970 by the host's clock. */
  readonly nowMs: () => number;
  readonly randomBytes: RandomBytes;
}
