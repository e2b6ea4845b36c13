import type { Clock } from "@portico/card-protocol";
import { listeners } from "@portico/firmware-ts";
import type { LedRecord, OsdpCommand, OsdpReply, OutputControl } from "@portico/firmware-ts/osdp";

/** What a PD switches, shows and senses. */
export interface PdBody {
  readonly relay: (output: number) => boolean;
  readonly onRelay: (listener: (output: number, energized: boolean) => void) => () => void;
  readonly input: (input: number) => boolean;
  /** @returns true where that changed it */
  setInput(input: number, closed: boolean): boolean;
  /** Does what a command asks of outputs, lights, buzzer and display. True: done; false: it has no such output, or does not take so many at once. */
  carryOut(command: OsdpCommand): boolean;
  status(kind: "inputStatus" | "outputStatus"): OsdpReply;
  /** What lights, buzzer and display were told last. */
  readonly shown: { readonly led?: LedRecord; readonly buzzer?: { readonly on: number; readonly off: number; readonly count: number }; readonly text?: string };
  /** What was written for good, by row from 0. */
  readonly rows: readonly string[];
  /** Every LED and buzzer command so far, for whoever counts. */
  readonly told: readonly OsdpCommand[];
  powerOff(): void;
}

const UNIT_MS = 100;

/** What a PD does with several records in one OUT. */
export type ManyOutputs = "all" | "refuses" | "first alone";

export interface PdBodyOptions {
  readonly clock: Clock;
  readonly outputs: number;
  readonly inputs: number;
  readonly manyOutputs: ManyOutputs;
}

/** All off, all contacts open. */
export function pdBody({ clock, outputs, inputs, manyOutputs }: PdBodyOptions): PdBody {
  const changes = listeners<[number, boolean]>();
  const energized = Array.from({ length: outputs }, () => false);
  const permanent = Array.from({ length: outputs }, () => false);
  const contacts = Array.from({ length: inputs }, () => false);
  const timers = new Map<number, () => void>();
  const told: OsdpCommand[] = [];
  let rows: string[] = [];
  let shown: { led?: LedRecord; buzzer?: { on: number; off: number; count: number }; text?: string } = {};

  function put(output: number, on: boolean): void {
    if (energized[output] === on) return;
    energized[output] = on;
    changes.tell(output, on);
  }

  function endTimer(output: number): void {
    timers.get(output)?.();
    timers.delete(output);
  }

  /** Source: SIA OSDP 2.2 §6.10, control codes 0 to 6. */
  function control(output: number, code: OutputControl, timer: number): void {
    if (code === "nothing") return;
    if (code === "timed-on" || code === "timed-off") {
      endTimer(output);
      put(output, code === "timed-on");
      // A timer of 0 is for ever.
      if (timer === 0) return;
      timers.set(
        output,
        clock.after(timer * UNIT_MS, () => {
          timers.delete(output);
          put(output, permanent[output]!);
        }),
      );
      return;
    }
    permanent[output] = code === "on" || code === "on-after-timed";
    if ((code === "off-after-timed" || code === "on-after-timed") && timers.has(output)) return;
    endTimer(output);
    put(output, permanent[output]);
  }

  return {
    relay: (output) => energized[output] === true,
    onRelay: changes.add,
    input: (input) => contacts[input] === true,
    setInput(input, closed) {
      if (input < 0 || input >= inputs) throw new RangeError(`the PD has no input ${input}`);
      const isChanged = contacts[input] !== closed;
      contacts[input] = closed;
      return isChanged;
    },
    carryOut(command) {
      if (command.kind === "output") {
        if (command.records.some(({ output }) => output >= outputs) || (manyOutputs === "refuses" && command.records.length > 1)) return false;
        for (const { output, control: code, timer } of manyOutputs === "all" ? command.records : command.records.slice(0, 1)) control(output, code, timer);
      }
      if (command.kind === "led") shown = { ...shown, led: command.records.at(-1)! };
      if (command.kind === "buzzer") shown = { ...shown, buzzer: { on: command.on, off: command.off, count: command.count } };
      if (command.kind === "text") {
        shown = { ...shown, text: command.text };
        if (command.mode.startsWith("permanent")) rows[command.row - 1] = command.text.trimEnd();
      }
      if (command.kind === "led" || command.kind === "buzzer" || command.kind === "text") told.push(command);
      return true;
    },
    status: (kind) => (kind === "inputStatus" ? { kind, states: contacts.map(Number) } : { kind, active: energized.slice() }),
    get shown() {
      return shown;
    },
    told,
    get rows() {
      return Array.from(rows, (row) => row ?? "");
    },
    powerOff() {
      for (let output = 0; output < outputs; output++) {
        endTimer(output);
        permanent[output] = false;
        put(output, false);
      }
      shown = {};
      rows = [];
    },
  };
}
