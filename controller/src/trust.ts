import { readFileSync } from "node:fs";
import {
  acceptTrustList,
  eventOf,
  type ControllerEvent,
  type IssuerKey,
  type TrustList,
  type TrustListContext,
  type Verifier,
  SetupError,
} from "@portico/card-protocol";
import type { SiteConfiguration } from "./configuration/configuration.ts";
import type { TrustStore } from "./store/trust-store.ts";

/** The trust list in force at a start, and what there is to say about it. */
export interface Trust {
  /** Undefined where the configuration names none. */
  readonly list: TrustList | undefined;
  /** For the log, where the file brought another list than the one in force. */
  readonly event: ControllerEvent | undefined;
  /** For whoever starts the controller: a file that was not taken up although the list in force goes on. */
  readonly warning: string | undefined;
}

/**
 * Brings the trust list into force: what was accepted before, from the pinned roots on, then what lies in the file now. A file that is missing, older or not
 * signed as it must be never takes the place of a list that is in force, and never keeps the controller from going on with it.
 *
 * @throws SetupError where no list at all can be believed, or the kept ones do not lead from the roots of the configuration
 * @throws RecordingFailed when the disk refuses to keep the new one
 */
export function loadTrust(site: SiteConfiguration, store: Pick<TrustStore, "chain" | "keep">, verifier: Verifier): Trust {
  const { trust } = site;
  if (trust === undefined) return { list: undefined, event: undefined, warning: undefined };
  const { listFile, roots } = trust;
  const context: TrustListContext = { site: site.id, pinnedRoots: roots, verifier };
  const kept = keptList(store, context, listFile);
  const refuse = (what: string, remedy: string): Trust => {
    if (kept === undefined) throw new SetupError(what, listFile, remedy);
    return { list: kept, event: undefined, warning: `${what} (${listFile}); the list in force goes on: sequence ${kept.sequence}` };
  };
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(listFile));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return refuse("the trust list is not there", "Get it from the root holders.");
    return refuse(`the trust list cannot be read: ${message}`, "Let it be a file that the user who runs the controller may read.");
  }
  const accepted = acceptTrustList(kept, bytes, context);
  if (!accepted.ok)
    return refuse(
      `the trust list is refused: ${accepted.error}, ${accepted.detail}`,
      "Get it anew from the root holders; check the site's id, root_keys, root_version and root_threshold.",
    );
  const list = accepted.value;
  if (list === kept) return { list, event: undefined, warning: undefined };
  // Roots that were pinned anew do not lead back behind a list that was in force before them.
  if (store.keep({ sequence: list.sequence, rootVersion: list.roots.version, bytes }) === "older")
    return refuse(`the trust list is older than one that was in force: sequence ${list.sequence}`, "Get the newest one from the root holders.");
  return { list, event: eventOf("TrustListLoaded", { sequence: list.sequence, validUntil: list.validUntil }), warning: undefined };
}

/** The list that was in force, accepted again from the pinned roots on: the disk vouches for nothing. */
function keptList(store: Pick<TrustStore, "chain">, context: TrustListContext, listFile: string): TrustList | undefined {
  const { version } = context.pinnedRoots;
  let current: TrustList | undefined;
  // Roots that were pinned anew vouch for lists of their own version and the next; what led to them lies behind.
  for (const { bytes } of store.chain().filter(({ rootVersion }) => rootVersion >= version)) {
    const accepted = acceptTrustList(current, bytes, context);
    if (!accepted.ok)
      throw new SetupError(
        `the trust list that was in force is refused: ${accepted.error}, ${accepted.detail}`,
        listFile,
        "Check root_keys, root_version and root_threshold. Where they are right, the database was altered: keep a copy of it, and start on an empty data folder.",
      );
    current = accepted.value;
  }
  return current;
}

/** The list's key of that kid, as the verification of issued passes asks for it. */
export const issuerKeyOf = (list: TrustList | undefined, kid: number): IssuerKey | undefined => list?.keys.get(kid);
