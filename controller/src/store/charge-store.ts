import type { CredentialId, UnixSeconds } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { Exposure } from "../core/terminal.ts";
import type { ControllerDatabase } from "./database.ts";
import { rowCheck } from "./row-check.ts";

/** `waiting`: nobody has acknowledged it yet; `posted`: it stands; `review`: its id stands for something else, a person has to look. */
export type ChargeState = "waiting" | "posted" | "review";

/** One movement of money at a terminal. */
export interface KeptCharge {
  /** Of its ChargeMade or ChargeRefunded. */
  readonly seq: number;
  readonly id: string;
  /** Of a refund: seq of the charge that it takes back. */
  readonly refundOf: number | null;
  readonly terminal: string;
  readonly zone: string;
  readonly holder: number;
  readonly credential: CredentialId;
  readonly amountFen: number;
  readonly at: UnixSeconds;
  /** The day of the campus, `2027-01-11`. */
  readonly day: string;
  readonly state: ChargeState;
}

/** What a terminal took in on one day. */
export interface DayTotals {
  readonly charges: number;
  readonly chargedFen: number;
  readonly refunds: number;
  readonly refundedFen: number;
  /** Of both, not acknowledged yet. */
  readonly waiting: number;
  readonly review: number;
}

type Row = [
  seq: number,
  id: string,
  refundOf: number | null,
  terminal: string,
  zone: string,
  holder: number,
  credential: string,
  amountFen: number,
  at: number,
  day: string,
  state: ChargeState,
];
const COLUMNS = "seq, id, refund_of, terminal, zone, holder, credential, amount_fen, at, day, state";
const SUMS = "coalesce(sum(amount_fen), 0) AS fen, count(*) AS count FROM charge WHERE terminal = ? AND refund_of IS NULL AND state <> 'posted'";

/** The movements of money of a controller's terminals. A row is written with its event, in one transaction. */
export class ChargeStore {
  readonly #database: ControllerDatabase;
  readonly #insert: Statement<[...Row, number]>;
  readonly #update: Statement<[ChargeState, number, number]>;
  readonly #one: Statement<[number], Row>;
  readonly #byId: Statement<[string], Row>;
  readonly #refund: Statement<[number], Row>;
  readonly #oldest: Statement<[], Row>;
  readonly #ofHolder: Statement<[string, string, number], Exposure>;
  readonly #ofTerminal: Statement<[string], Exposure>;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#insert = database.prepare(`INSERT INTO charge (${COLUMNS}, row_check) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#update = database.prepare("UPDATE charge SET state = ?, row_check = ? WHERE seq = ?");
    this.#one = database.prepareRaw(`SELECT ${COLUMNS} FROM charge WHERE seq = ?`);
    this.#byId = database.prepareRaw(`SELECT ${COLUMNS} FROM charge WHERE id = ?`);
    this.#refund = database.prepareRaw(`SELECT ${COLUMNS} FROM charge WHERE refund_of = ?`);
    this.#oldest = database.prepareRaw(`SELECT ${COLUMNS} FROM charge WHERE state = 'waiting' ORDER BY seq LIMIT 1`);
    this.#ofHolder = database.prepare(`SELECT ${SUMS} AND zone = ? AND holder = ?`);
    this.#ofTerminal = database.prepare(`SELECT ${SUMS}`);
  }

  /** Writes a movement that waits. @throws RecordingFailed when the disk refuses */
  keep(charge: Omit<KeptCharge, "state">): void {
    const row = rowOf({ ...charge, state: "waiting" });
    this.#database.statement(() => this.#insert.run(...row, rowCheck(...row)));
  }

  /** Says how a movement ended. @throws RecordingFailed when the disk refuses */
  settle(seq: number, state: Exclude<ChargeState, "waiting">): void {
    const kept = this.#one.get(seq);
    if (kept === undefined) return;
    const row = rowOf({ ...chargeOf(kept), state });
    this.#database.statement(() => this.#update.run(state, rowCheck(...row), seq));
  }

  /** The oldest movement that nobody has acknowledged. */
  oldestWaiting(): KeptCharge | undefined {
    return optional(this.#oldest.get());
  }

  /** By the seq of its event, or by the whole id. */
  find(wanted: number | string): KeptCharge | undefined {
    return optional(typeof wanted === "number" ? this.#one.get(wanted) : this.#byId.get(wanted));
  }

  /** What took the charge of that seq back; undefined: nothing yet. */
  refundOf(seq: number): KeptCharge | undefined {
    return optional(this.#refund.get(seq));
  }

  /** What a holder has paid at a terminal and nobody has acknowledged. A refund on its way does not lessen it. */
  exposureOfHolder(terminal: string, zone: string, holder: number): Exposure {
    return this.#ofHolder.get(terminal, zone, holder)!;
  }

  exposureOfTerminal(terminal: string): Exposure {
    return this.#ofTerminal.get(terminal)!;
  }

  /** The movements of a terminal on one day of the campus, oldest first. */
  ofDay(terminal: string, day: string): KeptCharge[] {
    return this.#database
      .prepareRaw<[string, string], Row>(`SELECT ${COLUMNS} FROM charge WHERE terminal = ? AND day = ? ORDER BY seq`)
      .all(terminal, day)
      .map(chargeOf);
  }

  totals(terminal: string, day: string): DayTotals {
    const all = this.ofDay(terminal, day);
    const [charges, refunds] = [all.filter(({ refundOf }) => refundOf === null), all.filter(({ refundOf }) => refundOf !== null)];
    const inState = (state: ChargeState): number => all.filter((each) => each.state === state).length;
    return {
      charges: charges.length,
      chargedFen: sum(charges),
      refunds: refunds.length,
      refundedFen: sum(refunds),
      waiting: inState("waiting"),
      review: inState("review"),
    };
  }

  /** Forgets what is acknowledged and older than `before`. @throws RecordingFailed when the disk refuses */
  forget(before: UnixSeconds): void {
    const forgetting = this.#database.prepare<[number]>("DELETE FROM charge WHERE state = 'posted' AND at < ?");
    this.#database.statement(() => forgetting.run(before));
  }
}

const sum = (charges: readonly KeptCharge[]): number => charges.reduce((fen, { amountFen }) => fen + amountFen, 0);
const optional = (row: Row | undefined): KeptCharge | undefined => row && chargeOf(row);
const rowOf = ({ seq, id, refundOf, terminal, zone, holder, credential, amountFen, at, day, state }: KeptCharge): Row => [seq, id, refundOf, terminal, zone, holder, credential, amountFen, at, day, state]; // prettier-ignore
const chargeOf = ([seq, id, refundOf, terminal, zone, holder, credential, amountFen, at, day, state]: Row): KeptCharge => ({
  seq,
  id,
  refundOf,
  terminal,
  zone,
  holder,
  credential,
  amountFen,
  at: at as UnixSeconds,
  day,
  state,
});
