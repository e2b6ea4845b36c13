import {
  bytesToHex,
  type Clock,
  type Command,
  type CommandRefusal,
  eventOf,
  judgeCommand,
  keysFor,
  type MonotonicMs,
  ok,
  type RandomBytes,
  readCommand,
  type Result,
  type SignedError,
  type TrustList,
  type Verifier,
} from "@portico/card-protocol";
import { isSignedByMachine } from "../core/door-operation.ts";
import type { CommandedDoors } from "../portal/commanded-doors.ts";
import type { Recorder } from "../recorder.ts";
import { commandsOfLog } from "../store/command-log.ts";
import type { ControllerDatabase } from "../store/database.ts";
import { type CommandOutcome, NONCE_LIFE_MS } from "./command-outcome.ts";

export interface CommandTakerOptions {
  readonly site: string;
  readonly controller: string;
  readonly clock: Pick<Clock, "wall" | "monotonic">;
  readonly randomBytes: RandomBytes;
  readonly verifier: Verifier;
  readonly trustList: () => TrustList;
  readonly database: ControllerDatabase;
  readonly recorder: Pick<Recorder, "event" | "command">;
  readonly doors: CommandedDoors;
}

const NONCE_BYTES = 16;

/**
 * Carries out what the cloud commands, each command at most once: its id is durable before anything moves, and one whose id stands in the log is refused, also
 * after a reboot. docs/feed-and-events.md, "Commands".
 */
export class CommandTaker {
  readonly #options: CommandTakerOptions;
  readonly #taken: Set<string>;
  #nonce: { readonly bytes: Uint8Array; readonly at: MonotonicMs } | undefined;

  /** Says of each command that a restart came into that it will never be carried out. */
  constructor(options: CommandTakerOptions) {
    this.#options = options;
    const { taken, open } = commandsOfLog(options.database);
    this.#taken = new Set(taken);
    for (const fields of open)
      options.recorder.event(eventOf("CommandRefused", { ...fields, error: "Interrupted", detail: "the controller was started anew" }));
  }

  /** @returns an error where no key of the trust list has signed it: nothing of it is believed, and nothing was recorded */
  take(record: Uint8Array): Result<CommandOutcome, SignedError> {
    const { site, controller, clock, trustList, verifier } = this.#options;
    const wall = clock.wall();
    const read = readCommand(record, site, keysFor(trustList(), "command", wall), verifier);
    if (!read.ok) return read;
    const command = read.value;
    const nonce = this.#openNonce;
    const judged = judgeCommand(command, controller, wall, nonce);
    if (!judged.ok) return ok(this.#refuse(command, judged.error, judged.detail));
    // Whoever answered the nonce has spent it, whatever comes of the command.
    if (command.nonce !== null) this.#nonce = undefined;
    return ok(this.#carryOut(command));
  }

  #carryOut(command: Command): CommandOutcome {
    const { recorder, doors } = this.#options;
    const { target, verb, by, reason } = command;
    const id = bytesToHex(command.id);
    if (this.#taken.has(id)) return this.#refuse(command, "CommandReplayed", "it was taken before");
    if (isSignedByMachine(command)) return this.#refuse(command, "OperationRefused", "no person signs as schedules and inputs do");
    const act = doors.actOf(target, verb);
    if (act === undefined) return this.#refuse(command, "CommandUnknown", `${verb} at ${target}`);
    const taken = eventOf("CommandTaken", { door: target, command: id, verb, by, reason });
    if (recorder.command(taken) === undefined) {
      // Securing waits for nothing: whoever sends it again secures again.
      if (!act.isSecuring) return this.#refuse(command, "NotRecorded", "nothing was moved");
      recorder.event(taken);
    }
    this.#taken.add(id);
    const acted = act.carryOut({ by, reason });
    if (!acted.ok) return this.#refuse(command, acted.error, acted.detail);
    recorder.event(eventOf("CommandActed", { door: target, command: id }));
    return { id, outcome: "acted" };
  }

  #refuse(command: Command, error: CommandRefusal, detail: string): CommandOutcome {
    const { target, verb, by, reason } = command;
    const id = bytesToHex(command.id);
    this.#options.recorder.event(eventOf("CommandRefused", { door: target, command: id, verb, by, reason, error, detail }));
    return { id, outcome: "refused", error, detail, nonce: error === "ClockUncertain" ? bytesToHex(this.#newNonce()) : null };
  }

  #newNonce(): Uint8Array {
    const { randomBytes, clock } = this.#options;
    const bytes = randomBytes(NONCE_BYTES);
    this.#nonce = { bytes, at: clock.monotonic() };
    return bytes;
  }

  get #openNonce(): Uint8Array | undefined {
    const nonce = this.#nonce;
    return nonce !== undefined && this.#options.clock.monotonic() - nonce.at < NONCE_LIFE_MS ? nonce.bytes : undefined;
  }
}
