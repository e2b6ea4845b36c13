import { createHash } from "node:crypto";
import { type ControllerEvent, eventOf, makeDenySet, type RandomBytes, type Signer } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { ControllerClock } from "../controller-clock.ts";
import { denyContent, type ListedOut } from "../core/deny-list.ts";
import type { LockEntry } from "../core/lock-list.ts";
import type { Recorder } from "../recorder.ts";
import type { DenySetStore, KeptDenySet } from "../store/deny-set-store.ts";

export interface DenySetsOptions {
  readonly site: string;
  readonly controller: string;
  readonly signer: Signer;
  readonly randomBytes: RandomBytes;
  readonly clock: ControllerClock;
  readonly store: DenySetStore;
  readonly recorder: Pick<Recorder, "attempt">;
  readonly record: (event: ControllerEvent) => void;
  /** Whom lists that may be in force out there let in, those of locks that the configuration names no longer included. */
  readonly out: () => readonly ListedOut[];
  /** What the zones say of all locks; undefined: of one of them nothing is known yet, and whoever is missing is not known to be gone. */
  readonly wanted: () => readonly LockEntry[] | undefined;
}

/** The newest set, or why there is none. */
export type NewestDenySet =
  | { readonly kind: "set"; readonly set: KeptDenySet }
  /** There is nobody to deny, and never was. */
  | { readonly kind: "none" }
  /** Zone or time are not known. */
  | { readonly kind: "unknown" }
  | { readonly kind: "unrecorded" };

const SALT_BYTES = 8;

/** The deny set of a controller's locks: made when it is asked for, and anew where it names others than the last one. */
export class DenySets {
  readonly #options: DenySetsOptions;

  constructor(options: DenySetsOptions) {
    this.#options = options;
  }

  /** As it was made last; undefined: never. */
  get last(): KeptDenySet | undefined {
    return this.#options.store.kept;
  }

  /** @param least  a lock holds this version: where it is not ours, the next one is */
  newest(least = 0): NewestDenySet {
    const { clock, store, out, wanted } = this.#options;
    const [wall, entries, kept] = [clock.wall(), wanted(), store.kept];
    if (wall === "untrusted" || entries === undefined) return { kind: "unknown" };
    const content = denyContent(out(), entries, wall.now);
    if (kept === undefined && content.denied.length === 0 && least === 0) return { kind: "none" };
    const meaning = createHash("sha256").update(content.meaning).digest("hex");
    if (kept !== undefined && kept.meaning === meaning && kept.left === content.left && kept.version >= least) return { kind: "set", set: kept };

    const { site, controller, signer, randomBytes, recorder, record } = this.#options;
    const version = Math.max(kept?.version ?? 0, least) + 1;
    const named = { controller, version, issued: wall.now, salt: randomBytes(SALT_BYTES) };
    const signed = makeDenySet(site, named, content.denied, nodeSha256, signer);
    const set: KeptDenySet = { version, issued: wall.now, meaning, denied: content.denied.length, left: content.left, record: signed };
    const told = eventOf("LockDenySetMade", { version, denied: set.denied, left: set.left });
    return recorder.attempt(() => (store.keep(set, () => record(told)), true)) === true ? { kind: "set", set } : { kind: "unrecorded" };
  }
}
