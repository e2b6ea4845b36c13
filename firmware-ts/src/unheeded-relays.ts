/** So often in a row a relay must be read otherwise than it was told: a frame that was lost on the way is made good by the next. */
const UNHEEDED_TIMES = 3;

/** Which relays of a board stay as they are whatever they are told. The board takes the wish; what it says of the relay afterwards is something else. */
export interface UnheededRelays {
  /** A relay that had been told, and was read back. */
  readBack(relay: number, heeds: boolean): void;
  isStuck(relay: number): boolean;
}

export function unheededRelays(): UnheededRelays {
  const times = new Map<number, number>();
  return {
    readBack: (relay, heeds) => void (heeds ? times.delete(relay) : times.set(relay, (times.get(relay) ?? 0) + 1)),
    isStuck: (relay) => (times.get(relay) ?? 0) >= UNHEEDED_TIMES,
  };
}
