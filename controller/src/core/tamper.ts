import { type ControllerEvent, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";

/** What a door's tamper loop says: whole, opened at the switch of a case, faulted on its wire, or not read, because its board does not answer. */
export type TamperReading = "whole" | "opened" | "wire" | "unread";

/** A door's tamper loop. Source: ONVIF Door Control service, DoorTamperState. */
export interface Tamper {
  readonly reading: TamperReading;
  /** The log says that it is tampered with. */
  readonly told: boolean;
  /** When what it says now has rested long enough to count. */
  readonly dueAt: MonotonicMs | undefined;
}

/** Nothing was read yet. @param told  the log says so of the time before */
export const unreadTamper = (told: boolean): Tamper => ({ reading: "unread", told, dueAt: undefined });

/** What is read now. What is not known any more neither begins nor ends anything. */
export function tamperRead(tamper: Tamper, reading: TamperReading, at: MonotonicMs, debounceMs: number): Tamper {
  if (reading === "unread" || (reading !== "whole") === tamper.told) return { ...tamper, reading, dueAt: undefined };
  // From opened to cut and back it goes on to rest: both are tampering.
  return { ...tamper, reading, dueAt: tamper.dueAt ?? monotonicMs(at + debounceMs) };
}

/** It has rested. @returns the event that tells of it, where there is one */
export function tamperDue(tamper: Tamper, at: MonotonicMs, door: string): { readonly tamper: Tamper; readonly event: ControllerEvent | undefined } {
  const { reading, dueAt } = tamper;
  if (dueAt === undefined || dueAt > at || reading === "unread") return { tamper, event: undefined };
  const event = reading === "whole" ? eventOf("DoorTamperCleared", { door }) : eventOf("DoorTamper", { door, cause: reading });
  return { tamper: { reading, told: reading !== "whole", dueAt: undefined }, event };
}

/** ONVIF DoorTamperState. What was found stays until it is seen to be whole. */
export function tamperState({ reading, told }: Tamper): "Unknown" | "NotInTamper" | "TamperDetected" {
  if (told) return "TamperDetected";
  return reading === "unread" ? "Unknown" : "NotInTamper";
}
