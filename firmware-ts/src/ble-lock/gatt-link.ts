import type { DeviceError } from "../device.ts";

/** Why a device of a Bluetooth adapter cannot be spoken to. */
export interface GattTrouble {
  readonly error: Extract<DeviceError, "Disconnected" | "TimedOut" | "BadReply">;
  /** In words for a technician. */
  readonly detail: string;
  /** What was to be said certainly did not reach the lock whole. */
  readonly isUnsent?: true;
}

/** One connection to one lock: its three characteristics. docs/lock-profile.md, GATT. */
export interface GattLink {
  /** What was read from Info. */
  readonly make: Uint8Array;
  /** Hands one segment to the adapter. Never rejects; undefined when it has taken it. Not to be called before the one before has settled. */
  write(segment: Uint8Array): Promise<GattTrouble | undefined>;
  /** Called with each notification of Event. Returns the function that removes it. */
  onSegment(listener: (segment: Uint8Array) => void): () => void;
  /** Called once, when the connection is gone for another reason than {@link close}. */
  onGone(listener: (why: string) => void): () => void;
  /** Lets go of everything within a second. Never rejects. */
  close(): Promise<void>;
}

/** A Bluetooth adapter as a driver of locks needs it. */
export interface GattAdapter {
  /**
   * A new connection with everything found and Event subscribed to. Never rejects; within its own time-out.
   *
   * @param address  of the lock, six bytes in hex with colons, capital letters
   */
  connect(address: string): Promise<{ readonly ok: true; readonly link: GattLink } | ({ readonly ok: false } & GattTrouble)>;
  /** Lets go of the bus. Never rejects. */
  close(): Promise<void>;
}

/** The profile's numbers. docs/lock-profile.md, GATT. */
export const LOCK_UUID = {
  profile: "706f7274-6963-8f00-8000-6c6f636b0001",
  make: "706f7274-6963-8f00-8000-6c6f636b0002",
  control: "706f7274-6963-8f00-8000-6c6f636b0003",
  event: "706f7274-6963-8f00-8000-6c6f636b0004",
} as const;
