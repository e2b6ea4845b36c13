import type { Clock } from "@portico/card-protocol";
import type { DeviceError, DeviceResult, RelayBoard } from "../device.ts";
import { driverClosing } from "../driver-closing.ts";
import { takeWish } from "../taken-wish.ts";
import type { DoorCommand, IsapiDevice } from "./isapi-device.ts";
import type { WantedRelay } from "../relay-batch.ts";

/** A terminal has no more doors. */
export const ISAPI_DOORS_MAX = 4;
/** The longest hold that is taken; how long a door really stays free is the device's own setting. */
const HOLD_MS_MAX = 255_000;
/** What a device does not take is asserted again so often. */
const AGAIN_MS = 2_000;
const CLOSING_MS_MAX = 3_000;

export interface IsapiDoorBoardOptions {
  readonly id: string;
  readonly device: IsapiDevice;
  /** Relay n is the device's door n + 1. */
  readonly relays: number;
  readonly clock: Pick<Clock, "monotonic" | "after">;
}

interface Wish {
  readonly wanted: WantedRelay;
  readonly since: number;
  phase: "wished" | "asked" | "obeyed";
  settle: ((result: DeviceResult) => void) | undefined;
}

/**
 * The doors of a device of the network as relays. A pulse opens the door once, for as long as the device itself has it: the end is the device's, also when we
 * are dead. Switched on it is held open, off is the device's own rule again. One question a door is under way at a time; the newest wish is next.
 */
export function isapiDoorBoard({ id, device, relays, clock }: IsapiDoorBoardOptions): RelayBoard {
  const wishes: Wish[] = Array.from({ length: relays }, () => ({ wanted: { kind: "off" }, since: 0, phase: "wished", settle: undefined }));
  const isAsking = wishes.map(() => false);
  let cancelAgain = (): void => {};
  const closing = driverClosing({
    clock,
    withinMs: CLOSING_MS_MAX,
    askOff() {
      wishes.forEach(({ wanted, phase }, relay) => (wanted.kind === "on" || phase !== "obeyed") && put(relay, { kind: "off" }));
      if (device.health.kind === "offline" || isQuiet()) closing.finish();
      else next();
    },
    letGo() {
      cancelAgain();
      stop();
    },
  });
  const stop = device.onHealth((health) => {
    if (health.kind === "online") return next();
    for (const [relay, { wanted }] of wishes.entries()) fail(relay, health.error, health.detail, wanted);
    closing.finish();
  });
  if (device.health.kind === "online") next();

  const isQuiet = (): boolean => wishes.every(({ phase }) => phase === "obeyed");

  function put(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): void {
    const older = wishes[relay]!;
    wishes[relay] = { wanted, since: clock.monotonic(), phase: "wished", settle };
    tell(older, { ok: false, error: "Superseded", detail: `${id} relay ${relay}: a newer wish replaced this one` });
  }

  /** What was wished for good is wished again; a pulse is forgotten, and its door is the device's own again. */
  function fail(relay: number, error: DeviceError, why: string, wanted: WantedRelay): void {
    const older = wishes[relay]!;
    if (older.phase === "obeyed" && wanted.kind === "pulse") return;
    wishes[relay] = { wanted: wanted.kind === "on" ? wanted : { kind: "off" }, since: clock.monotonic(), phase: "wished", settle: undefined };
    tell(older, { ok: false, error, detail: `${id} relay ${relay}: ${why}` });
  }

  function next(): void {
    if (closing.isOver || device.health.kind === "offline") return;
    wishes.forEach((wish, relay) => {
      if (wish.phase !== "wished" || isAsking[relay]!) return;
      if (wish.wanted.kind === "pulse" && clock.monotonic() - wish.since > wish.wanted.holdMs)
        return fail(relay, "TimedOut", "the hold was over before the door was asked", wish.wanted);
      isAsking[relay] = true;
      wish.phase = "asked";
      void device.commandDoor(relay + 1, COMMAND[wish.wanted.kind]).then((result) => settled(relay, wish, result));
    });
    if (closing.isBegun && isQuiet()) closing.finish();
  }

  function settled(relay: number, wish: Wish, result: DeviceResult): void {
    isAsking[relay] = false;
    if (closing.isOver) return;
    if (wishes[relay] === wish) {
      if (result.ok) {
        wish.phase = "obeyed";
        tell(wish, result);
      } else {
        fail(relay, result.error, result.detail, wish.wanted);
        cancelAgain();
        cancelAgain = clock.after(AGAIN_MS, next);
        return;
      }
    }
    next();
  }

  const wish = (relay: number, wanted: WantedRelay): Promise<DeviceResult> =>
    takeWish(
      {
        id,
        relays,
        holdMsMax: HOLD_MS_MAX,
        isClosing: () => closing.isBegun,
        unheard: () => (device.health.kind === "offline" ? device.health : undefined),
        put,
        next,
      },
      relay,
      wanted,
    );

  return {
    id,
    relays,
    inputs: 0,
    timesPulse: true,
    get health() {
      return device.health;
    },
    onHealth: (listener) => device.onHealth((health) => void (closing.isOver || listener(health))),
    pulse: (relay, holdMs) => wish(relay, { kind: "pulse", holdMs }),
    set: (relay, energized) => wish(relay, { kind: energized ? "on" : "off" }),
    input: () => undefined,
    onInput: () => () => {},
    close: () => closing.begin(),
  };
}

const COMMAND: Readonly<Record<WantedRelay["kind"], DoorCommand>> = { pulse: "open", on: "alwaysOpen", off: "close" };

/** Tells the one who waits, once. */
function tell(one: Wish, result: DeviceResult): void {
  const { settle } = one;
  one.settle = undefined;
  settle?.(result);
}
