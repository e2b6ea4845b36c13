import type { Clock } from "@portico/card-protocol";
import { DISPLAY_COLUMNS, DISPLAY_ROWS, type DisplayCharset, type DisplayCommands, displayFrame, type DisplayLine, displayOpening } from "./display-frame.ts";
import type { Device, DeviceHealth, DeviceResult } from "../device.ts";
import { listeners } from "../listeners.ts";
import type { Wire } from "../wire.ts";

/** A display of a few lines of text. */
export interface TextDisplay extends Device {
  readonly columns: number;
  readonly rows: number;
  /**
   * Shows these lines until others are shown; lines that are absent are blank. Where nobody hears it answers `Disconnected` at once, and they are shown when the
   * display is back.
   */
  show(lines: readonly DisplayLine[]): Promise<DeviceResult>;
}

export interface SerialDisplayOptions {
  readonly id: string;
  /** The display's alone. */
  readonly wire: Wire;
  readonly clock: Clock;
  readonly commands: DisplayCommands;
  readonly charset: DisplayCharset;
}

/** What stands on a display is written again so often: one that was switched off and on shows it again, and a line that broke without telling is found. */
const AGAIN_MS = 5_000;

/**
 * A customer display of 2 × 20 characters on a serial line. It never answers: it counts as online while its wire is open, and `ok` says that the bytes were taken
 * by the line, not that anybody read them.
 */
export function serialDisplay({ id, wire, clock, commands, charset }: SerialDisplayOptions): TextDisplay {
  const healths = listeners<[DeviceHealth]>();
  let changedAt = clock.monotonic();
  let frame: Uint8Array | undefined;
  let isClosed = false;
  let cancelAgain = (): void => {};
  const health = (): DeviceHealth =>
    wire.state === "open" ? { kind: "online" } : { kind: "offline", error: "Disconnected", detail: wire.trouble, since: changedAt };
  const stopState = wire.onState((state) => {
    changedAt = clock.monotonic();
    if (state === "open") begin();
    else cancelAgain();
    healths.tell(health());
  });
  if (wire.state === "open") begin();

  function begin(): void {
    wire.write(displayOpening(commands));
    assert();
  }

  /** False where nobody heard. */
  function assert(): boolean {
    cancelAgain();
    if (frame === undefined) return wire.state === "open";
    const isTaken = wire.write(frame);
    if (isTaken) cancelAgain = clock.after(AGAIN_MS, assert);
    return isTaken;
  }

  return {
    id,
    columns: DISPLAY_COLUMNS,
    rows: DISPLAY_ROWS,
    get health() {
      return health();
    },
    onHealth: healths.add,
    show(lines) {
      if (isClosed) return Promise.resolve({ ok: false, error: "Disconnected", detail: `${id}: the driver was closed` });
      frame = displayFrame(lines, commands, charset);
      if (assert()) return Promise.resolve({ ok: true, sent: { frame, at: clock.monotonic() } });
      return Promise.resolve({ ok: false, error: "Disconnected", detail: `${id}: ${wire.trouble}; it will be shown when the display is back` });
    },
    close() {
      if (isClosed) return Promise.resolve();
      isClosed = true;
      stopState();
      cancelAgain();
      // What the last customer paid is nobody else's to read.
      wire.write(displayFrame([], commands, charset));
      return Promise.resolve();
    },
  };
}
