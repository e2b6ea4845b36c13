import { listeners, type Wire, type WireState } from "@portico/firmware-ts";

/**
 * A cable's end as one run of a program opens it: closing the opening lets go of the port and leaves the cable and whatever hangs on it as they are,
 * so that the next run can open it again.
 */
export function wireOpening(end: Wire): Wire {
  const bytes = listeners<[Uint8Array]>();
  const states = listeners<[WireState]>();
  let isClosed = false;
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
    write: (chunk) => !isClosed && end.write(chunk),
    onBytes: bytes.add,
    onState: states.add,
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
