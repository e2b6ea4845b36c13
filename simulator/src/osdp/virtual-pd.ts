import type { Clock, RandomBytes } from "@portico/card-protocol";
import type { Wire } from "@portico/firmware-ts";
import {
  COMMAND,
  decodeCommand,
  encodeFrame,
  encodeReply,
  isSame,
  nodeAes128,
  OSDP_BROADCAST,
  OSDP_OFFLINE_MS,
  type OsdpCommand,
  osdpDeframing,
  type OsdpReply,
  type PdIdentity,
  type ReceivedFrame,
} from "@portico/firmware-ts/osdp";
import type { BoardSide } from "../board-side.ts";
import { type ManyOutputs, type PdBody, pdBody } from "./pd-body.ts";
import { pdCapabilities } from "./pd-capabilities.ts";
import { pdChannel, type PdKeys } from "./pd-channel.ts";

export interface VirtualPdOptions {
  /** The device's end of the line. Several PDs may share it. */
  readonly wire: Wire;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** 0..126; default 0. */
  readonly address?: number;
  /** Its own key; absent: it has none. */
  readonly scbk?: Uint8Array;
  /** It takes SCBK-D; default false. */
  readonly installMode?: boolean;
  /** It takes commands in clear; default: where it has no key. */
  readonly takesClear?: boolean;
  /** It says that it has AES-128; default true. */
  readonly hasAes?: boolean;
  /** Default 4. */
  readonly outputs?: number;
  /** Default 4. */
  readonly inputs?: number;
  readonly manyOutputs?: ManyOutputs;
  /** Rows of 16 characters of its display; default 1. */
  readonly textRows?: 0 | 1 | 2 | 4;
  /** How long it thinks before it answers; default 1. */
  readonly answerAfterMs?: number;
  readonly identity?: PdIdentity;
  /** What its answer becomes on its way: the attackers' hand. Default: itself. */
  readonly onAnswer?: (bytes: Uint8Array, asked: ReceivedFrame) => readonly Uint8Array[];
}

/** An OSDP peripheral device that answers real bytes. */
export interface VirtualPd extends BoardSide {
  readonly body: PdBody;
  /** Tells something at one of the next polls: a card, keys, a change of state. In order, each until the panel has shown that it heard it. */
  tell(reply: OsdpReply): void;
  /** A Wiegand card: bits as `0` and `1`. */
  card(bits: string, reader?: number): void;
  /** Text that a reader read, as RAW. */
  text(text: string, reader?: number): void;
  keys(keys: string, reader?: number): void;
  setTamper(tamper: boolean, powerFailure?: boolean): void;
  /** It neither answers nor obeys. */
  setMute(mute: boolean): void;
  /** It obeys, and its answers are lost. */
  setDumb(dumb: boolean): void;
  /** It answers every command but the handshake's that it is busy. */
  setBusy(busy: boolean): void;
  /** Power goes and comes back: outputs drop, the session is gone; what was to be told is kept. */
  powerCycle(): void;
  readonly keysHeld: Readonly<PdKeys>;
  readonly isSecure: boolean;
  /** What is not yet told, or not yet known to have been heard. */
  readonly untold: number;
  /** Commands that it carried out, by kind. */
  readonly done: ReadonlyMap<OsdpCommand["kind"], number>;
  /** What was written into it by file transfer. */
  readonly file: Uint8Array;
  input(input: number): boolean;
  close(): void;
}

const IDENTITY: PdIdentity = { vendor: Uint8Array.of(0x00, 0x0e, 0xe3), model: 1, version: 1, serial: 0x0102_0304, firmware: [2, 2, 0] };
/** Asked in clear of a PD that takes nothing else in clear. */
const ALWAYS_CLEAR: readonly OsdpCommand["kind"][] = ["id", "capabilities", "challenge", "serverCryptogram"];

/** Runs with a simulated clock in tests and with the system's as a process of its own. */
export function virtualPd(options: VirtualPdOptions): VirtualPd {
  const { wire, clock, outputs = 4, inputs = 4, answerAfterMs = 1, identity = IDENTITY, hasAes = true, onAnswer = (bytes) => [bytes] } = options;
  let address = options.address ?? 0;
  const keys: PdKeys = { scbk: options.scbk, installMode: options.installMode ?? false };
  const takesClear = options.takesClear ?? (options.scbk === undefined && !keys.installMode);
  const body = pdBody({ clock, outputs, inputs, manyOutputs: options.manyOutputs ?? "all" });
  const channel = pdChannel(nodeAes128, keys, Uint8Array.of(...identity.vendor, identity.model, identity.version, 1, 2, 3), options.randomBytes);
  const deframing = osdpDeframing();
  const done = new Map<OsdpCommand["kind"], number>();
  let news: OsdpReply[] = [];
  /** Told, but the panel has not yet gone on. */
  let unconfirmed: OsdpReply | undefined;
  let last: { readonly sequence: number; readonly command: Uint8Array; readonly reply: Uint8Array } | undefined;
  let heardAt = Number.NEGATIVE_INFINITY;
  let isMute = false;
  let isDumb = false;
  let isBusy = false;
  let tamper = { tamper: false, powerFailure: false };
  let file: Uint8Array = new Uint8Array();
  const stop = wire.onBytes((bytes) => {
    if (clock.monotonic() - heardAt > GAP_MS) deframing.reset();
    heardAt = clock.monotonic();
    for (const each of deframing.push(bytes))
      if (each.kind === "frame" && each.frame.direction === "command" && (each.frame.address === address || each.frame.address === OSDP_BROADCAST))
        hear(each.frame);
  });
  let answeredAt = Number.NEGATIVE_INFINITY;

  function hear(frame: ReceivedFrame): void {
    if (isMute) return;
    const now = clock.monotonic();
    if (now - answeredAt > OSDP_OFFLINE_MS) forget();
    answeredAt = now;
    if (frame.sequence === 0) forget();
    else if (last !== undefined && frame.sequence === last.sequence && isSame(frame.bytes, last.command)) return answer(last.reply, frame);
    else if (last === undefined || frame.sequence !== (last.sequence % 3) + 1)
      return answer(inClear(frame, { kind: "nak", reason: 4, detail: new Uint8Array() }), frame);
    if (isBusy && (frame.security === undefined) === !channel.isOpen && !ALWAYS_CLEAR.some((kind) => COMMAND[kind] === frame.code))
      return answer(encodeFrame({ ...head(frame), sequence: 0, ...encodeReply({ kind: "busy" }) }), frame);
    const [confirmed, wasSecure] = [unconfirmed, channel.isOpen];
    const reply = replyTo(frame);
    // The panel goes on, and proved that it is the panel: it has heard what was told last.
    if (confirmed !== undefined && unconfirmed === confirmed && wasSecure === channel.isOpen) unconfirmed = undefined;
    last = { sequence: frame.sequence, command: frame.bytes, reply };
    answer(reply, frame);
  }

  /** The panel starts afresh: whether it heard what was told last, nobody knows, so it is told again. */
  function forget(): void {
    last = undefined;
    channel.drop();
    if (unconfirmed !== undefined) news = [unconfirmed, ...news];
    unconfirmed = undefined;
  }

  const head = (frame: ReceivedFrame) => ({ address, direction: "reply", sequence: frame.sequence, check: frame.check }) as const;
  const inClear = (frame: ReceivedFrame, reply: OsdpReply): Uint8Array => encodeFrame({ ...head(frame), ...encodeReply(reply) });
  const refusal = (reason: number): OsdpReply => ({ kind: "nak", reason, detail: new Uint8Array() });

  function replyTo(frame: ReceivedFrame): Uint8Array {
    if (frame.mac !== undefined) {
      const payload = channel.opened(frame);
      if (payload === undefined) {
        channel.drop();
        return inClear(frame, refusal(6));
      }
      const read = decodeCommand(frame.code, payload);
      const reply = read.ok ? carryOut(read.value, true) : refusal(read.error === "Unknown" ? 3 : read.error === "Length" ? 2 : 9);
      return channel.sealed({ ...head(frame), ...encodeReply(reply) });
    }
    const read = decodeCommand(frame.code, frame.payload);
    if (!read.ok) return inClear(frame, refusal(read.error === "Unknown" ? 3 : read.error === "Length" ? 2 : 9));
    const command = read.value;
    if (command.kind === "challenge" || command.kind === "serverCryptogram") {
      if (frame.security === undefined || !hasAes) return inClear(frame, refusal(5));
      const built = command.kind === "challenge" ? channel.challenged(frame, command.random) : channel.proved(command.cryptogram);
      return built === undefined ? inClear(frame, refusal(6)) : encodeFrame({ ...head(frame), ...built });
    }
    if (channel.isOpen) channel.drop();
    if (!takesClear && !ALWAYS_CLEAR.includes(command.kind)) return inClear(frame, refusal(6));
    return inClear(frame, carryOut(command, false));
  }

  function carryOut(command: OsdpCommand, isSecure: boolean): OsdpReply {
    done.set(command.kind, (done.get(command.kind) ?? 0) + 1);
    switch (command.kind) {
      case "poll":
        return poll();
      case "id":
        return { kind: "id", identity };
      case "capabilities":
        return { kind: "capabilities", records: pdCapabilities(outputs, inputs, hasAes, options.textRows ?? 1) };
      case "localStatus":
        return { kind: "localStatus", ...tamper };
      case "inputStatus":
        return body.status("inputStatus");
      case "outputStatus":
        return body.status("outputStatus");
      case "readerStatus":
        return { kind: "readerStatus", states: [0] };
      case "output":
        return body.carryOut(command) ? body.status("outputStatus") : refusal(9);
      case "led":
      case "buzzer":
      case "text":
        body.carryOut(command);
        return { kind: "ack" };
      case "communication":
        clock.after(answerAfterMs + 1, () => void (address = command.address));
        return { kind: "communication", address: command.address, baud: command.baud };
      case "keySet":
        if (!isSecure && !takesClear) return refusal(6);
        keys.scbk = command.key;
        keys.installMode = false;
        return { kind: "ack" };
      case "fileTransfer": {
        const whole = new Uint8Array(command.total);
        whole.set(file.subarray(0, command.offset));
        whole.set(command.fragment, command.offset);
        file = whole;
        return { kind: "fileStatus", action: 0, delayMs: 0, status: command.offset + command.fragment.length >= command.total ? 1 : 0, fragmentMax: 0 };
      }
      case "manufacturer":
        return { kind: "manufacturer", vendor: command.vendor, content: command.content };
      case "receiveSize":
      case "abort":
      case "keepActive":
        return { kind: "ack" };
      case "challenge":
      case "serverCryptogram":
        return refusal(6);
    }
  }

  function poll(): OsdpReply {
    const [next, ...rest] = news;
    if (next === undefined) return { kind: "ack" };
    news = rest;
    unconfirmed = next;
    return next;
  }

  function answer(bytes: Uint8Array, asked: ReceivedFrame): void {
    if (isDumb) return;
    clock.after(answerAfterMs, () => {
      for (const each of onAnswer(bytes, asked)) wire.write(each);
    });
  }

  function tell(reply: OsdpReply): void {
    // A panel that does not come is not kept in mind for ever.
    news = [...news, reply].slice(-NEWS_MAX);
  }

  const raw = (content: Uint8Array, bits: number, reader: number): OsdpReply => ({ kind: "raw", reader, format: 0, bits, content });

  return {
    body,
    onRelay: body.onRelay,
    relay: body.relay,
    input: body.input,
    setInput(input, closed) {
      if (body.setInput(input, closed)) tell(body.status("inputStatus"));
    },
    tell,
    card(bits, reader = 0) {
      const content = Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, index) =>
        Number.parseInt(bits.slice(8 * index, 8 * index + 8).padEnd(8, "0"), 2),
      );
      tell(raw(content, bits.length, reader));
    },
    text(text, reader = 0) {
      const content = Uint8Array.from(text, (character) => character.charCodeAt(0));
      tell(raw(content, content.length * 8, reader));
    },
    keys: (text, reader = 0) => tell({ kind: "keypad", reader, keys: Uint8Array.from(text, (character) => character.charCodeAt(0)) }),
    setTamper(isTampered, powerFailure = false) {
      tamper = { tamper: isTampered, powerFailure };
      tell({ kind: "localStatus", ...tamper });
    },
    setMute: (mute) => void (isMute = mute),
    setDumb: (dumb) => void (isDumb = dumb),
    setBusy: (busy) => void (isBusy = busy),
    powerCycle() {
      forget();
      deframing.reset();
      body.powerOff();
    },
    get keysHeld() {
      return keys;
    },
    get isSecure() {
      return channel.isOpen;
    },
    get untold() {
      return news.length + (unconfirmed === undefined ? 0 : 1);
    },
    done,
    get file() {
      return file;
    },
    close() {
      stop();
      body.powerOff();
    },
  };
}

/** Between two characters of one frame no line of this simulation pauses longer. */
const GAP_MS = 150;
const NEWS_MAX = 64;
