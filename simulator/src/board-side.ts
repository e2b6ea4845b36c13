/** A virtual relay board as the things screwed to it see it: coils that switch, contacts that close. */
export interface BoardSide {
  /** Called at each change of a relay. Returns the function that removes it. */
  onRelay(listener: (relay: number, energized: boolean) => void): () => void;
  relay(relay: number): boolean;
  /** Closes or opens the contact wired to an input. */
  setInput(input: number, closed: boolean): void;
}
