import type { Clock, Random, Signer } from "@portico/card-protocol";
import type { CaseType } from "../core/cases/case-type.ts";
import type { Cloud } from "../cloud.ts";
import type { RetentionDays } from "../core/event-retention.ts";
import type { EventFork } from "../events/event-intake.ts";
import type { FeedFork } from "../fleet/applied-book.ts";
import type { CloudKeys } from "../keys/cloud-keys.ts";
import type { LogInProviders } from "../login/log-in.ts";
import type { Carriers } from "../outbox/outbox-sender.ts";
import type { MassRemovalLimits } from "../push/mass-removal.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { PaymentProvider } from "../top-ups/payment-provider.ts";
import type { ApiTrouble } from "./api.ts";

/** What a cloud tells of itself while it answers. */
export type FrontReport =
  /** Nothing signs the feed: controllers hear nothing. `publicKey`: what the root holders have to put into a trust list, in hex. */
  | { readonly kind: "unsigned"; readonly missing: string; readonly publicKey: string }
  /** A request met a mistake of ours. */
  | ({ readonly kind: "trouble" } & ApiTrouble)
  /** A controller holds another content under a version than this cloud has published. */
  | ({ readonly kind: "fork" } & FeedFork)
  /** A key or trust list in the data folder is not as it must be: what was in force stays. */
  | { readonly kind: "keys"; readonly error: string }
  /** A controller's log tells two stories: the proof is kept. */
  | ({ readonly kind: "eventFork" } & EventFork)
  /** An expansion failed, or telling callers did: what waits is tried again. */
  | { readonly kind: "unpublished"; readonly error: string }
  /** Events whose time is over stay, for the chain that they stand in does not hold. */
  | { readonly kind: "eventsKept"; readonly broken: ReadonlyMap<string, string> }
  /** The campus calendar has no list of these years, and should: told once a day. */
  | { readonly kind: "calendarMissing"; readonly years: readonly number[] }
  /** A change would end the access of too many, and waits for a second operator. Names nobody. */
  | { readonly kind: "held"; readonly removal: string };

/** What the whole of a cloud's HTTP is made of. */
export interface FrontNeeds {
  readonly cloud: Cloud;
  readonly keys: CloudKeys;
  readonly clock: Pick<Clock, "after">;
  /** For jitter alone. */
  readonly random: Random;
  /** Signs what callers are told. */
  readonly notificationSigner: Signer;
  /** One request of the cloud's own, to a webhook; rejects where nobody answers. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly onReport: (report: FrontReport) => void;
  /** Resolves when what has arrived at the socket was heard; undefined: there is no socket. */
  readonly turn?: () => Promise<void>;
  /** What the campus offers; undefined: what docs/services.md describes. */
  readonly services?: ServiceDocument;
  /** Undefined: those that docs/cases.md describes. */
  readonly caseTypes?: readonly CaseType[];
  /** Who vouches for those who log in; undefined: nobody, so nobody logs in. */
  readonly logIn?: LogInProviders;
  /** Where what is attached to cases lies; of several instances the same. */
  readonly attachmentFolder: string;
  /** Who carries mail and SMS away; what nobody carries waits. */
  readonly carriers?: Carriers;
  /** Who takes in top-ups. */
  readonly providers?: readonly PaymentProvider[];
  /** Judges signatures of callers in the cloud's clock's place, ms: a sandbox's that is off. */
  readonly callersNowMs?: () => number;
  /** How long events of each kind are kept; default: {@link RETENTION_DAYS}. */
  readonly retentionDays?: RetentionDays;
  /** How many may lose their access in one change; default: 2 % of an audience, and never so few as 10. */
  readonly limits?: MassRemovalLimits;
}
