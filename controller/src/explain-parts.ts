import type { EventFields, EventPosition, TrustList } from "@portico/card-protocol";
import type { AccessList } from "./access-list.ts";
import type { AccessPointConfiguration, Configuration } from "./configuration/configuration.ts";
import type { ControllerStore } from "./store/controller-store.ts";

/** A recorded decision. */
export type DecisionRecord = Pick<EventPosition, "seq" | "at"> &
  (
    | { readonly name: "AccessGranted"; readonly fields: EventFields<"AccessGranted"> }
    | { readonly name: "AccessDenied"; readonly fields: EventFields<"AccessDenied"> }
  ) & {
    /** The old system drove the door: it asked for PINs and second persons itself. */
    readonly isShadow?: true;
  };

/** What a decision is explained from. */
export interface ExplanationParts {
  readonly configuration: Configuration;
  readonly store: Pick<ControllerStore, "list" | "events">;
  readonly trustList: () => TrustList | undefined;
  /** What an access point decides by. */
  readonly listOf: (accessPoint: AccessPointConfiguration) => AccessList;
}
