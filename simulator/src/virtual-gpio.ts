import type { Clock, Random } from "@portico/card-protocol";
import { listeners, type WireFaults } from "@portico/firmware-ts";
import type { GpioCall, RunningTool, ToolEnd, ToolEvents, ToolRunner } from "@portico/firmware-ts/gpio";
import type { BoardSide } from "./board-side.ts";
import { type GpioCommand, type GpioVersion, gpioCommand } from "./gpio-command.ts";

export interface VirtualGpioOptions {
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly random: Random;
  /** Of the tools. */
  readonly version: GpioVersion;
  /** Lines with relays: relay n hangs on the nth. */
  readonly relayLines: readonly number[];
  /** Lines with contacts to ground. */
  readonly inputLines: readonly number[];
  /** The relays' module takes a low line for on. */
  readonly activeLow: boolean;
  /** A kernel that leaves outputs as they were; default: a strict one. */
  readonly keepsOutputs?: boolean;
}

/** A Raspberry Pi's GPIO chip with what hangs on it, and the tools of libgpiod on a machine that is not there. */
export interface VirtualGpio extends BoardSide {
  readonly tools: ToolRunner;
  /** Every call so far, as it would be typed. */
  readonly calls: readonly string[];
  /** Tools that run now. */
  readonly running: number;
  /** True: tools that are started from now on do nothing, and do not end. */
  setMute(mute: boolean): void;
  /** The chip is gone; every tool that had a line of it ends. */
  cut(): void;
  mend(): void;
  /** Somebody ends every tool that drives a line. */
  killDrivers(): void;
  /** The program that started the tools dies: they end with it, and tell nobody. */
  dieWithParent(): void;
  /** Another program takes a line, or with undefined lets go of it. */
  take(offset: number, consumer: string | undefined): void;
  /** The tools are there, or not. */
  setInstalled(isInstalled: boolean): void;
  setFaults(faults: WireFaults): void;
}

const CHIP = "gpiochip0";
const LINES = 54;
/** How long a tool takes from its start until it does something. */
const START_MS = 3;
const OUTAGE_MS = 500;

interface Line {
  consumer: string | undefined;
  isOutput: boolean;
  /** Driven high. */
  isHigh: boolean;
  /** Somebody drives it, or its kernel goes on doing so. */
  isDriven: boolean;
}

interface Started {
  readonly command: GpioCommand;
  readonly events: ToolEvents;
  readonly timers: Set<() => void>;
  /** Lines that it has. */
  readonly held: number[];
}

/** Each tool has lines for itself, as in the kernel; what it prints and complains of are the words of the real ones. */
export function virtualGpio(options: VirtualGpioOptions): VirtualGpio {
  const { clock, random, version, relayLines, inputLines, activeLow, keepsOutputs = false } = options;
  const changes = listeners<[number, boolean]>();
  const lines: Line[] = Array.from({ length: LINES }, () => ({ consumer: undefined, isOutput: false, isHigh: false, isDriven: false }));
  const closed = inputLines.map(() => false);
  const energized = relayLines.map(() => false);
  const started = new Set<Started>();
  const calls: string[] = [];
  let faults: WireFaults = {};
  let isMute = false;
  let isThere = true;
  let isInstalled = true;
  let cancelMending = (): void => {};
  const strikes = (probability: number | undefined): boolean => probability !== undefined && random() < probability;

  function settle(): void {
    relayLines.forEach((offset, relay) => {
      const { isDriven, isHigh } = lines[offset]!;
      const isOn = isDriven && isHigh !== activeLow;
      if (energized[relay] === isOn) return;
      energized[relay] = isOn;
      changes.tell(relay, isOn);
    });
  }

  function start(call: GpioCall, events: ToolEvents): RunningTool {
    calls.push([call.tool, ...call.args].join(" "));
    const command = gpioCommand(version, call);
    const one: Started = { command, events, timers: new Set(), held: [] };
    started.add(one);
    const lateMs = faults.delayMsMax === undefined ? 0 : random() * faults.delayMsMax;
    const isHung = isMute;
    if (!isHung) later(one, START_MS + lateMs, () => begin(one));
    return {
      end: () => later(one, 1, () => over(one, { isGood: false, output: "", trouble: "" })),
      kill: () => over(one, { isGood: false, output: "", trouble: "" }),
    };
  }

  function later(one: Started, ms: number, callback: () => void): void {
    if (!started.has(one)) return;
    const cancel = clock.after(ms, () => {
      one.timers.delete(cancel);
      callback();
    });
    one.timers.add(cancel);
  }

  function over(one: Started, end: ToolEnd): void {
    if (!letGo(one)) return;
    one.events.ended(end);
  }

  /** @returns false where it had ended */
  function letGo(one: Started): boolean {
    if (!started.delete(one)) return false;
    for (const cancel of one.timers) cancel();
    for (const offset of one.held) {
      const line = lines[offset]!;
      line.consumer = undefined;
      if (!keepsOutputs) Object.assign(line, { isOutput: false, isDriven: false });
    }
    settle();
    return true;
  }

  const complain = (one: Started, trouble: string): void => over(one, { isGood: false, output: "", trouble: `${one.command.tool}: ${trouble}` });

  function begin(one: Started): void {
    const { command } = one;
    if (!isInstalled) return over(one, { isGood: false, output: "", trouble: `setpriv: failed to execute ${command.tool}: No such file or directory` });
    // The tool that finds it gone hangs.
    if (strikes(faults.disconnect)) {
      cut();
      cancelMending = clock.after(faults.outageMs ?? OUTAGE_MS, mend);
      return;
    }
    if (strikes(faults.drop)) return over(one, { isGood: false, output: "", trouble: "Killed" });
    if (command.mistake !== undefined) return complain(one, command.mistake);
    if (command.tool === "gpiodetect") return over(one, { isGood: true, output: `gpiodetect (libgpiod) v${version}\n`, trouble: "" });
    if (!isThere || command.chip !== CHIP) return complain(one, version === "1.6.3" ? `looking up chip ${command.chip}: No such file or directory` : `cannot find GPIO chip character device '${command.chip}'`); // prettier-ignore
    if (command.tool === "gpioinfo") return over(one, { isGood: true, output: linesText(), trouble: "" });
    request(one);
  }

  function request(one: Started): void {
    const { command, held } = one;
    if (command.offsets.some((offset) => offset >= LINES)) return complain(one, `offset is out of range on chip '${CHIP}'`);
    if (command.offsets.some((offset) => lines[offset]!.consumer !== undefined))
      return complain(one, `unable to request lines on chip '/dev/${CHIP}': Device or resource busy`);
    for (const offset of command.offsets) lines[offset]!.consumer = command.consumer;
    held.push(...command.offsets);
    if (command.tool === "gpioget") {
      const values = command.offsets.map((offset) => (levelOf(offset, command) ? 1 : 0)).join(" ");
      return over(one, { isGood: true, output: `${values}\n`, trouble: "" });
    }
    if (command.tool === "gpioset") drive(one);
  }

  function drive(one: Started): void {
    const { command } = one;
    const put = (isInverted: boolean): void => {
      command.offsets.forEach((offset, place) =>
        Object.assign(lines[offset]!, { isOutput: true, isDriven: true, isHigh: (command.values[place] === 1) !== (command.isActiveLow !== isInverted) }),
      );
      settle();
    };
    put(false);
    if (command.endsAfterMs === undefined) return;
    later(one, command.endsAfterMs, () => {
      // Version 2 drives the other level before it ends; version 1 just ends.
      if (command.toggles) put(true);
      over(one, { isGood: true, output: "", trouble: "" });
    });
  }

  /** What a tool that reads sees: a closed contact pulls the line to ground. */
  function levelOf(offset: number, { isActiveLow }: GpioCommand): boolean {
    const isHigh = closed[inputLines.indexOf(offset)] !== true;
    return isHigh !== isActiveLow;
  }

  function linesText(): string {
    const rows = lines.map(({ consumer, isOutput }, offset) => {
      const direction = isOutput ? "output" : "input";
      if (version === "1.6.3") return `\tline ${String(offset).padStart(3)}: "GPIO${offset}" ${consumer === undefined ? "unused" : `"${consumer}"`} ${direction} active-high ${consumer === undefined ? "" : "[used]"}`; // prettier-ignore
      return `\tline ${String(offset).padStart(3)}:\t"GPIO${offset}"\t${direction}${consumer === undefined ? "" : ` consumer="${consumer}"`}`;
    });
    return `${CHIP} - ${LINES} lines:\n${rows.join("\n")}\n`;
  }

  function cut(): void {
    cancelMending();
    isThere = false;
    for (const one of started) if (one.held.length > 0) complain(one, "error waiting for events: No such device");
  }

  function mend(): void {
    cancelMending();
    isThere = true;
  }

  return {
    tools: { start },
    calls,
    get running() {
      return started.size;
    },
    onRelay: changes.add,
    relay: (relay) => energized[relay] === true,
    setInput(input, isClosed) {
      if (closed[input] === undefined) throw new RangeError(`there is no contact ${input}`);
      if (closed[input] === isClosed) return;
      closed[input] = isClosed;
      for (const one of started) {
        const offset = inputLines[input]!;
        if (one.command.tool !== "gpiomon" || !one.held.includes(offset)) continue;
        const isRising = levelOf(offset, one.command);
        const edge = isRising ? 1 : version === "1.6.3" ? 0 : 2;
        later(one, 0, () => one.events.line?.(one.command.format.replace("%o", String(offset)).replace("%e", String(edge))));
      }
    },
    setMute: (mute) => void (isMute = mute),
    cut,
    mend,
    killDrivers() {
      for (const one of started) if (one.command.tool === "gpioset") over(one, { isGood: false, output: "", trouble: "" });
    },
    dieWithParent() {
      for (const one of started) letGo(one);
    },
    take: (offset, consumer) => void (lines[offset]!.consumer = consumer),
    setInstalled: (there) => void (isInstalled = there),
    setFaults: (next) => void (faults = next),
  };
}
