import { unixSeconds } from "@portico/card-protocol";

/** 2026-11-01T00:00:00Z. No clock of a controller was ever below the date of its release: the floor of the ratchet at the first boot. */
export const BUILD_DATE = unixSeconds(1_793_491_200);
