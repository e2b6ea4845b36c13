import type { MonotonicMs } from "@portico/card-protocol";
import type { OsdpCommand } from "../core/osdp/command.ts";
import {
  begunExchange,
  type Exchange,
  type ExchangeTurn,
  heardExchange,
  isAlive,
  NEW_EXCHANGE,
  resentExchange,
  restartedExchange,
  unansweredExchange,
} from "../core/osdp/exchange.ts";
import type { ReceivedFrame, SecurityBlock } from "../core/osdp/frame.ts";
import type { OsdpReply } from "../core/osdp/reply.ts";
import {
  type HandshakeStep,
  heardSession,
  isOpen,
  NEW_SESSION,
  nextHandshake,
  sealed,
  type Session,
  type SessionPolicy,
  type SessionRefusal,
} from "../core/osdp/session.ts";
import { listeners } from "../listeners.ts";
import type { OsdpUrgency } from "./osdp-bus.ts";
import { pdCounts } from "./pd-counts.ts";
import { pdHealth } from "./pd-health.ts";
import { COMMAND_PATIENCE_MS, POLL_MS, PROBE_MS, REFUSED_WAIT_MS } from "./pd-times.ts";
import { toldAgain } from "./told-again.ts";
import { type OsdpOrder, type OsdpPd, type OsdpPdOptions, type OsdpSource, type PdSecurityEvent, policyOf } from "./pd.ts";

/** Refusals that another attempt at once may mend. */
const TRANSIENT: readonly SessionRefusal[] = ["SessionLost", "MacWrong", "ClearTextReply", "ReplyMalformed"];

/** One PD. Cards come in the order that the PD tells them, each once: what was told again behind a lost session is known again. */
export function osdpPd(options: OsdpPdOptions): OsdpPd {
  const { id, bus, address, aes, randomBytes, pollMs = POLL_MS } = options;
  const { clock, wire } = bus;
  if (!(Number.isInteger(address) && address >= 0 && address <= 126)) throw new RangeError(`${id}: OSDP address ${address} is not in 0..126`);
  const replies = listeners<[OsdpReply, MonotonicMs]>();
  const openings = listeners<[]>();
  const securities = listeners<[PdSecurityEvent]>();
  const counts = pdCounts();
  let security = options.security;
  let isWithheld = false;
  let key = 0;
  let exchange: Exchange = NEW_EXCHANGE;
  let session: Session = NEW_SESSION;
  let sources: readonly OsdpSource[] = [];
  /** What is outstanding. */
  let asked: { readonly urgency: OsdpUrgency; readonly order?: OsdpOrder } = { urgency: "probe" };
  let step: HandshakeStep | undefined;
  let wantedAt: { poll: number; handshake: number } = { poll: 0, handshake: 0 };
  const again = toldAgain();
  let told: string | undefined;
  /** Something was heard in this session: until then an open one says nothing about the line. */
  let isProven = false;
  const health = pdHealth({
    clock,
    wire,
    address,
    isOpen: () => isProven && isOpen(session),
    isAlive: (now) => isAlive(exchange, now),
    isWithheld: () => isWithheld,
  });

  const policy = (): SessionPolicy | undefined => policyOf(security, key);

  function orderOf(now: MonotonicMs): OsdpOrder | undefined {
    for (const source of sources) {
      const order = source.next(now);
      if (order !== undefined) {
        // Sources take turns.
        sources = [...sources.filter((other) => other !== source), source];
        return order;
      }
    }
    return undefined;
  }

  function offer(now: MonotonicMs): { readonly urgency: OsdpUrgency; readonly dueAt: number } | undefined {
    const { outstanding } = exchange;
    if (outstanding !== undefined)
      return !outstanding.isAwaiting && outstanding.dueAt <= now ? { urgency: asked.urgency, dueAt: outstanding.dueAt } : undefined;
    if (step !== undefined) return { urgency: "command", dueAt: wantedAt.handshake };
    if (!isOpen(session)) {
      if (wantedAt.handshake > now || policy() === undefined) return undefined;
      // A handshake that has begun goes through: nobody who is not there comes between.
      return { urgency: isAlive(exchange, now) ? "command" : "probe", dueAt: wantedAt.handshake };
    }
    if (sources.some((source) => source.dueAt(now) <= now)) return { urgency: "command", dueAt: now };
    return wantedAt.poll <= now ? { urgency: "poll", dueAt: wantedAt.poll } : undefined;
  }

  function take(now: MonotonicMs): Uint8Array {
    const { outstanding } = exchange;
    if (outstanding !== undefined) {
      counts.count("repeats");
      exchange = resentExchange(exchange);
      return outstanding.bytes;
    }
    if (!isOpen(session)) return begin(now, handshake(), isAlive(exchange, now) ? "command" : "probe", COMMAND_PATIENCE_MS);
    const order = orderOf(now);
    if (order !== undefined) {
      counts.count("commands");
      const bytes = begin(now, order, "command", COMMAND_PATIENCE_MS, order);
      order.sent?.(bytes, now);
      return bytes;
    }
    counts.polled(now);
    wantedAt.poll = now + pollMs;
    // What a poll brings is gone for good when the sequence starts afresh: it is asked for until the PD is off line.
    return begin(now, { command: { kind: "poll" } }, "poll", Infinity);
  }

  function handshake(): HandshakeStep {
    const next = step ?? nextHandshake(session, policy()!, randomBytes(8))!;
    step = undefined;
    session = next.session;
    return next;
  }

  function begin(
    now: MonotonicMs,
    { command, security: block }: { readonly command: OsdpCommand; readonly security?: SecurityBlock },
    urgency: OsdpUrgency,
    patienceMs: number,
    order?: OsdpOrder,
  ): Uint8Array {
    const { bytes, session: after } = sealed(aes, session, address, exchange.sequence, command, block);
    session = after;
    asked = { urgency, ...(order === undefined ? {} : { order }) };
    exchange = begunExchange(exchange, bytes, patienceMs, now);
    return bytes;
  }

  function heard(frame: ReceivedFrame, now: MonotonicMs): boolean {
    const { exchange: after, turn } = heardExchange(exchange, frame, now);
    if (turn === "stray") return false;
    exchange = after;
    if (turn !== "answered") {
      concludeTurn(turn, now);
      return true;
    }
    counts.count("answers");
    const { order } = asked;
    const judged = heardSession(aes, session, policy()!, frame);
    const wasOpen = isOpen(session);
    session = judged.session;
    step = judged.step;
    wantedAt.handshake = now;
    if (judged.refusal !== undefined) refuse(judged.refusal.reason, judged.refusal.detail, now);
    if (isOpen(session) && !wasOpen) wantedAt.poll = now;
    if (wasOpen && judged.reply !== undefined && !isProven) proved();
    if (wasOpen && order !== undefined) order.settled(judged.reply === undefined ? { kind: "silent" } : { kind: "replied", reply: judged.reply }, now);
    else if (wasOpen && judged.reply !== undefined) tell(judged.reply, now);
    health.judge();
    return true;
  }

  /** An answer to a poll. */
  function tell(reply: OsdpReply, now: MonotonicMs): void {
    const isNews = reply.kind !== "ack" && reply.kind !== "nak";
    // More may wait behind it.
    if (isNews) wantedAt.poll = now;
    if (again.isNew(isNews ? reply : undefined) && !isWithheld) replies.tell(reply, now);
  }

  function proved(): void {
    isProven = true;
    counts.count("sessions");
    told = undefined;
    health.opened();
    securities.tell({ kind: "opened", policy: security.kind, key });
    openings.tell();
  }

  function refuse(reason: SessionRefusal, detail: string, now: MonotonicMs): void {
    counts.count("refusals");
    if (!isOpen(session)) {
      const isTransient = TRANSIENT.includes(reason) && isProven;
      lost();
      if (security.kind === "secure" && (reason === "KeyWrong" || reason === "KeyNotAccepted")) key = (key + 1) % Math.max(1, security.scbks.length);
      // The first key of several is no refusal yet: the next one is tried at once.
      if (key !== 0 && !isTransient) return;
      wantedAt.handshake = now + (isTransient ? 0 : REFUSED_WAIT_MS);
      health.refused(reason, detail, !isTransient);
    }
    if (told === reason) return;
    told = reason;
    securities.tell({ kind: "refused", reason, detail });
  }

  /** The session is over: the next frame has sequence 0. */
  function lost(): void {
    exchange = restartedExchange(exchange);
    session = { kind: "lost", portrait: session.portrait };
    step = undefined;
    isProven = false;
    again.restarted();
    health.lost();
  }

  function concludeTurn(turn: ExchangeTurn, now: MonotonicMs): void {
    if (turn === "again") return;
    const { order } = asked;
    const isProbe = asked.urgency === "probe";
    asked = { urgency: "probe" };
    lost();
    wantedAt.handshake = turn === "offline" && isProbe ? now + PROBE_MS - 200 : now;
    order?.settled({ kind: "silent" }, now);
    health.judge();
  }

  function wireChanged(now: MonotonicMs): void {
    const { order } = asked;
    asked = { urgency: "probe" };
    exchange = NEW_EXCHANGE;
    lost();
    wantedAt = { poll: now, handshake: now };
    if (wire.state === "closed") order?.settled({ kind: "disconnected", trouble: wire.trouble }, now);
    health.judge();
  }

  if (policy() === undefined) health.refused("KeyMissing", "no key was made for it", true);
  const leaveBus = bus.join({
    address,
    offer,
    take,
    heard,
    silent(now) {
      counts.count("silences");
      const { exchange: after, turn } = unansweredExchange(exchange, now);
      exchange = after;
      concludeTurn(turn, now);
    },
    wireChanged,
    dueAt(now) {
      const { outstanding } = exchange;
      if (outstanding !== undefined) return outstanding.dueAt;
      if (step !== undefined) return now;
      if (!isOpen(session)) return policy() === undefined ? Infinity : wantedAt.handshake;
      return Math.min(wantedAt.poll, ...sources.map((source) => source.dueAt(now)));
    },
  });
  bus.wake();

  return {
    id,
    address,
    bus,
    get health() {
      return health.now();
    },
    onHealth: health.onHealth,
    get state() {
      return session.kind;
    },
    get portrait() {
      return session.portrait;
    },
    get counts() {
      return counts.now();
    },
    onReply: replies.add,
    onOpened: openings.add,
    onSecurity: securities.add,
    join(source) {
      sources = [...sources, source];
      bus.wake();
      return () => void (sources = sources.filter((other) => other !== source));
    },
    wake: () => bus.wake(),
    setSecurity(next, purpose = "use") {
      security = next;
      isWithheld = purpose === "give-key";
      key = 0;
      told = undefined;
      const { order } = asked;
      asked = { urgency: "probe" };
      lost();
      wantedAt.handshake = clock.monotonic();
      order?.settled({ kind: "silent" }, clock.monotonic());
      health.forgetRefusal();
      if (policy() === undefined) health.refused("KeyMissing", "no key was made for it", true);
      health.judge();
      bus.wake();
    },
    leave() {
      leaveBus();
      health.close();
    },
  };
}
