import type { WireState } from "../wire.ts";

/**
 * A way to one device that speaks in datagrams. Nothing is kept for later: what is lost is lost, and what comes may be doubled, late or somebody else's.
 *
 * Each question has a port of its own, so that a late or doubled answer to an earlier one is never taken for an answer to this one.
 */
export interface DatagramLink {
  /** For people and logs: `192.168.1.50:60000`. */
  readonly name: string;
  /** `closed`: nothing can be sent now, or the port for what is pushed cannot be had. It opens again by itself. */
  readonly state: WireState;
  /** Why it is closed, in words for a technician; empty while open. */
  readonly trouble: string;
  /**
   * Sends one datagram, if it can; what comes back to its port is told until the returned function is called.
   *
   * @param hear  may be called any number of times, never before this has returned
   */
  ask(bytes: Uint8Array, hear: (bytes: Uint8Array) => void): () => void;
  /** What the device sends unasked. Anybody can send it: it says when to look, and nothing else. Returns the function that removes the listener. */
  onPushed(listener: (bytes: Uint8Array) => void): () => void;
  /** Called at each change of {@link state}. */
  onState(listener: (state: WireState) => void): () => void;
  /** Closes for good. Resolves when every port is released; never rejects. */
  close(): Promise<void>;
}

/** The device's side of a {@link DatagramLink}. */
export interface DatagramEnd {
  /** A question, and the way back to whoever asks. Returns the function that removes the listener. */
  onAsked(listener: (bytes: Uint8Array, answer: (bytes: Uint8Array) => void) => void): () => void;
  /** Sends a datagram unasked. */
  push(bytes: Uint8Array, address: readonly number[], port: number): void;
}
