import type { MonotonicMs } from "@portico/card-protocol";
import type { OsdpCommand } from "../core/osdp/command.ts";
import { nakText, type OsdpReply } from "../core/osdp/reply.ts";
import { scanContent } from "../core/osdp/scan-content.ts";
import type { DeviceResult, Feedback, Indicator, Scan, Scanner } from "../device.ts";
import { listeners } from "../listeners.ts";
import { feedbackCommands } from "./feedback-commands.ts";
import type { OsdpOutcome, OsdpPd } from "./pd.ts";

/** A reader of an OSDP PD: cards and codes, keys, light and buzzer, its case and its power. */
export interface OsdpReader extends Scanner, Indicator {
  /** Keys as the reader sends them: `0` to `9`, `*` (or clear, 0x7F), `#` (or enter, 0x0D). They are a person's secret: nothing here keeps or prints them. */
  onKeys(listener: (keys: string, at: MonotonicMs) => void): () => void;
  /** How often keys came. */
  readonly keyPresses: number;
  /** Called at each change, and with the first state after the PD came on line. */
  onCase(listener: (state: { readonly tamper: boolean; readonly powerFailure: boolean }) => void): () => void;
  /** Undefined before the first reading. */
  readonly case: { readonly tamper: boolean; readonly powerFailure: boolean } | undefined;
}

export interface OsdpReaderOptions {
  readonly id: string;
  readonly pd: OsdpPd;
  /** Number of the reader in its PD; default 0. */
  readonly reader?: number;
}

/** How often the case is asked for: a PD tells changes with a poll, this finds one that it could not tell. */
const CASE_MS = 10_000;

/** The newest feedback wins: what of an older one was not sent yet is forgotten, and whoever waits is told. */
export function osdpReader({ id, pd, reader = 0 }: OsdpReaderOptions): OsdpReader {
  const { clock } = pd.bus;
  const content = scanContent(reader);
  const scans = listeners<[Scan]>();
  const keys = listeners<[string, MonotonicMs]>();
  const cases = listeners<[{ readonly tamper: boolean; readonly powerFailure: boolean }]>();
  let unreadable = 0;
  let keyPresses = 0;
  let caseNow: { readonly tamper: boolean; readonly powerFailure: boolean } | undefined;
  let caseAt = 0;
  let showing: { readonly queue: OsdpCommand[]; settle: ((result: DeviceResult) => void) | undefined } | undefined;
  let cancelAgain = (): void => {};
  let isClosed = false;

  const stops = [
    pd.join({
      next(now) {
        const command = showing?.queue.shift();
        if (command !== undefined) return { command, settled: feedbackSettled(showing) };
        if (caseAt > now || isClosed) return undefined;
        caseAt = now + CASE_MS;
        return { command: { kind: "localStatus" }, settled: (outcome) => outcome.kind === "replied" && note(outcome.reply, clock.monotonic()) };
      },
      dueAt: (now) => (showing !== undefined && showing.queue.length > 0 ? now : caseAt),
    }),
    pd.onReply(note),
    pd.onOpened(() => void (caseAt = 0)),
    pd.onHealth((health) => {
      if (health.kind === "online") return;
      caseNow = undefined;
      if (showing === undefined) return;
      settle(showing, { ok: false, error: health.error, detail: `${id}: ${health.detail}` });
      showing = undefined;
    }),
  ];

  function note(reply: OsdpReply, at: MonotonicMs): void {
    if (reply.kind === "keypad" && reply.reader === reader && reply.keys.length > 0) {
      keyPresses++;
      keys.tell(Array.from(reply.keys, keyOf).join(""), at);
    }
    if (reply.kind === "localStatus") {
      const isChanged = caseNow?.tamper !== reply.tamper || caseNow.powerFailure !== reply.powerFailure;
      caseNow = { tamper: reply.tamper, powerFailure: reply.powerFailure };
      if (isChanged) cases.tell(caseNow);
    }
    const read = content.of(reply);
    if (read === "unreadable") unreadable++;
    else if (read !== undefined) scans.tell({ bytes: read, receivedAt: at });
  }

  const feedbackSettled =
    (mine: typeof showing) =>
    (outcome: OsdpOutcome): void => {
      if (mine === undefined) return;
      if (outcome.kind !== "replied") {
        mine.queue.length = 0;
        const [error, detail] = outcome.kind === "silent" ? (["TimedOut", "no answer"] as const) : (["Disconnected", outcome.trouble] as const);
        return settle(mine, { ok: false, error, detail: `${id}: ${detail}` });
      }
      if (outcome.reply.kind === "nak") settle(mine, { ok: false, error: "BadReply", detail: `${id}: ${nakText(outcome.reply.reason)}` });
      else if (mine.queue.length === 0) settle(mine, { ok: true });
    };

  function show(feedback: Feedback, told?: (result: DeviceResult) => void): void {
    cancelAgain();
    if (showing !== undefined) settle(showing, { ok: false, error: "Superseded", detail: `${id}: a newer feedback replaced this one` });
    const { commands, everyMs } = feedbackCommands(feedback, reader, pd.portrait.capabilities);
    showing = { queue: [...commands], settle: told };
    if (commands.length === 0) settle(showing, { ok: true });
    if (everyMs !== undefined) cancelAgain = clock.after(everyMs, () => show(feedback));
    pd.wake();
  }

  return {
    id,
    get health() {
      return pd.health;
    },
    onHealth: (listener) => pd.onHealth((health) => void (isClosed || listener(health))),
    onScan: scans.add,
    get unreadable() {
      return unreadable;
    },
    onKeys: keys.add,
    get keyPresses() {
      return keyPresses;
    },
    onCase: cases.add,
    get case() {
      return caseNow;
    },
    indicate(feedback) {
      const { health } = pd;
      if (isClosed) return Promise.resolve({ ok: false, error: "Disconnected", detail: `${id}: the driver was closed` });
      if (health.kind === "offline") {
        cancelAgain();
        return Promise.resolve({ ok: false, error: health.error, detail: `${id}: ${health.detail}` });
      }
      return new Promise((resolve) => show(feedback, resolve));
    },
    close() {
      isClosed = true;
      cancelAgain();
      for (const stop of stops) stop();
      if (showing !== undefined) settle(showing, { ok: false, error: "Disconnected", detail: `${id}: the driver was closed` });
      showing = undefined;
      return Promise.resolve();
    },
  };
}

/** Source: SIA OSDP 2.2 §7.12: 0x7F is `*`, 0x0D is `#`. */
const keyOf = (key: number): string => (key === 0x7f ? "*" : key === 0x0d ? "#" : String.fromCharCode(key));

/** Tells the one who waits, once. */
function settle(one: { settle: ((result: DeviceResult) => void) | undefined }, result: DeviceResult): void {
  const { settle: told } = one;
  one.settle = undefined;
  told?.(result);
}
