import { GLOBAL } from "@portico/card-protocol";
import type { HeldPartition } from "../core/feed-judgement.ts";
import type { FeedStore } from "../store/feed-store.ts";
import type { KnownRevocation, Revocations } from "../store/zone-list.ts";

/** What a controller knows to be revoked, for a cloud that came back from a backup: it has forgotten what happened behind that. */
export interface RevocationReport {
  /** Where this controller stands in `global`. */
  readonly epoch: number;
  readonly version: number;
  readonly revocations: readonly KnownRevocation[];
}

/** The way on which reports go. */
export interface ReportWay {
  /** False: it did not arrive. */
  revocations(report: RevocationReport): Promise<boolean>;
}

/** No report is longer; a campus has a few hundred. */
const REVOCATIONS_MAX = 20_000;

/**
 * Tells the cloud what this controller knows to be revoked: whenever the cloud's versions have gone back, and as long as an epoch has not named all that the
 * one before it did.
 */
export class RevocationReporter {
  readonly #store: FeedStore;
  readonly #revocations: Revocations;
  readonly #way: ReportWay;
  /** The version of `global` that was answered last. */
  #told = "";
  #isOnItsWay = false;

  constructor(store: FeedStore, revocations: Revocations, way: ReportWay) {
    this.#store = store;
    this.#revocations = revocations;
    this.#way = way;
  }

  /** The cloud's word was refused. */
  refused(error: string): void {
    if (error === "FeedRollback") void this.#report();
  }

  /** A head has confirmed what is held of a partition. */
  followed({ partition, epoch, version }: HeldPartition): void {
    if (partition === GLOBAL && this.#told !== `${epoch}:${version}` && this.#store.kept.all().length > 0) void this.#report();
  }

  async #report(): Promise<void> {
    const held = this.#store.held(GLOBAL);
    if (held === undefined || this.#isOnItsWay) return;
    const { epoch, version } = held;
    this.#isOnItsWay = true;
    try {
      if (await this.#way.revocations({ epoch, version, revocations: this.#revocations.all().slice(0, REVOCATIONS_MAX) })) this.#told = `${epoch}:${version}`;
    } finally {
      this.#isOnItsWay = false;
    }
  }
}
