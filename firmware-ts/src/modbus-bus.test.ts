import type { Clock } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { modbusFrame, type ModbusRequest, readInputs, writeCoil } from "./core/modbus-frame.ts";
import { memoryWirePair } from "./memory-wire.ts";
import { frameSilenceMs, modbusBus, type ModbusBusOptions } from "./modbus-bus.ts";
import { seededRandom } from "./seeded-random.ts";
import { simulatedClock } from "./simulated-clock.ts";

/** A bus with one unit that wants what stands in `wanted`, relay commands first. */
function rig(options: Partial<ModbusBusOptions> = {}, clock = simulatedClock()) {
  const line = memoryWirePair({ name: "bus", clock, random: seededRandom(1) });
  const bus = modbusBus({ wire: line.near, clock, ...options });
  const sent: { frame: Uint8Array; at: number }[] = [];
  const outcomes: unknown[] = [];
  line.far.onBytes((frame) => sent.push({ frame, at: clock.monotonic() }));
  const wanted: { urgent: boolean; request: ModbusRequest }[] = [];
  const leave = bus.join({
    next(urgent) {
      const first = wanted.find((one) => one.urgent === urgent);
      return (
        first && {
          request: first.request,
          sent: () => void wanted.splice(wanted.indexOf(first), 1),
          settled: (outcome) => void outcomes.push(outcome.kind === "replied" ? outcome.reply : outcome.kind),
        }
      );
    },
  });
  const want = (request: ModbusRequest, urgent = false): void => {
    wanted.push({ urgent, request });
    bus.wake();
  };
  return { clock, line, bus, sent, outcomes, want, leave };
}

const poll = readInputs(1, 0, 8);
const pollReply = modbusFrame([1, 2, 1, 0b11]);
const command = writeCoil(1, 0, true);

test("one exchange at a time: the next frame goes out when the answer has come and the line was silent", () => {
  const { clock, line, sent, outcomes, want } = rig();
  want(poll);
  want(poll);
  clock.advance(10);
  expect(sent).toHaveLength(1);
  line.far.write(pollReply);
  clock.advance(1.7);
  expect([outcomes, sent.length]).toEqual([[{ kind: "bits", bits: [true, true, false, false, false, false, false, false] }], 1]);
  clock.advance(0.1);
  expect(sent).toHaveLength(2);
});

test("behind an answer a command waits for the silence to the fraction, also where a poll waits already, and a poll does not", () => {
  const simulated = simulatedClock();
  const urgencies: (boolean | undefined)[] = [];
  const telling: Clock = { ...simulated, after: (ms, callback, isUrgent) => (ms < 2 && urgencies.push(isUrgent), simulated.after(ms, callback)) };
  const { clock, line, sent, want } = rig({ clock: telling }, simulated);
  want(poll);
  want(poll);
  clock.advance(10);
  line.far.write(pollReply);
  clock.advance(1);
  want(command, true);
  clock.advance(0.7);
  expect(sent).toHaveLength(1);
  clock.advance(0.1);
  expect(sent.map(({ frame }) => frame[1])).toEqual([2, 5]);
  expect(urgencies).toEqual([false, true]);
});

test("a relay command overtakes polls that were wanted before it", () => {
  const { clock, line, sent, want } = rig();
  want(poll);
  want(poll);
  want(command, true);
  clock.advance(5);
  line.far.write(pollReply);
  clock.advance(5);
  expect(sent.map(({ frame }) => frame[1])).toEqual([2, 5]);
});

test("silence is a time-out, and the line goes on", () => {
  const { clock, outcomes, sent, want } = rig({ replyTimeoutMs: 50 });
  want(poll);
  want(command, true);
  clock.advance(49);
  expect(outcomes).toEqual([]);
  clock.advance(1);
  expect(outcomes).toEqual(["timed-out"]);
  clock.advance(0);
  expect(sent).toHaveLength(2);
});

test("an answer is found among garbage, in pieces, and after the late answer to an earlier frame", () => {
  const { clock, line, outcomes, want } = rig();
  want(command, true);
  line.far.write(writeCoil(1, 0, false).frame);
  for (const piece of [
    [0xff, 0x01, 0x05],
    [0x01, 0x05, 0x00],
    [0x00, 0xff, 0x00, 0x8c],
    [0x3a, 0x00],
  ]) {
    clock.advance(5);
    line.far.write(Uint8Array.from(piece));
  }
  clock.advance(5);
  expect(outcomes).toEqual([{ kind: "written" }]);
});

test("what arrives while nobody asks is dropped, and delays the next frame by the silence alone", () => {
  const { clock, line, outcomes, sent, want } = rig();
  line.far.write(pollReply);
  clock.advance(0);
  want(poll);
  clock.advance(2);
  expect([sent.length, outcomes]).toEqual([1, []]);
});

test("a line that is never silent is written to all the same, after 20 ms", () => {
  const { clock, line, sent, want } = rig();
  line.far.write(Uint8Array.of(0));
  clock.advance(0);
  want(command, true);
  for (let ms = 0; ms < 25; ms++) {
    line.far.write(Uint8Array.of(0));
    clock.advance(1);
  }
  expect(sent).toHaveLength(1);
  expect(sent[0]!.at).toBeLessThanOrEqual(21);
});

test("a cut line ends the exchange, and its return wakes the units", () => {
  const { clock, line, outcomes, sent, want } = rig();
  want(poll);
  clock.advance(1);
  line.cut();
  expect(outcomes).toEqual(["disconnected"]);
  want(command, true);
  clock.advance(500);
  expect(sent).toHaveLength(1);
  line.mend();
  clock.advance(1);
  expect(sent).toHaveLength(2);
});

test("a unit that left is asked nothing more", () => {
  const { clock, sent, want, leave } = rig();
  leave();
  want(poll);
  clock.advance(100);
  expect(sent).toEqual([]);
});

test("the silence between frames is 3.5 characters, 1.75 ms at least", () => {
  expect([9_600, 19_200, 115_200].map((baud) => Math.round(frameSilenceMs(baud) * 100) / 100)).toEqual([4.01, 2.01, 1.75]);
});
