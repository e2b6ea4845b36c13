import { credentialOf, passOf, REPLAY_GROUP } from "./campus.ts";
import type { Gate } from "./gate.ts";

/** People are taken in steps of a prime, so that neighbours in the queue are no neighbours in the list. */
const STEP = 7_919;

/** People who come to a gate one after the other, each with a new pass; when all have been there it begins anew. */
export class PassQueue {
  readonly #gate: Gate;
  readonly #people: number;
  #first = 0;
  #passes: Uint8Array[] = [];

  constructor(gate: Gate, people: number) {
    this.#gate = gate;
    this.#people = people;
  }

  /** Who comes in this round. */
  personOf(round: number): number {
    return (round * STEP) % this.#people;
  }

  /** Makes the passes of these rounds. Before them: a pass lives for 30 s. */
  prepare(firstRound: number, rounds: number): void {
    const now = this.#gate.now();
    this.#first = firstRound;
    this.#passes = Array.from({ length: rounds }, (_, nth) => {
      const round = firstRound + nth;
      return passOf(this.personOf(round), now, this.#counterOf(round));
    });
  }

  /**
   * Shows the pass of this round.
   *
   * @throws Error unless it is granted and recorded: then nothing was measured
   */
  scan(round: number): void {
    const judged = this.#gate.scan(this.#passes[round - this.#first]!);
    if (judged?.decision.kind === "granted" && judged.seq !== undefined) return;
    throw new Error(`a genuine pass was not granted: ${judged === undefined ? "seen a moment ago" : JSON.stringify(judged.decision)}`);
  }

  /** @throws Error unless the pass of this round stands in the database as spent */
  checkSpent(round: number): void {
    const spent = this.#gate.store.spent.last(credentialOf(this.personOf(round)), "H", REPLAY_GROUP);
    if (spent?.counter !== this.#counterOf(round)) throw new Error("a granted pass is not spent");
  }

  #counterOf(round: number): number {
    return 1 + Math.floor(round / this.#people);
  }
}
