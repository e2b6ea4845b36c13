import { listeners, type Wire, type WireState } from "@portico/firmware-ts";

/** See {@link wireOpening}. */
export interface WireOpening extends Wire {
  /** The program dies in mid-word: without being told it is heard no more and hears no more. What it has handed over already arrives. */
  sever(): void;
}

/**
 * A cable's end as one run of a program opens it: closing the opening lets go of the port and leaves the cable and whatever hangs on it as they are,
 * so that the next run can open it again.
 */
export function wireOpening(end: Wire): WireOpening {
  const bytes = listeners<[Uint8Array]>();
  const states = listeners<[WireState]>();
  let isClosed = false;
  let isSevered = false;
  const stopBytes = end.onBytes(bytes.tell);
  const stopStates = end.onState(states.tell);
  return {
    name: end.name,
    get state() {
      return isClosed ? "closed" : end.state;
    },
    get trouble() {
      return isClosed ? "closed" : end.trouble;
    },
    write: (chunk) => !isClosed && (isSevered || end.write(chunk)),
    onBytes: bytes.add,
    onState: states.add,
    sever() {
      isSevered = true;
      stopBytes();
      stopStates();
    },
    close() {
      if (isClosed) return Promise.resolve();
      isClosed = true;
      stopBytes();
      stopStates();
      if (end.state === "open") states.tell("closed");
      return Promise.resolve();
    },
  };
}
