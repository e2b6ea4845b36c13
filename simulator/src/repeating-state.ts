/** What of a processor decides what it does next, as long as nothing outside of it happens. */
export interface ProcessorState {
  readonly pc: number;
  readonly cycles: number;
  /** Registers, I/O and memory, stack pointer and flags among them. */
  readonly data: Uint8Array;
}

/**
 * Notices that a processor has come back to a state in which it was before: from there it does the same again and again, until something outside happens.
 *
 * Brent's way of finding a cycle: one state is remembered and compared with each that follows at the same instruction; the next one is remembered when twice
 * as many instructions have been run. A loop is found within some three of its rounds.
 */
export class RepeatingState {
  #pc = -1;
  #cycles = 0;
  #data = new Uint8Array();
  #run = 0;
  #runMax = 1;

  /** Something outside has happened: what was before says nothing about what comes. */
  forget(): void {
    this.#pc = -1;
    this.#run = 0;
    this.#runMax = 1;
  }

  /** The remembered state is seen once more, `cycles` later: rounds were left out. */
  leaveOut(cycles: number): void {
    this.#cycles += cycles;
  }

  /** To be asked behind each instruction. Returns the cycles of the round that has just ended where it was, 0 where none did. */
  roundOf(state: ProcessorState): number {
    if (state.pc === this.#pc && Buffer.compare(this.#data, state.data) === 0) {
      const round = state.cycles - this.#cycles;
      this.#cycles = state.cycles;
      return round;
    }
    this.#run += 1;
    if (this.#run < this.#runMax) return 0;
    this.#pc = state.pc;
    this.#cycles = state.cycles;
    if (this.#data.length === state.data.length) this.#data.set(state.data);
    else this.#data = Uint8Array.from(state.data);
    this.#run = 0;
    this.#runMax *= 2;
    return 0;
  }
}
