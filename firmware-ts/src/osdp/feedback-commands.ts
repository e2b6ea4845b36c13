import type { LedColour, OsdpCommand } from "../core/osdp/command.ts";
import { CAPABILITY, type CapabilityRecord } from "../core/osdp/reply.ts";
import type { Feedback } from "../device.ts";

/** What a feedback is on a reader. Times in units of 100 ms. */
interface Shown {
  readonly led: { readonly colour: LedColour; readonly on: number; readonly off: number; readonly timer: number } | "cancel";
  readonly buzzer: { readonly on: number; readonly off: number; readonly count: number } | "off";
  readonly text: string;
  /** Told again after this long, until another feedback comes; what it shows ends soon behind that by itself. */
  readonly everyMs?: number;
}

/** One long green and a beep; one long red and three beeps; for a door that stands open, red and beeps that grow faster; for a lane in alarm long tones. All differ by ear alone. */
const SHOWN: Readonly<Record<Exclude<Feedback, "Processing">, Shown>> = {
  Idle: { led: "cancel", buzzer: "off", text: "" },
  AccessGranted: { led: { colour: "green", on: 15, off: 0, timer: 15 }, buzzer: { on: 2, off: 0, count: 1 }, text: "Access granted" },
  AccessDenied: { led: { colour: "red", on: 15, off: 0, timer: 15 }, buzzer: { on: 1, off: 1, count: 3 }, text: "Access denied" },
  DoorPreAlarmWarning: {
    led: { colour: "red", on: 2, off: 8, timer: 60 },
    buzzer: { on: 1, off: 9, count: 5 },
    text: "Close the door",
    everyMs: 5_000,
  },
  DoorOpenTooLong: { led: { colour: "red", on: 2, off: 2, timer: 60 }, buzzer: { on: 2, off: 2, count: 12 }, text: "Close the door", everyMs: 5_000 },
  LaneAlarm: { led: { colour: "red", on: 8, off: 4, timer: 60 }, buzzer: { on: 8, off: 4, count: 4 }, text: "One at a time", everyMs: 4_800 },
};

/** How long a text stays. */
const TEXT_S = 3;

/**
 * The commands that show a feedback on a reader of a PD, as far as the PD says that it can: light, buzzer, display. All end by themselves; none outlives a
 * panel that died by more than a second.
 *
 * @param capabilities  what the PD said; undefined: everything is tried
 */
export function feedbackCommands(
  feedback: Feedback,
  reader: number,
  capabilities: readonly CapabilityRecord[] | undefined,
): { readonly commands: readonly OsdpCommand[]; readonly everyMs?: number } {
  // A decision is faster than the eye.
  if (feedback === "Processing") return { commands: [] };
  const { led, buzzer, text, everyMs } = SHOWN[feedback];
  const can = (capability: number): boolean => capabilities === undefined || capabilities.some((one) => one.function === capability && one.compliance > 0);
  const commands: OsdpCommand[] = [];
  if (can(CAPABILITY.readerLed)) {
    const temporary = led === "cancel" ? led : { on: led.on, off: led.off, onColour: led.colour, offColour: "black" as const, timer: led.timer };
    commands.push({ kind: "led", records: [{ reader, led: 0, temporary, permanent: "nothing" }] });
  }
  if (can(CAPABILITY.audibleOutput))
    commands.push(buzzer === "off" ? { kind: "buzzer", reader, tone: "off", on: 0, off: 0, count: 0 } : { kind: "buzzer", reader, tone: "default", ...buzzer });
  if (capabilities !== undefined && can(CAPABILITY.textOutput) && text !== "")
    commands.push({ kind: "text", reader, mode: "temporary", seconds: TEXT_S, row: 1, column: 1, text });
  return { commands, ...(everyMs === undefined ? {} : { everyMs }) };
}
