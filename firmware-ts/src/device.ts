import type { InputFault, MonotonicMs } from "@portico/card-protocol";

/** What can go wrong between us and a device. Drivers answer with these and never reject. */
export const DEVICE_ERRORS = ["Disconnected", "TimedOut", "BadReply", "Unsupported", "Superseded"] as const;
/**
 * `Disconnected` the wire is closed · `TimedOut` no answer after all retries · `BadReply` an answer that the protocol does not allow, or an exception
 * reply · `Unsupported` this board cannot do that · `Superseded` a newer wish replaced this one before it was acknowledged.
 */
export type DeviceError = (typeof DEVICE_ERRORS)[number];
/**
 * `sent`, where the protocol has one frame for the wish: that frame's bytes and when they were handed to the wire for the first time. It is what a technician
 * compares with a line monitor, and what the time from scan to relay is measured with.
 */
export type DeviceResult =
  | { readonly ok: true; readonly sent?: { readonly frame: Uint8Array; readonly at: MonotonicMs } }
  | { readonly ok: false; readonly error: DeviceError; readonly detail: string };

/** The state of a device as its driver knows it. */
export type DeviceHealth =
  | { readonly kind: "online" }
  | { readonly kind: "offline"; readonly error: DeviceError; readonly detail: string; readonly since: MonotonicMs };

export interface Device {
  readonly id: string;
  readonly health: DeviceHealth;
  /** Called at each change between online and offline. Returns the function that removes it. */
  onHealth(listener: (health: DeviceHealth) => void): () => void;
  /** Lets go of the wire and its timers; asks for every output off first where the wire is open. Resolves when quiet; never rejects. */
  close(): Promise<void>;
}

/** One scan: the bytes of one frame without its terminator, 1..4,096 of them, nothing decoded. */
export interface Scan {
  readonly bytes: Uint8Array;
  /** When the last byte of the frame arrived. */
  readonly receivedAt: MonotonicMs;
  /** The device waits for an answer: the same bytes again are a question of their own. Absent: it does not. */
  readonly isQuestion?: true;
}

/** A QR scanner or a combined QR-and-card head. */
export interface Scanner extends Device {
  onScan(listener: (scan: Scan) => void): () => void;
  /**
   * What was read while nobody heard the scanner, from a device that keeps it: nobody may be let in for it. Absent: the device keeps nothing.
   *
   * The listener's `readAt` is what the device's own clock showed, local time as `2026-11-27 08:09:10`; empty where it showed none.
   */
  onLateScan?(listener: (scan: Scan, readAt: string) => void): () => void;
  /** Frames that could not be a scan since start: over-long, empty, cut off. */
  readonly unreadable: number;
}

/**
 * A board with relays and inputs.
 *
 * A driver holds one wished state per relay: the newest wish wins, off is never refused, and after the wire or the board comes back only what is still
 * wished is asserted (an expired pulse never is).
 *
 * On a closed wire, and when the wire closes before the answer, a wish answers `Disconnected` at once: a pulse is forgotten, a set stays wished. An error
 * answer to a pulse always means that it is gone: the relay is asked off and does not energise later.
 */
export interface RelayBoard extends Device {
  readonly relays: number;
  readonly inputs: number;
  /** True where the board drops a pulse by itself even when we are dead. */
  readonly timesPulse: boolean;
  /**
   * Energises a relay for `holdMs`, counted from the board's taking the command. Boards with a coarser unit round up.
   * Resolves when the board acknowledged, not when anything moved. A pulse during a pulse starts the hold anew.
   *
   * @param isOneOfMany  wished with many others that must not wait for each other, as the floors of a lift: it may be energised with them first and timed
   *                     by the board behind that, so that it stays energised if we die in between. Default: timed from the first frame, if at all by the board
   */
  pulse(relay: number, holdMs: number, isOneOfMany?: boolean): Promise<DeviceResult>;
  /** Energises or drops a relay until the next wish. Resolves when the board acknowledged. */
  set(relay: number, energized: boolean): Promise<DeviceResult>;
  /** The input as last read; undefined before the first reading and while the board is offline. */
  input(input: number): boolean | undefined;
  /** Called at each change of an input, and once per input with its first reading after the board came online. `true`: contact closed. */
  onInput(listener: (input: number, closed: boolean) => void): () => void;
  /** Whether a relay, read back, stays otherwise than it is told, time after time. Absent: the board does not tell how its relays are. */
  isStuck?(relay: number): boolean;
  /** Absent: the board tells closed from open and no more, so a cut wire is an open contact. */
  readonly supervision?: InputSupervision;
}

/** What a board knows of the wires to its inputs, where it measures them. While an input is faulted it is not read: neither closed nor open. */
export interface InputSupervision {
  /** What is wrong with the wire of an input; undefined: nothing, not supervised, or not read yet. */
  fault(input: number): InputFault | undefined;
  /** Called when a fault begins, changes or ends (undefined); behind an end the input is told as read anew. */
  onFault(listener: (input: number, fault: InputFault | undefined) => void): () => void;
}

/** What a person at a reader is told. ONVIF feedback words; `LaneAlarm`, ours: somebody passes a lane whom it did not let in, or the lane itself is in alarm. */
export type Feedback = "Idle" | "Processing" | "AccessGranted" | "AccessDenied" | "DoorPreAlarmWarning" | "DoorOpenTooLong" | "LaneAlarm";

/** Light and buzzer at a reader. */
export interface Indicator {
  /** Shows the newest feedback; returns to `Idle` by itself. Never rejects. */
  indicate(feedback: Feedback): Promise<DeviceResult>;
}
