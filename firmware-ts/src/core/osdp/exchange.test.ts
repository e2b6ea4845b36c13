import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import {
  begunExchange,
  type Exchange,
  heardExchange,
  isAlive,
  NEW_EXCHANGE,
  OSDP_OFFLINE_MS,
  resentExchange,
  restartedExchange,
  unansweredExchange,
} from "./exchange.ts";
import { decodeFrame, encodeFrame, type ReceivedFrame } from "./frame.ts";
import { encodeReply, type OsdpReply } from "./reply.ts";

const at = (ms: number) => monotonicMs(ms);
const POLL = Uint8Array.of(1, 2, 3);

function frame(sequence: number, reply: OsdpReply = { kind: "ack" }): ReceivedFrame {
  const read = decodeFrame(encodeFrame({ address: 0, direction: "reply", sequence, check: "crc", ...encodeReply(reply) }));
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}
const nak = (reason: number): OsdpReply => ({ kind: "nak", reason, detail: new Uint8Array() });

/** A PD that answered at 0 and is being polled with sequence 1 since 1,000. */
const polled = (patienceMs = Infinity): Exchange => begunExchange({ sequence: 1, answeredAt: at(0) }, POLL, patienceMs, at(1_000));

test("sequences go 0 1 2 3 1 2 3, and an answer frees the exchange", () => {
  let exchange = NEW_EXCHANGE;
  const sequences: number[] = [];
  for (let turn = 0; turn < 8; turn++) {
    sequences.push(exchange.sequence);
    const heard = heardExchange(begunExchange(exchange, POLL, Infinity, at(turn)), frame(exchange.sequence), at(turn));
    expect([heard.turn, heard.exchange.outstanding]).toEqual(["answered", undefined]);
    exchange = heard.exchange;
  }
  expect(sequences).toEqual([0, 1, 2, 3, 1, 2, 3, 1]);
});

test("a silence sends the same bytes with the same sequence again, at once three times, then less eagerly", () => {
  let exchange = polled();
  const waits: number[] = [];
  for (let silence = 1; silence <= 5; silence++) {
    const now = at(1_000 + 200 * silence);
    const { exchange: after, turn } = unansweredExchange(exchange, now);
    expect([turn, after.sequence, after.outstanding?.bytes, after.outstanding?.isAwaiting]).toEqual(["again", 1, POLL, false]);
    waits.push(after.outstanding!.dueAt - now);
    exchange = resentExchange(after);
  }
  expect(waits).toEqual([0, 0, 300, 300, 300]);
});

test("an answer with another sequence, one to nothing, and one to what is not awaited yet changes nothing", () => {
  expect(heardExchange(polled(), frame(3), at(1_100))).toEqual({ exchange: polled(), turn: "stray" });
  expect(heardExchange(NEW_EXCHANGE, frame(0), at(1_100)).turn).toBe("stray");
  const { exchange } = unansweredExchange(polled(), at(1_200));
  expect(heardExchange(exchange, frame(1), at(1_201)).turn).toBe("stray");
});

test("BUSY has the bytes sent again a little later, whichever of both sequences it bears, and is no sign of life", () => {
  for (const sequence of [0, 1]) {
    const { exchange, turn } = heardExchange(polled(), frame(sequence, { kind: "busy" }), at(1_010));
    expect([turn, exchange.outstanding?.dueAt, exchange.answeredAt]).toEqual(["again", 1_060, 0]);
  }
  expect(heardExchange(polled(), frame(0, { kind: "busy" }), at(OSDP_OFFLINE_MS)).turn).toBe("offline");
});

test("NAK 1 has the bytes sent again at once, NAK 4 starts the sequence afresh, any other NAK is an answer", () => {
  expect(heardExchange(polled(), frame(1, nak(1)), at(1_010))).toMatchObject({ turn: "again", exchange: { outstanding: { dueAt: 1_010 } } });
  for (const sequence of [1, 2]) {
    const { exchange, turn } = heardExchange(polled(), frame(sequence, nak(4)), at(1_010));
    expect([turn, exchange]).toEqual(["given-up", { sequence: 0, answeredAt: 1_010 }]);
  }
  expect(heardExchange(polled(), frame(1, nak(3)), at(1_010)).turn).toBe("answered");
});

test("a command is given up behind its patience, a poll only with the PD: 8 s behind its last answer", () => {
  expect(unansweredExchange(polled(500), at(1_499)).turn).toBe("again");
  expect(unansweredExchange(polled(500), at(1_500))).toEqual({ turn: "given-up", exchange: { sequence: 0, answeredAt: 0 } });
  expect(unansweredExchange(polled(), at(OSDP_OFFLINE_MS - 1)).turn).toBe("again");
  expect(unansweredExchange(polled(), at(OSDP_OFFLINE_MS))).toEqual({ turn: "offline", exchange: NEW_EXCHANGE });
  expect([
    isAlive({ sequence: 0, answeredAt: at(0) }, at(7_999)),
    isAlive({ sequence: 0, answeredAt: at(0) }, at(8_000)),
    isAlive(NEW_EXCHANGE, at(0)),
  ]).toEqual([true, false, false]);
});

test("started afresh it forgets what was outstanding, not when the PD last answered", () => {
  expect(restartedExchange(polled())).toEqual({ sequence: 0, answeredAt: 0 });
});
