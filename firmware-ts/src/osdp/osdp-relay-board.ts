import type { MonotonicMs } from "@portico/card-protocol";
import type { OsdpCommand } from "../core/osdp/command.ts";
import { nakText, type OsdpReply } from "../core/osdp/reply.ts";
import type { DeviceHealth, DeviceResult, RelayBoard } from "../device.ts";
import { listeners } from "../listeners.ts";
import { OUTPUT_HOLD_MS_MAX, outputWishes } from "./output-wishes.ts";
import type { OsdpOrder, OsdpPd } from "./pd.ts";
import { driverClosing } from "../driver-closing.ts";
import { takeWish } from "../taken-wish.ts";
import type { WantedRelay } from "../relay-batch.ts";

export interface OsdpRelayBoardOptions {
  readonly id: string;
  readonly pd: OsdpPd;
  /** Outputs of the PD that are used, 1..64. */
  readonly relays: number;
  /** Inputs of the PD that are used, 0..64. */
  readonly inputs: number;
}

type Question = "outputStatus" | "inputStatus";

/** How often outputs and inputs are read: changes of inputs come with a poll before that, from PDs that tell them. */
const READ_MS: Readonly<Record<Question, number>> = { outputStatus: 1_000, inputStatus: 300 };
/** How long a closing driver asks for every output off. */
const CLOSING_MS_MAX = 1_500;

/**
 * The outputs and inputs of an OSDP PD as a relay board.
 *
 * A pulse is a timed operation of the PD itself (OUT, control code 5), so it ends when the panel is dead. What was never wished is off; outputs are read back
 * at every session and once a second, and what differs from its wish is asserted again, without end; an acknowledged pulse never is. While the PD is off line
 * or its session is refused a wish is told at once: a pulse is forgotten, a set stays wished.
 */
export function osdpRelayBoard({ id, pd, relays, inputs }: OsdpRelayBoardOptions): RelayBoard {
  const { clock, wire } = pd.bus;
  if (!(relays >= 1 && relays <= 64 && inputs >= 0 && inputs <= 64)) throw new RangeError(`${id}: 1..64 relays and 0..64 inputs`);
  const wishes = outputWishes({ id, outputs: relays, clock });
  const healths = listeners<[DeviceHealth]>();
  const changes = listeners<[number, boolean]>();
  let contacts: readonly boolean[] = [];
  const readAt: Record<Question, number> = { outputStatus: 0, inputStatus: 0 };
  /** What the PD cannot do though it was configured to. */
  let lack: string | undefined;
  const closing = driverClosing({
    clock,
    withinMs: CLOSING_MS_MAX,
    askOff() {
      wishes.allOff();
      if (pd.health.kind === "offline") closing.finish();
      else pd.wake();
    },
    letGo() {
      for (const stop of stops) stop();
    },
  });
  let told: DeviceHealth["kind"] = pd.health.kind;

  const leave = pd.join({
    next(now) {
      const order = wishes.next(now);
      if (order !== undefined) return withEnd(order);
      if (closing.isBegun) return undefined;
      if (readAt.outputStatus <= now) return question("outputStatus", now);
      return inputs > 0 && readAt.inputStatus <= now ? question("inputStatus", now) : undefined;
    },
    dueAt: (now) => Math.min(wishes.dueAt(now), !closing.isBegun ? Math.min(readAt.outputStatus, inputs > 0 ? readAt.inputStatus : Infinity) : Infinity),
  });
  const stops = [
    leave,
    pd.onReply((reply) => note(reply)),
    // Whatever was set may be gone.
    pd.onOpened(() => void (readAt.outputStatus = readAt.inputStatus = 0)),
    pd.onHealth(() => judge()),
  ];

  function withEnd(order: OsdpOrder): OsdpOrder {
    return {
      ...order,
      settled(outcome, at) {
        order.settled(outcome, at);
        if (outcome.kind === "replied") note(outcome.reply);
        if (closing.isBegun && wishes.isQuiet) closing.finish();
      },
    };
  }

  function question(kind: Question, now: MonotonicMs): OsdpOrder {
    readAt[kind] = now + READ_MS[kind];
    const command: OsdpCommand = { kind };
    return {
      command,
      settled(outcome) {
        if (outcome.kind !== "replied") return;
        if (outcome.reply.kind === "nak") lack = `${kind === "outputStatus" ? "outputs" : "inputs"} cannot be read: ${nakText(outcome.reply.reason)}`;
        note(outcome.reply);
      },
    };
  }

  function note(reply: OsdpReply): void {
    if (closing.isOver) return;
    if (reply.kind === "outputStatus") {
      lack = reply.active.length < relays ? `it has ${reply.active.length} outputs, not ${relays}` : undefined;
      wishes.compare(reply.active, clock.monotonic());
    } else if (reply.kind === "inputStatus") {
      if (reply.states.length < inputs) lack = `it has ${reply.states.length} inputs, not ${inputs}`;
      if (pd.health.kind === "online") noteContacts(reply.states.slice(0, inputs).map((state) => state === 1));
    }
    judge();
  }

  function noteContacts(now: readonly boolean[]): void {
    const before = contacts;
    contacts = now;
    contacts.forEach((closed, input) => closed !== before[input] && changes.tell(input, closed));
  }

  function health(): DeviceHealth {
    const { health: own } = pd;
    if (own.kind === "offline" || lack === undefined) return own;
    return { kind: "offline", error: "BadReply", detail: lack, since: clock.monotonic() };
  }

  function judge(): void {
    const now = health();
    if (now.kind === "offline") {
      contacts = [];
      if (lack === undefined || pd.health.kind === "offline") wishes.fail(now.error, now.detail);
      if (wire.state === "closed" || pd.health.kind === "offline") closing.finish();
    }
    if (now.kind === told || closing.isOver) return;
    told = now.kind;
    healths.tell(now);
  }

  const wish = (relay: number, wanted: WantedRelay): Promise<DeviceResult> =>
    takeWish(
      {
        id,
        relays,
        holdMsMax: OUTPUT_HOLD_MS_MAX,
        isClosing: () => closing.isBegun,
        unheard: () => (pd.health.kind === "offline" ? pd.health : undefined),
        put: (relay, wanted, settle) => wishes.wish(relay, wanted.kind === "pulse" ? { holdMs: wanted.holdMs } : wanted.kind, settle),
        next: () => pd.wake(),
      },
      relay,
      wanted,
    );

  return {
    id,
    relays,
    inputs,
    timesPulse: true,
    get health() {
      return health();
    },
    onHealth: healths.add,
    pulse: (relay, holdMs) => wish(relay, { kind: "pulse", holdMs }),
    set: (relay, energized) => wish(relay, { kind: energized ? "on" : "off" }),
    isStuck: (relay) => wishes.isStuck(relay),
    input: (input) => contacts[input],
    onInput: changes.add,
    close: () => closing.begin(),
  };
}
