import type { Clock } from "@portico/card-protocol";
import { listeners } from "@portico/firmware-ts";
import {
  type BoardTime,
  type DatagramEnd,
  decodeRequest,
  type DoorControl,
  encodeReply,
  type Ipv4,
  LAST_EVENT,
  type UhppoteEvent,
  type UhppoteReply,
  type UhppoteRequest,
  type UhppoteStatus,
} from "@portico/firmware-ts/uhppote";
import { boardClock } from "./board-clock.ts";
import type { BoardSide } from "./board-side.ts";

export interface VirtualUhppoteOptions {
  /** The board's end of the network. */
  readonly end: DatagramEnd;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly serial: number;
  /** Events that it keeps; default 2,048. */
  readonly eventsMax?: number;
}

/** A UHPPOTE UT0311-L04 that answers real bytes, with four doors, contacts, buttons, and two readers a door. */
export interface VirtualUhppote extends BoardSide {
  /** Somebody holds a card of 26 bits to a reader: 0..3 of door 1 to 4 on the way in, 4..7 on the way out. */
  swipe(reader: number, card: number): void;
  /** Somebody presses the exit button of a door, 1..4, and lets go of it. */
  press(door: number): void;
  /** True: it neither answers nor obeys. */
  setMute(mute: boolean): void;
  /** Obeys, but its answers are lost. */
  setDumb(dumb: boolean): void;
  /** A relay's contacts are welded: it stays energised, and says so. */
  weld(relay: number): void;
  /** Its power goes and comes back: relays drop, and how doors were set is forgotten. */
  powerCycle(): void;
  /** The log is erased, and begins anew. */
  eraseEvents(): void;
  readonly control: readonly DoorControl[];
  /** Cards of its own. */
  readonly cards: ReadonlyMap<number, number>;
  /** The row that whoever reads its log came to. */
  readonly index: number;
  /** Questions that it understood, and carried out. */
  readonly requests: number;
  readonly time: BoardTime;
  close(): void;
}

const DOORS = 4;
const DELAY_S = 3;
const BOOT_MS = 300;
const HOST_MS_MAX = 30_000;
const EVENTS_MAX = 2_048;
const VERSION = "8.92";

const SWIPE = 1;
const DOOR = 2;
const [GRANTED, LEFT_TO_HOST, NO_RIGHT, BUTTON, OPENED, CLOSED, POWER_ON, BUTTON_LOCKED, REMOTE] = [1, 5, 6, 20, 23, 24, 28, 31, 44];

/** Runs with a simulated clock in tests and with the system's behind a real port. */
export function virtualUhppote({ end, clock, serial, eventsMax = EVENTS_MAX }: VirtualUhppoteOptions): VirtualUhppote {
  const changes = listeners<[number, boolean]>();
  const time = boardClock(clock);
  const control: DoorControl[] = Array.from({ length: DOORS }, () => "controlled");
  const delays = Array.from({ length: DOORS }, () => DELAY_S);
  const energized = Array.from({ length: DOORS }, () => false);
  const opening = new Map<number, () => void>();
  const contacts = Array.from({ length: 10 }, (_, input) => input === 9);
  const welded = new Set<number>();
  const cards = new Map<number, number>();
  let log: UhppoteEvent[] = [];
  let written = 0;
  let index = 0;
  let listener: { readonly address: Ipv4; readonly port: number } = { address: [0, 0, 0, 0], port: 0 };
  let isHostControlled = false;
  let heardAt = Number.NEGATIVE_INFINITY;
  let recordsDoors = false;
  let isMute = false;
  let isDumb = false;
  let isBooting = false;
  let requests = 0;
  let isClosed = false;

  const stop = end.onAsked((bytes, answer) => {
    const asked = decodeRequest(bytes);
    if (asked === undefined || isMute || isBooting) return;
    if (asked.serial !== serial && !(asked.serial === 0 && asked.request.kind === "device")) return;
    requests++;
    heardAt = clock.monotonic();
    const reply = encodeReply(serial, obey(asked.request));
    if (!isDumb) answer(reply);
  });

  function obey(request: UhppoteRequest): UhppoteReply {
    switch (request.kind) {
      case "status":
        return status();
      case "device":
        return {
          kind: "device",
          address: [127, 0, 0, 1],
          netmask: [255, 0, 0, 0],
          gateway: [0, 0, 0, 0],
          mac: [0, 0x66, 0x19, 0x39, 0x55, 0x2d],
          version: VERSION,
        };
      case "open":
        return { kind: "open", isDone: openFromNetwork(request.door) };
      case "setDoor":
        set(request.door - 1, request.control, request.delayS);
        return request;
      case "door":
        return { kind: "door", door: request.door, control: control[request.door - 1]!, delayS: delays[request.door - 1]! };
      case "setTime":
        time.set(request.time);
        return request;
      case "time":
        return { kind: "time", time: time.now() };
      case "cards":
        return { kind: "cards", count: cards.size };
      case "putCard":
        cards.set(request.card, request.doors);
        return { kind: "putCard", isDone: true };
      case "deleteCards":
        cards.clear();
        return { kind: "deleteCards", isDone: true };
      case "setListener":
        listener = { address: request.address, port: request.port };
        return { kind: "setListener", isDone: true };
      case "listener":
        return { kind: "listener", ...listener };
      case "setHostControl":
        isHostControlled = request.isOn;
        return { kind: "setHostControl", isDone: true };
      case "recordDoors":
        recordsDoors = request.isOn;
        return { kind: "recordDoors", isDone: true };
      case "event":
        return { kind: "event", event: eventAt(request.index) };
      case "eventIndex":
        return { kind: "eventIndex", index };
      case "setEventIndex":
        index = request.index;
        return { kind: "setEventIndex", isDone: true };
    }
  }

  function eventAt(asked: number): UhppoteEvent | "none" | "overwritten" {
    if (asked === 0) return log[0] ?? "none";
    if (asked === LAST_EVENT) return log.at(-1) ?? "none";
    const found = log.find((event) => event.index === asked);
    return found ?? (asked < (log[0]?.index ?? 0) ? "overwritten" : "none");
  }

  function status(): UhppoteStatus {
    const isEnergized = energized.slice();
    return {
      kind: "status",
      event: log.at(-1),
      isOpen: contacts.slice(0, 4).map((closed) => !closed),
      isPressed: contacts.slice(4, 8),
      isEnergized,
      isForceLocked: contacts[8]!,
      isFire: !contacts[9]!,
      fault: 0,
      time: time.now(),
    };
  }

  function write(event: Omit<UhppoteEvent, "index" | "time">): void {
    log = [...log, { ...event, index: ++written, time: time.now() }].slice(-eventsMax);
    if (listener.port !== 0 && !isMute && !isBooting) end.push(encodeReply(serial, status()), listener.address, listener.port);
  }

  const note = (door: number, reason: number): void => {
    if (recordsDoors) write({ type: DOOR, isGranted: true, door, direction: 1, card: 0, reason });
  };

  function openFromNetwork(door: number): boolean {
    if (control[door - 1] === "normally-closed") return false;
    open(door - 1);
    note(door, REMOTE);
    return true;
  }

  function open(relay: number): void {
    opening.get(relay)?.();
    opening.set(
      relay,
      clock.after(delays[relay]! * 1000, () => {
        opening.delete(relay);
        settle(relay);
      }),
    );
    settle(relay);
  }

  function set(relay: number, wanted: DoorControl, delayS: number): void {
    if (wanted !== "controlled") {
      opening.get(relay)?.();
      opening.delete(relay);
    }
    control[relay] = wanted;
    delays[relay] = delayS;
    settle(relay);
  }

  function settle(relay: number): void {
    const isOn = !isClosed && (welded.has(relay) || control[relay] === "normally-open" || opening.has(relay) || !contacts[9]!);
    if (energized[relay] === isOn) return;
    energized[relay] = isOn;
    changes.tell(relay, isOn);
  }

  function press(door: number): void {
    if (isBooting) return;
    if (control[door - 1] === "normally-closed") return note(door, BUTTON_LOCKED);
    open(door - 1);
    note(door, BUTTON);
  }

  return {
    onRelay: changes.add,
    relay: (relay) => energized[relay] === true,
    setInput(input, closed) {
      if (contacts[input] === undefined) throw new RangeError(`the board has no input ${input}`);
      if (contacts[input] === closed) return;
      contacts[input] = closed;
      if (input < 4) note(input + 1, closed ? CLOSED : OPENED);
      else if (input < 8 && closed) press(input - 3);
      else energized.forEach((_, relay) => settle(relay));
    },
    swipe(reader, card) {
      if (isBooting) return;
      const relay = reader % DOORS;
      const isLeft = isHostControlled && clock.monotonic() - heardAt < HOST_MS_MAX;
      const isGranted = !isLeft && (((cards.get(card) ?? 0) >> relay) & 1) === 1;
      if (isGranted) open(relay);
      const reason = isGranted ? GRANTED : isLeft ? LEFT_TO_HOST : NO_RIGHT;
      write({ type: SWIPE, isGranted, door: relay + 1, direction: reader < DOORS ? 1 : 2, card, reason });
    },
    press,
    weld(relay) {
      welded.add(relay);
      settle(relay);
    },
    setMute: (mute) => void (isMute = mute),
    setDumb: (dumb) => void (isDumb = dumb),
    powerCycle() {
      isBooting = true;
      isHostControlled = recordsDoors = false;
      for (let relay = 0; relay < DOORS; relay++) set(relay, "normally-closed", DELAY_S);
      clock.after(BOOT_MS, () => {
        isBooting = false;
        if (isClosed) return;
        for (let relay = 0; relay < DOORS; relay++) set(relay, "controlled", DELAY_S);
        write({ type: DOOR, isGranted: true, door: 1, direction: 1, card: 0, reason: POWER_ON });
      });
    },
    eraseEvents() {
      log = [];
      written = 0;
      index = 0;
    },
    control,
    cards,
    get index() {
      return index;
    },
    get requests() {
      return requests;
    },
    get time() {
      return time.now();
    },
    close() {
      isClosed = true;
      stop();
      for (const cancel of opening.values()) cancel();
      opening.clear();
    },
  };
}
