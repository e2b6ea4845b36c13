import type { Clock } from "@portico/card-protocol";
import { type ScanFrame, scanFraming, type ScanTerminator } from "./core/scan-framing.ts";
import type { DeviceHealth, Scan, Scanner } from "./device.ts";
import { listeners } from "./listeners.ts";
import { afterSilence } from "./silence.ts";
import type { Wire, WireState } from "./wire.ts";

export interface SerialScannerOptions {
  readonly id: string;
  /** The scanner's alone. */
  readonly wire: Wire;
  readonly clock: Clock;
  readonly terminator: ScanTerminator;
  /** Silence that ends a scan without terminator, in milliseconds; longer than any pause that the line makes within one scan. 60 is usual. */
  readonly gapMs: number;
}

/**
 * A QR scanner or combined QR-and-card head on a line of its own.
 *
 * A terminated scan is delivered within the call that brought its terminator. The line is never written to, so a scanner counts as online while its wire is open.
 */
export function serialScanner({ id, wire, clock, terminator, gapMs }: SerialScannerOptions): Scanner {
  const framing = scanFraming(terminator);
  const scans = listeners<[Scan]>();
  const healths = listeners<[DeviceHealth]>();
  let unreadable = 0;
  let changedAt = clock.monotonic();
  let cancelGap: (() => void) | undefined;
  const stopBytes = wire.onBytes((bytes) => {
    deliver(framing.push(bytes, clock.monotonic()));
    if (cancelGap === undefined && framing.pendingSince !== undefined) watchForGap(gapMs);
  });
  const stopState = wire.onState((state: WireState) => {
    if (state === "closed") {
      stopWatching();
      deliver(framing.cutOff());
    }
    changedAt = clock.monotonic();
    healths.tell(health());
  });

  function deliver(frames: readonly ScanFrame[]): void {
    for (const frame of frames)
      if (frame.kind === "scan") scans.tell({ bytes: frame.bytes, receivedAt: frame.receivedAt });
      else unreadable++;
  }

  /** One timer for a whole scan: when it rings too soon it is set for what is left. */
  function watchForGap(delayMs: number): void {
    cancelGap = afterSilence(clock, delayMs, () => {
      cancelGap = undefined;
      if (framing.pendingSince === undefined) return;
      const leftMs = gapMs - (clock.monotonic() - framing.pendingSince);
      // Whole milliseconds: a rest too small for the clock's resolution would ring at once, and again, without end.
      if (leftMs > 0) watchForGap(Math.ceil(leftMs));
      else deliver(framing.gap());
    });
  }

  function stopWatching(): void {
    cancelGap?.();
    cancelGap = undefined;
  }

  /** Asked anew each time: what keeps a wire closed may change. */
  function health(): DeviceHealth {
    return wire.state === "open" ? { kind: "online" } : { kind: "offline", error: "Disconnected", detail: wire.trouble, since: changedAt };
  }

  return {
    id,
    get health() {
      return health();
    },
    onHealth: healths.add,
    onScan: scans.add,
    get unreadable() {
      return unreadable;
    },
    close() {
      stopBytes();
      stopState();
      stopWatching();
      return Promise.resolve();
    },
  };
}
