import type { Clock, MonotonicMs } from "@portico/card-protocol";
import { type Deframed, osdpDeframing } from "../core/osdp/deframing.ts";
import { OSDP_REPLY_MS } from "../core/osdp/exchange.ts";
import { OSDP_MARK, type ReceivedFrame } from "../core/osdp/frame.ts";
import { listeners } from "../listeners.ts";
import { afterSilence } from "../silence.ts";
import type { Wire } from "../wire.ts";

/** How urgent it is: a command that somebody waits for, the regular poll, or a PD that is not there. */
export type OsdpUrgency = "command" | "poll" | "probe";

/** One PD as its line sees it. */
export interface OsdpLineUser {
  readonly address: number;
  /** What it would send now, and since when that is due; undefined: nothing. */
  offer(now: MonotonicMs): { readonly urgency: OsdpUrgency; readonly dueAt: number } | undefined;
  /** The bytes of the offer; the line sends them within this call. */
  take(now: MonotonicMs): Uint8Array;
  /** A frame from its address while it is awaited. True: that was the answer. */
  heard(frame: ReceivedFrame, now: MonotonicMs): boolean;
  /** It did not answer. */
  silent(now: MonotonicMs): void;
  /** The wire broke or came back. */
  wireChanged(now: MonotonicMs): void;
  /** When it will have something to send, as far as it knows; Infinity: never. */
  dueAt(now: MonotonicMs): number;
}

/** One direction's frame on the line, for a trace. */
export interface OsdpTraceEntry {
  readonly direction: "command" | "reply";
  readonly bytes: Uint8Array;
  readonly at: MonotonicMs;
}

/** Counts of the whole line since the start. */
export interface OsdpLineCounts {
  readonly commands: number;
  readonly replies: number;
  readonly timeouts: number;
  /** Bytes that claimed to be a frame and were none. */
  readonly damaged: number;
  /** Frames that nobody waited for. */
  readonly strays: number;
}

/** An OSDP line with its PDs: one command on the wire at a time. */
export interface OsdpBus {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Adds a PD. Returns the function that takes it off. */
  join(user: OsdpLineUser): () => void;
  /** Something to send may be there: looks, and sends within this call where the line is free. */
  wake(): void;
  /** Called for each frame that goes out or comes in undamaged, the key-bearing ones too: a trace of a line in clear holds what was said in clear. */
  onFrame(listener: (entry: OsdpTraceEntry) => void): () => void;
  readonly counts: OsdpLineCounts;
}

export interface OsdpBusOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  /** How long a PD may take to begin its answer; default 200, as the standard has it. */
  readonly replyMs?: number;
  /** Of a serial line; absent: bytes take no time (a gateway, whose answers are later by its own line's time: give a longer `replyMs`). */
  readonly baud?: number;
}

/** While bytes of an answer still come, it is waited for. Source: SIA OSDP 2.2 §5.7, 20 ms between characters; the rest is for adapters. */
const BETWEEN_BYTES_MS = 40;
/** No answer takes longer than the longest frame at 9,600 baud. */
const ANSWER_MS_MAX = 2_000;
/** A poll that is due for longer is late. */
const LATE_MS = 100;

/**
 * One line: fair, and never idle while something is due.
 *
 * Order: commands and handshakes (the longest due first), polls (the longest due first), then PDs that are not there: one of those after each round of all
 * that are, since each costs the line 200 ms. So a dead PD delays a card by one silence at most, however many there are. A poll that is late goes between two
 * commands: nobody who commands without end silences the others.
 */
export function osdpBus({ wire, clock, replyMs = OSDP_REPLY_MS, baud }: OsdpBusOptions): OsdpBus {
  const traces = listeners<[OsdpTraceEntry]>();
  const deframing = osdpDeframing();
  const counts = { commands: 0, replies: 0, timeouts: 0, damaged: 0, strays: 0 };
  let users: readonly OsdpLineUser[] = [];
  let current: { readonly user: OsdpLineUser; readonly since: MonotonicMs; cancel: () => void } | undefined;
  /** PDs that were served since the last one that is not there was asked. */
  let served = new Set<OsdpLineUser>();
  let wasCommand = false;
  let lastHeardAt = Number.NEGATIVE_INFINITY;
  let timer: { readonly at: number; readonly cancel: () => void } | undefined;
  const byteMs = baud === undefined ? 0 : 10_000 / baud;
  /** Two characters of rest between an answer and the next command. Source: SIA OSDP 2.2 §5.7. */
  const restMs = 2 * byteMs;

  wire.onBytes((bytes) => {
    lastHeardAt = clock.monotonic();
    take(deframing.push(bytes));
  });
  wire.onState(() => {
    deframing.reset();
    current?.cancel();
    current = undefined;
    for (const user of users) user.wireChanged(clock.monotonic());
    wake();
  });

  function take(found: readonly Deframed[]): void {
    for (const each of found) {
      if (each.kind === "damaged") counts.damaged++;
      else hear(each.frame);
    }
  }

  function hear(frame: ReceivedFrame): void {
    const now = clock.monotonic();
    // An adapter that hears itself sends our own commands back.
    if (frame.direction === "command") return;
    traces.tell({ direction: "reply", bytes: frame.bytes, at: now });
    if (current === undefined || current.user.address !== frame.address || !current.user.heard(frame, now)) return void counts.strays++;
    counts.replies++;
    current.cancel();
    current = undefined;
    wake();
  }

  function silent(): void {
    if (current === undefined) return;
    const now = clock.monotonic();
    if (deframing.isPending && now - lastHeardAt < BETWEEN_BYTES_MS && now - current.since < ANSWER_MS_MAX) return waitFor(BETWEEN_BYTES_MS);
    // Behind a false start may stand the answer.
    take(deframing.gap());
    if (current === undefined) return;
    const { user } = current;
    current = undefined;
    counts.timeouts++;
    user.silent(now);
    wake();
  }

  function waitFor(ms: number): void {
    if (current !== undefined) current.cancel = afterSilence(clock, ms, silent);
  }

  function wake(): void {
    if (current !== undefined || wire.state === "closed") return;
    const now = clock.monotonic();
    if (now < lastHeardAt + restMs) return callAt(lastHeardAt + restMs, now);
    const user = mostUrgent(now);
    if (user === undefined) return callAt(Math.min(...users.map((each) => each.dueAt(now))), now);
    send(user, now);
  }

  /** One timer: the earliest of what is due. Whole milliseconds: a rest too small for the clock's resolution would ring at once, and again, without end. */
  function callAt(at: number, now: MonotonicMs): void {
    if (at === Infinity || (timer !== undefined && timer.at <= at && timer.at > now)) return;
    timer?.cancel();
    const cancel = clock.after(at - now < 1 ? at - now : Math.ceil(at - now), () => {
      timer = undefined;
      wake();
    });
    timer = { at, cancel };
  }

  function mostUrgent(now: MonotonicMs): OsdpLineUser | undefined {
    let best: { readonly user: OsdpLineUser; readonly rank: number; readonly dueAt: number } | undefined;
    let areAllServed = true;
    for (const user of users) {
      const offer = user.offer(now);
      if (offer === undefined) continue;
      const { urgency, dueAt } = offer;
      if (urgency !== "probe" && !served.has(user)) areAllServed = false;
      const rank = urgency === "probe" ? 3 : urgency === "command" ? 1 : wasCommand && now - dueAt > LATE_MS ? 0 : 2;
      if (best === undefined || rank < best.rank || (rank === best.rank && dueAt < best.dueAt)) best = { user, rank, dueAt };
    }
    if (best !== undefined && best.rank < 3 && areAllServed) {
      // All that are there had their turn: one that is not there comes between.
      const absent = users.flatMap((user) => {
        const offer = user.offer(now);
        return offer?.urgency === "probe" ? [{ user, dueAt: offer.dueAt }] : [];
      });
      const longest = absent.sort((a, b) => a.dueAt - b.dueAt)[0];
      if (longest !== undefined && best.rank !== 1) return longest.user;
    }
    return best?.user;
  }

  function send(user: OsdpLineUser, now: MonotonicMs): void {
    const urgency = user.offer(now)?.urgency;
    wasCommand = urgency === "command";
    if (urgency === "probe") served = new Set();
    else served.add(user);
    const bytes = user.take(now);
    deframing.reset();
    const marked = new Uint8Array(bytes.length + 1);
    marked[0] = OSDP_MARK;
    marked.set(bytes, 1);
    current = { user, since: now, cancel: () => {} };
    counts.commands++;
    if (!wire.write(marked)) {
      current = undefined;
      return user.silent(now);
    }
    traces.tell({ direction: "command", bytes, at: now });
    waitFor(replyMs + marked.length * byteMs);
  }

  return {
    wire,
    clock,
    join(user) {
      users = [...users, user];
      return () => {
        users = users.filter((other) => other !== user);
        served.delete(user);
        if (current?.user === user) {
          current.cancel();
          current = undefined;
          wake();
        }
        if (users.length === 0) {
          timer?.cancel();
          timer = undefined;
        }
      };
    },
    wake,
    onFrame: traces.add,
    get counts() {
      return { ...counts };
    },
  };
}
