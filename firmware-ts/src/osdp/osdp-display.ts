import type { OsdpCommand } from "../core/osdp/command.ts";
import { nakText } from "../core/osdp/reply.ts";
import { CAPABILITY } from "../core/osdp/reply.ts";
import type { DeviceHealth, DeviceResult } from "../device.ts";
import { displayCells, type DisplayLine } from "../display/display-frame.ts";
import type { TextDisplay } from "../display/serial-display.ts";
import type { OsdpPd } from "./pd.ts";

export interface OsdpDisplayOptions {
  readonly id: string;
  readonly pd: OsdpPd;
  /** Number of the reader in its PD; default 0. */
  readonly reader?: number;
}

const COLUMNS = 16;
/** Rows by compliance level of text output. Source: SIA OSDP 2.2 Annex B, function 6. */
const ROWS: readonly number[] = [0, 1, 2, 4];

/**
 * The display of an OSDP reader, 16 characters a row, written by TEXT as what stands there for good: a reader's own temporary texts come and go above it. A PD
 * that says that it has none counts as off line.
 */
export function osdpDisplay({ id, pd, reader = 0 }: OsdpDisplayOptions): TextDisplay {
  let wished: readonly DisplayLine[] | undefined;
  let queue: OsdpCommand[] = [];
  let told: ((result: DeviceResult) => void) | undefined;
  let isClosed = false;

  const rows = (): number => {
    const compliance = pd.portrait.capabilities?.find((one) => one.function === CAPABILITY.textOutput)?.compliance ?? 0;
    return ROWS[compliance] ?? 0;
  };
  const health = (): DeviceHealth => {
    if (pd.health.kind === "offline" || pd.portrait.capabilities === undefined || rows() > 0) return pd.health;
    return { kind: "offline", error: "Unsupported", detail: `${id}: the reader says that it has no display`, since: pd.bus.clock.monotonic() };
  };

  function settle(result: DeviceResult): void {
    const settled = told;
    told = undefined;
    settled?.(result);
  }

  function fill(): void {
    queue = Array.from({ length: wished === undefined ? 0 : rows() }, (_, row): OsdpCommand => {
      const text = String.fromCharCode(...displayCells(wished?.[row] ?? { left: "", right: "" }, "ascii", COLUMNS));
      return { kind: "text", reader, mode: "permanent", seconds: 0, row: row + 1, column: 1, text };
    });
    if (queue.length > 0) pd.wake();
  }

  const stops = [
    pd.join({
      next() {
        const command = queue.shift();
        if (command === undefined) return undefined;
        return {
          command,
          settled(outcome) {
            if (outcome.kind === "silent") settle({ ok: false, error: "TimedOut", detail: `${id}: no answer` });
            else if (outcome.kind === "disconnected") settle({ ok: false, error: "Disconnected", detail: `${id}: ${outcome.trouble}` });
            else if (outcome.reply.kind === "nak") settle({ ok: false, error: "BadReply", detail: `${id}: ${nakText(outcome.reply.reason)}` });
            else if (queue.length === 0) settle({ ok: true });
          },
        };
      },
      dueAt: (now) => (queue.length > 0 ? now : Infinity),
    }),
    // Whatever stood there may be gone.
    pd.onHealth(({ kind }) => void (kind === "online" && fill())),
  ];

  return {
    id,
    columns: COLUMNS,
    get rows() {
      return rows();
    },
    get health() {
      return health();
    },
    onHealth: (listener) => pd.onHealth(() => void (isClosed || listener(health()))),
    show(lines) {
      if (isClosed) return Promise.resolve({ ok: false, error: "Disconnected", detail: `${id}: the driver was closed` });
      wished = lines;
      settle({ ok: false, error: "Superseded", detail: `${id}: newer lines replaced these` });
      const now = health();
      if (now.kind === "offline") return Promise.resolve({ ok: false, error: now.error, detail: now.detail });
      return new Promise((resolve) => {
        told = resolve;
        fill();
      });
    },
    close() {
      isClosed = true;
      for (const stop of stops) stop();
      settle({ ok: false, error: "Disconnected", detail: `${id}: the driver was closed` });
      return Promise.resolve();
    },
  };
}
