/** `open`: bytes may flow. `closed`: they cannot; the wire is trying to reopen unless {@link Wire.close} was called. */
export type WireState = "open" | "closed";

/**
 * A byte pipe to one device or bus: serial port, TCP socket or simulated wire. It reopens by itself.
 *
 * Chunks arrive as the line delivers them, at any boundary. What was written while closed is not sent later:
 * a driver holds a wished state and asserts it again when the wire opens.
 */
export interface Wire {
  /** For people and logs, e.g. `gate-1-scanner`. */
  readonly name: string;
  readonly state: WireState;
  /** Why the wire is closed, in words for a technician; empty while open. */
  readonly trouble: string;
  /** Queues bytes. Never throws; false when the wire is closed and nothing was queued. */
  write(bytes: Uint8Array): boolean;
  /** Listener for received bytes. The chunk is the listener's to keep. Returns the function that removes it. */
  onBytes(listener: (bytes: Uint8Array) => void): () => void;
  /** Called at each change of {@link state}. Returns the function that removes it. */
  onState(listener: (state: WireState) => void): () => void;
  /** Closes for good. Resolves when the port is released; never rejects. */
  close(): Promise<void>;
}
