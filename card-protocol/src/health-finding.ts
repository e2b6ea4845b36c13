/** What a controller finds wrong before it fails, and what to do about it. One table for events, command line and docs/hardware.md. */
export const HEALTH_FINDING = {
  ReaderSilent:
    "show it a code or a card and see whether it answers; then look at its supply, its cable and its glass; if nobody has come here for so long, nothing is wrong",
  ScansUnreadable: "clean the glass and dry it; shade it from the sun and from lamps; then look at cable and baud rate",
  ContactChattering: "look for a loose contact, a magnet out of its place, water in a junction, or a cable beside a motor's",
  ExitButtonStuck: "look whether the button is jammed or its wire is bridged; the door is free for no longer than for one press",
  DoorHeldOften: "look whether the closer shuts the door and what holds it open; if people need it open, give it a schedule",
  ClockDrifting: "replace the clock module or its battery; let the computer keep its clock by NTP; keep it cool",
  BatteryLow: "replace or charge the battery before the next power cut",
  RelayStuck: "take the board's power away and give it back; if the relay stays so, replace the board: until then the lock is not ours",
} as const;
export type HealthFinding = keyof typeof HEALTH_FINDING;
export const HEALTH_FINDINGS = Object.keys(HEALTH_FINDING) as readonly HealthFinding[];
