import {
  bytesToHex,
  type ChargeRefusal,
  type ControllerEvent,
  type Credential,
  err,
  eventOf,
  formatLocal,
  localTime,
  type MonotonicMs,
  ok,
  type Result,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { listeners } from "@portico/firmware-ts";
import type { Judged } from "./access-point-parts.ts";
import type { TerminalConfiguration } from "./configuration/terminal-configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { OperatorAct } from "./core/door-operation.ts";
import { type AmountRefusal, amountOf, chargeRefusal, IDLE_TERMINAL, receiptLines, stepTerminal, type Terminal, type TerminalInput } from "./core/terminal.ts";
import type { BalanceTold } from "./money/balance-view.ts";
import type { Portal } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";
import type { ChargeStore, KeptCharge } from "./store/charge-store.ts";

export interface TerminalDeskParts {
  readonly terminal: TerminalConfiguration;
  readonly site: string;
  readonly controller: string;
  /** Public key of this machine as hex: one that was begun anew has another, and counts from 1 again. */
  readonly machine: string;
  /** Of the campus, an IANA name. */
  readonly timeZone: string;
  /** Of the access point at which is paid; empty: lists come from files. */
  readonly zone: string;
  readonly clock: Pick<ControllerClock, "monotonic" | "after" | "wall">;
  readonly recorder: Pick<Recorder, "payment" | "event" | "attempt" | "command">;
  readonly charges: ChargeStore;
  /** Money does not really move. */
  readonly isTest: boolean;
  /** Something waits to be posted. */
  readonly onCharge: () => void;
  /** What a holder has left, behind a charge or all of them; absent: no money moves, and there is nothing to ask. */
  readonly balance?: (holder: number, charge: number | undefined) => Promise<BalanceTold>;
}

/** Why an amount is not taken. */
export type EntryRefusal = AmountRefusal;
/** Why a charge is not taken back. */
export type RefundRefusal = "ChargeNotFound" | "AlreadyRefunded" | "RefundOverCharge" | "ClockUntrusted" | "NotRecorded" | AmountRefusal;

/** A charge or refund, and what is printed of it. */
export interface Printed extends KeptCharge {
  readonly receipt: readonly string[];
}

/**
 * One payment terminal: an amount, then whoever pays at its reader. The grant, the charge and what is to be posted are recorded in one durable transaction before
 * anybody learns of it, so that nothing is given out that is not written down, and nothing is posted that did not happen.
 */
export class TerminalDesk {
  readonly portal: Portal;
  readonly #parts: TerminalDeskParts;
  #terminal: Terminal = IDLE_TERMINAL;
  #cancelTick = (): void => {};
  #listeners: (() => void)[] = [];
  readonly #changed = listeners();
  #refused: { readonly reason: ChargeRefusal; readonly detail: string; readonly holder: number } | undefined;
  /** Of whoever made that charge, or, without one, of whoever asked: never shown beside anybody else's. */
  #balance: { readonly told: BalanceTold; readonly charge: number | undefined } | undefined;
  /** Which question about a balance counts: a later one, or a new amount, makes earlier answers void. */
  #questions = 0;

  constructor(parts: TerminalDeskParts) {
    this.#parts = parts;
    this.portal = {
      refusal: () => undefined,
      refusalOf: (who) => this.#refusal(who),
      recordGrant: (granted, who) => this.#charge(granted, who),
      access: () => {}, // all that a grant does here was recorded with it
    };
  }

  get id(): string {
    return this.#parts.terminal.id;
  }

  get state(): Terminal {
    return this.#terminal;
  }

  /** What whoever paid last has left; undefined: not known yet. */
  get balance(): BalanceTold | undefined {
    const { last } = this.#terminal;
    return last?.kind === "charged" && this.#balance?.charge === last.charge ? this.#balance.told : undefined;
  }

  /** What whoever showed a card while nothing was to be paid has left; undefined: nobody did, or it is not known yet. */
  get asked(): BalanceTold | undefined {
    return this.#balance?.charge === undefined ? this.#balance?.told : undefined;
  }

  /** Asks for an amount, in fen; one that waits already gives way. */
  enter(amount: unknown): Result<number, EntryRefusal> {
    const read = amountOf(amount, this.#parts.terminal.limitFen);
    if (read.ok) this.#take({ kind: "amount", amountFen: read.value });
    return read;
  }

  /** Called whenever {@link state} is another. Returns the function that removes it. */
  onChange(listener: () => void): () => void {
    return this.#changed.add(listener);
  }

  /** Resolves when something has become of the amount that waits; at once where none does. */
  settled(): Promise<void> {
    if (this.#terminal.waiting === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  cancel(): void {
    this.#take({ kind: "cancel" });
  }

  /** Takes a charge of this terminal back, all of it where no amount is named. Durable when it returns. */
  refund(charge: number, amount: unknown, act: OperatorAct): Result<Printed, RefundRefusal> {
    const { charges, clock, recorder } = this.#parts;
    const paid = charges.find(charge);
    if (paid === undefined || paid.terminal !== this.id || paid.refundOf !== null) return err("ChargeNotFound", `charge ${charge} of terminal ${this.id}`);
    const before = charges.refundOf(paid.seq);
    if (before !== undefined) return err("AlreadyRefunded", `charge ${charge}: ${before.amountFen} fen were taken back, ${before.seq}`);
    const read = amountOf(amount ?? paid.amountFen, Number.MAX_SAFE_INTEGER);
    if (!read.ok) return read;
    if (read.value > paid.amountFen) return err("RefundOverCharge", `${read.value} fen, charged were ${paid.amountFen}`);
    const wall = clock.wall();
    if (wall === "untrusted") return err("ClockUntrusted", "nobody knows the time");
    const refunded = eventOf("ChargeRefunded", { terminal: this.id, chargeSeq: paid.seq, amountFen: read.value, ...act });
    let kept: KeptCharge | undefined;
    recorder.payment([refunded], ([seq], { at }) => {
      if (at !== null) kept = this.#keep({ ...paid, seq: seq!, refundOf: paid.seq, amountFen: read.value, at });
    });
    if (kept === undefined) return err("NotRecorded", "the disk refuses to record");
    this.#parts.onCharge();
    return ok(this.printed(kept));
  }

  /** What is printed of a movement. */
  printed(kept: KeptCharge): Printed {
    const { terminal, timeZone, isTest } = this.#parts;
    const { id, amountFen, at, refundOf } = kept;
    const receipt = receiptLines({
      kind: refundOf === null ? "charge" : "refund",
      merchant: terminal.merchant,
      terminal: terminal.id,
      amountFen,
      id,
      time: formatLocal(timeZone, at),
      isTest,
      balance: this.#balance?.charge === kept.seq ? this.#balance.told : undefined,
    });
    return { ...kept, receipt };
  }

  /** Somebody was judged at its reader. */
  judged({ decision, credential }: Pick<Judged, "decision" | "credential">): void {
    const refused = this.#refused;
    this.#refused = undefined;
    if (decision.kind === "granted") return;
    const own = refused !== undefined && decision.detail === refused.detail ? refused : undefined;
    if (own !== undefined && credential !== undefined) {
      const amountFen = this.#terminal.waiting?.amountFen ?? 0;
      const { reason, detail } = own;
      this.#parts.recorder.event(eventOf("ChargeRefused", { terminal: this.id, credential, amountFen, reason, detail }));
      // Who shows a card where nothing is to be paid wants to know what is left.
      if (reason === "NoAmount") return void this.#askBalance(own.holder, undefined);
    }
    this.#take({ kind: "refused", reason: own?.reason ?? decision.reason, detail: decision.detail });
  }

  close(): void {
    this.#questions++;
    this.#cancelTick();
    this.#tell();
  }

  #refusal(who: Credential): ReturnType<Portal["refusal"]> {
    const { charges, clock, zone, terminal } = this.#parts;
    const facts = {
      amountFen: this.#terminal.waiting?.amountFen,
      limits: who.offlineLimits ?? terminal.limits,
      wall: clock.wall(),
      ofHolder: charges.exposureOfHolder(this.id, zone, who.holder),
      ofTerminal: charges.exposureOfTerminal(this.id),
      ceilingFen: terminal.ceilingFen,
    };
    const refused = chargeRefusal(facts);
    this.#refused = refused && { ...refused, holder: who.holder };
    return refused && { reason: "Other", detail: refused.detail };
  }

  /** Grant, passage and charge in one; undefined: the disk refuses, and nothing was charged. */
  #charge(granted: ControllerEvent, { id: credential, holder }: Credential): number | undefined {
    const { zone, recorder } = this.#parts;
    const { amountFen } = this.#terminal.waiting!;
    const { accessPoint } = granted.fields as { readonly accessPoint: string };
    let kept: KeptCharge | undefined;
    const seqs = recorder.payment(
      [
        granted,
        (grantedSeq) => eventOf("AccessTaken", { accessPoint, grantedSeq }),
        (takenSeq) => eventOf("ChargeMade", { terminal: this.id, credential, zone, holder, amountFen, grantedSeq: takenSeq - 1 }),
      ],
      ([, , seq], { at }) => {
        kept = this.#keep({ seq: seq!, refundOf: null, terminal: this.id, zone, holder, credential, amountFen, at: at! });
      },
    );
    if (seqs === undefined || kept === undefined) return undefined;
    this.#take({ kind: "charged", charge: kept.seq });
    this.#parts.onCharge();
    void this.#askBalance(holder, kept.seq);
    return seqs[0];
  }

  #keep(charge: Omit<KeptCharge, "id" | "day" | "state">): KeptCharge {
    const { site, controller, machine, timeZone, charges } = this.#parts;
    const kept = { ...charge, id: chargeId(site, controller, machine, charge.seq), day: localTime(timeZone, charge.at).date };
    charges.keep(kept);
    return { ...kept, state: "waiting" };
  }

  async #askBalance(holder: number, charge: number | undefined): Promise<void> {
    const { balance } = this.#parts;
    if (balance === undefined) return;
    const mine = ++this.#questions;
    this.#balance = undefined;
    const told = await balance(holder, charge);
    if (mine !== this.#questions) return;
    this.#balance = { told, charge };
    this.#changed.tell();
  }

  #take(input: TerminalInput): void {
    const { clock, terminal } = this.#parts;
    if (input.kind !== "tick") {
      this.#questions++;
      this.#balance = undefined;
    }
    this.#terminal = stepTerminal(this.#terminal, input, this.#now(), terminal.waitMs);
    this.#cancelTick();
    const { waiting } = this.#terminal;
    this.#cancelTick = waiting === undefined ? (): void => {} : clock.after(Math.max(0, waiting.until - this.#now()), () => this.#take({ kind: "tick" }));
    if (this.#terminal.last !== undefined) this.#tell();
    this.#changed.tell();
  }

  #tell(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  #now(): MonotonicMs {
    return this.#parts.clock.monotonic();
  }
}

/**
 * The id of a movement: SHA-256 over controller, its machine and the number of its event, so that it is the same however often it is sent, and another one
 * where a controller is begun anew.
 */
export const chargeId = (site: string, controller: string, machine: string, seq: number): string =>
  bytesToHex(nodeSha256(new TextEncoder().encode(`portico charge\n${site}\n${controller}\n${machine}\n${seq}`)));
