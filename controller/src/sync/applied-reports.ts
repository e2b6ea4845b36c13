import { bytesToHex, type Clock, type Partition, type Random } from "@portico/card-protocol";
import type { HeldPartition } from "../core/feed-judgement.ts";

/** What a controller durably holds of a partition, as it tells the cloud. */
export interface AppliedPartition {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  /** 64 hex digits. */
  readonly digest: string;
  /** Of the newest head that confirmed it. */
  readonly publish: number;
  /** That head, signed, in hex: evidence, should the cloud have another digest for the version. */
  readonly head: string;
}

export interface AppliedReportsOptions {
  readonly clock: Pick<Clock, "after">;
  readonly random: Random;
  /** True: the cloud has it. Never rejects. */
  readonly send: (applied: readonly AppliedPartition[]) => Promise<boolean>;
}

/** A version is reported within so long of its head: many versions, one report; many controllers, no rush. */
export const REPORT_WITHIN_MS = 1_000;
/** Without news a report says so often that the controller is there. */
export const REPORT_EVERY_MS = 60_000;

/** Tells the cloud which versions are applied: soon behind each, together, and now and then without news. */
export class AppliedReports {
  readonly #options: AppliedReportsOptions;
  readonly #applied = new Map<Partition, AppliedPartition>();
  #cancelSoon: (() => void) | undefined;
  #cancelNext = (): void => {};
  #isClosed = false;

  constructor(options: AppliedReportsOptions) {
    this.#options = options;
    this.#next();
  }

  /** A head has confirmed what is held. */
  confirmed({ partition, epoch, version, digest, confirmed }: HeldPartition, record: Uint8Array): void {
    if (confirmed === null) return;
    const before = this.#applied.get(partition);
    const applied = { partition, epoch, version, digest: bytesToHex(digest), publish: confirmed.publish, head: bytesToHex(record) };
    this.#applied.set(partition, applied);
    if (before === undefined || before.epoch !== epoch || before.version !== version) this.#soon();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelSoon?.();
    this.#cancelNext();
  }

  #soon(): void {
    const { clock, random } = this.#options;
    this.#cancelSoon ??= clock.after(random() * REPORT_WITHIN_MS, () => {
      this.#cancelSoon = undefined;
      void this.#report();
    });
  }

  #next(): void {
    const { clock, random } = this.#options;
    this.#cancelNext = clock.after(REPORT_EVERY_MS * (0.9 + 0.2 * random()), () => {
      void this.#report();
      this.#next();
    });
  }

  /** What could not be told is told with the next report. */
  async #report(): Promise<void> {
    if (this.#isClosed || this.#applied.size === 0) return;
    await this.#options.send([...this.#applied.values()]);
  }
}
