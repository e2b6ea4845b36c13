import { bytesToHex, type CredentialId, eventOf, type MonotonicMs, type RandomBytes } from "@portico/card-protocol";
import type { PrintResult } from "@portico/firmware-ts/ipp";
import type { ReleaseStationConfiguration } from "../configuration/printing-configuration.ts";
import type { ControllerClock } from "../controller-clock.ts";
import type { Portal, PortalGrant } from "../portal/portal.ts";
import type { Recorder } from "../recorder.ts";
import type { PrintAccounts } from "./print-accounts.ts";
import type { Printer, PricedJob } from "./printer.ts";
import type { PrintRuns, ReleaseOutcome } from "./print-runs.ts";

/** More held jobs than this are not shown at once: their pages are counted one after the other. */
const SHOWN_MAX = 50;
/** Of the money that is held for a job. */
const HOLD_BYTES = 16;

/** Whoever has signed in with their own card or pass. */
export interface PrintHolder {
  readonly credential: CredentialId;
  readonly holder: number;
  readonly accessPoint: string;
}

export interface ReleaseDeskParts {
  readonly station: ReleaseStationConfiguration;
  readonly printer: Printer;
  readonly accounts: PrintAccounts;
  readonly runs: PrintRuns;
  /** Whose credential it is at a reader, as its list has it now. */
  readonly holderOf: (accessPoint: string, credential: CredentialId) => number | undefined;
  /** Whose list says so; empty: lists come from files. */
  readonly zoneOf: (accessPoint: string) => string;
  readonly clock: Pick<ControllerClock, "monotonic" | "after">;
  readonly recorder: Pick<Recorder, "event">;
  readonly randomBytes: RandomBytes;
}

/** What was done with one job of whoever stands there. */
export type JobOutcome = ReleaseOutcome & { readonly job: number; readonly priceFen: number };

/** One release station: a scan signs its holder in for a short time, and the jobs that are theirs can be seen, released and cancelled. */
export class ReleaseDesk {
  readonly portal: Portal;
  readonly #parts: ReleaseDeskParts;
  #session: (PrintHolder & { readonly until: MonotonicMs }) | undefined;
  #cancel = (): void => {};

  constructor(parts: ReleaseDeskParts) {
    this.#parts = parts;
    this.portal = { refusal: () => undefined, access: (grant) => this.#signIn(grant) };
  }

  get id(): string {
    return this.#parts.station.id;
  }

  /** Who is signed in, and for how long still; undefined: nobody. */
  signedIn(): (PrintHolder & { readonly leftMs: number }) | undefined {
    return this.#session && { ...this.#session, leftMs: this.#session.until - this.#parts.clock.monotonic() };
  }

  signOut(): void {
    this.#cancel();
    this.#session = undefined;
  }

  close(): void {
    this.signOut();
  }

  /** Their held jobs with pages and price, the oldest first, at most 50; those that are on their way are not held any more. */
  async jobs(who: PrintHolder): Promise<PrintResult<readonly PricedJob[]>> {
    const { printer, runs } = this.#parts;
    const held = await printer.heldOf(this.#accountsOf(who));
    if (!held.ok) return held;
    const priced: PricedJob[] = [];
    for (const job of held.value) if (priced.length < SHOWN_MAX && !runs.isOpen(printer.settings.id, job.id)) priced.push(await printer.priced(job));
    return { ok: true, value: priced };
  }

  /**
   * Releases one of their jobs, or all. Whoever taps twice finds nothing the second time.
   *
   * @param job  undefined: all
   */
  async release(who: PrintHolder, job: number | undefined): Promise<PrintResult<readonly JobOutcome[]>> {
    const jobs = await this.jobs(who);
    if (!jobs.ok) return jobs;
    const outcomes: JobOutcome[] = [];
    for (const each of jobs.value) if (job === undefined || each.job.id === job) outcomes.push(await this.#releaseOne(who, each));
    return { ok: true, value: outcomes };
  }

  /** Cancels one of their held jobs. False: there is none of that number that is theirs. */
  async cancel(who: PrintHolder, job: number): Promise<PrintResult<boolean>> {
    const { printer, runs, station, recorder } = this.#parts;
    const held = await printer.heldOf(this.#accountsOf(who));
    if (!held.ok) return held;
    if (runs.isOpen(printer.settings.id, job) || !held.value.some(({ id }) => id === job)) return { ok: true, value: false };
    const cancelled = await printer.queue.cancel(job);
    if (!cancelled.ok) return cancelled;
    recorder.event(eventOf("PrintCancelled", { station: station.id, credential: who.credential, printer: printer.settings.id, job }));
    return { ok: true, value: true };
  }

  #signIn({ accessPoint, grantedSeq, credential, holder }: PortalGrant): void {
    const { station, clock, recorder } = this.#parts;
    recorder.event(eventOf("AccessTaken", { accessPoint, grantedSeq })); // nobody has to pass
    this.#cancel();
    this.#session = { credential, holder, accessPoint, until: (clock.monotonic() + station.sessionMs) as MonotonicMs };
    this.#cancel = clock.after(station.sessionMs, () => (this.#session = undefined));
    if (station.onScan === "release-all") void this.release(this.#session, undefined);
  }

  async #releaseOne(who: PrintHolder, { job, size, priceFen, sideFen }: PricedJob): Promise<JobOutcome> {
    const { printer, runs, station, randomBytes, zoneOf } = this.#parts;
    // Two presses at once: the second finds it on its way by now.
    if (runs.isOpen(printer.settings.id, job.id)) return { kind: "waiting", job: job.id, priceFen };
    const outcome = await runs.release({
      id: bytesToHex(randomBytes(HOLD_BYTES)),
      printer: printer.settings.id,
      job: job.id,
      createdAt: job.createdAt ?? null,
      station: station.id,
      credential: who.credential,
      holder: who.holder,
      zone: zoneOf(who.accessPoint),
      size,
      sideFen,
      heldFen: priceFen,
      phase: "holding",
      tries: 0,
      chargedFen: 0,
    });
    return { ...outcome, job: job.id, priceFen };
  }

  /** Which accounts are theirs: those whose credential is one of theirs now. */
  #accountsOf({ holder, accessPoint }: PrintHolder): (account: string) => boolean {
    const { accounts, holderOf } = this.#parts;
    accounts.refresh();
    return (account) => {
      const credential = accounts.credentialOf(account);
      return credential !== undefined && holderOf(accessPoint, credential) === holder;
    };
  }
}
