import type { Clock, MonotonicMs } from "@portico/card-protocol";
import { decodeReply } from "../core/uhppote/reply.ts";
import { encodeRequest, type UhppoteRequest } from "../core/uhppote/request.ts";
import { afterSilence } from "../silence.ts";
import type { DatagramLink } from "./datagram-link.ts";
import type { UhppoteOutcome } from "./door-wishes.ts";

/** How long a board may think, and both datagrams may be under way. Boards answer within 20 ms on a network of their own. */
const REPLY_MS = 250;

/** Asks one board one question at a time. */
export interface BoardQuestions {
  /** Somebody is waiting for an answer. */
  readonly isWaiting: boolean;
  /** @param settled  called once, never before this has returned, and not at all once it was abandoned */
  ask(request: UhppoteRequest, settled: (outcome: UhppoteOutcome, at: MonotonicMs) => void): void;
  /** Nobody waits any more. */
  abandon(): void;
  /** Datagrams that came to our ports and were no answer to what was asked there. */
  readonly foreign: number;
}

/** An answer is one of this board and to this question: whatever else comes is counted, and waited on. */
export function boardQuestions({ link, serial, clock }: { readonly link: DatagramLink; readonly serial: number; readonly clock: Clock }): BoardQuestions {
  let end: (() => void) | undefined;
  let foreign = 0;

  function ask(request: UhppoteRequest, settled: (outcome: UhppoteOutcome, at: MonotonicMs) => void): void {
    const settle = (outcome: UhppoteOutcome): void => {
      abandon();
      settled(outcome, clock.monotonic());
    };
    const cancel = afterSilence(clock, REPLY_MS, () => settle({ kind: "silent" }));
    let close = (): void => {};
    end = () => {
      cancel();
      close();
    };
    close = link.ask(encodeRequest(serial, request), (bytes) => {
      const heard = decodeReply(bytes);
      if (heard === undefined || heard.serial !== serial || heard.reply.kind !== request.kind) foreign++;
      else settle({ kind: "replied", reply: heard.reply });
    });
  }

  function abandon(): void {
    end?.();
    end = undefined;
  }

  return {
    ask,
    abandon,
    get isWaiting() {
      return end !== undefined;
    },
    get foreign() {
      return foreign;
    },
  };
}
