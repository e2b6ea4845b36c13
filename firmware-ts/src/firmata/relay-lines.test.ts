import { expect, test } from "vitest";
import type { DeviceError, DeviceResult } from "../device.ts";
import { simulatedClock } from "../simulated-clock.ts";
import { REPLY_MS, relayLines } from "./relay-lines.ts";

/** Two relays on a board that is a list of what was written, and answers when told. */
function twoRelays() {
  const clock = simulatedClock();
  const written: string[] = [];
  let trouble: { error: DeviceError; detail: string } | undefined;
  const lines = relayLines(2, clock, {
    get trouble() {
      return trouble;
    },
    write(relay) {
      if (trouble !== undefined) return undefined;
      written.push(`${clock.monotonic()}: ${relay} ${lines.energized[relay] ? "on" : "off"}`);
      return Uint8Array.of(relay, written.length);
    },
    ask: (relay) => void written.push(`${clock.monotonic()}: ${relay}?`),
  });
  return { clock, written, lines, setTrouble: (next: typeof trouble) => void (trouble = next) };
}

async function outcome(result: Promise<DeviceResult>): Promise<string> {
  const settled = await result;
  return settled.ok ? "ok" : settled.error;
}

test("a wish is written at once and resolves when the pin is read back, with the first frame and its time", async () => {
  const { clock, written, lines } = twoRelays();
  clock.advance(7);
  const result = lines.wish(0, true, undefined);
  expect(written).toEqual(["7: 0 on"]);
  clock.advance(3);
  lines.answered(0, true);
  expect(await result).toEqual({ ok: true, sent: { frame: Uint8Array.of(0, 1), at: 7 } });
});

test("the answer to a question from before the wish confirms nothing", async () => {
  const { lines } = twoRelays();
  const on = lines.wish(0, true, undefined);
  const off = lines.wish(0, false, undefined);
  lines.answered(0, true); // the first write, superseded since
  const onAgain = lines.wish(0, true, undefined);
  lines.answered(0, false);
  expect(lines.energized[0]).toBe(true);
  lines.answered(0, true);
  expect(await Promise.all([on, off, onAgain].map(outcome))).toEqual(["Superseded", "Superseded", "ok"]);
});

test("of many wishes in a row two go out at once, and then the newest alone", async () => {
  const { clock, written, lines } = twoRelays();
  const wishes = [true, false, true, false, true].map((energized) => lines.wish(0, energized, undefined));
  expect(written).toEqual(["0: 0 on", "0: 0 off"]);
  clock.advance(3);
  lines.answered(0, true);
  expect(written).toEqual(["0: 0 on", "0: 0 off", "3: 0 on"]);
  lines.answered(0, false);
  lines.answered(0, true);
  expect(await Promise.all(wishes.map(outcome))).toEqual(["Superseded", "Superseded", "Superseded", "Superseded", "ok"]);
  expect(await wishes[4]).toMatchObject({ sent: { at: 3 } });
});

test("a wish that waits for a lost answer goes out when that is given up", () => {
  const { clock, written, lines } = twoRelays();
  for (const energized of [true, false, true]) void lines.wish(0, energized, undefined);
  clock.advance(REPLY_MS);
  expect(written).toEqual(["0: 0 on", "0: 0 off", "100: 0 on"]);
});

test("a level that is never confirmed is written three times and fails, and stays wished", async () => {
  const { clock, written, lines } = twoRelays();
  const result = lines.wish(1, true, undefined);
  clock.advance(3 * REPLY_MS);
  expect(written).toEqual(["0: 1 on", "100: 1 on", "200: 1 on"]);
  expect(await outcome(result)).toBe("TimedOut");
  expect(lines.energized).toEqual([false, true]);
});

test("a pulse ends when its hold is over, counted from its frame", async () => {
  const { clock, written, lines } = twoRelays();
  const result = lines.wish(0, true, 700);
  lines.answered(0, true);
  clock.advance(699);
  expect(written).toEqual(["0: 0 on"]);
  clock.advance(1);
  expect(written).toEqual(["0: 0 on", "700: 0 off"]);
  expect(await outcome(result)).toBe("ok");
});

test("a pulse whose first frame was lost holds from the repeated one", async () => {
  const { clock, written, lines } = twoRelays();
  const result = lines.wish(0, true, 1_000);
  clock.advance(REPLY_MS);
  lines.answered(0, true);
  clock.advance(2_000);
  expect(written).toEqual(["0: 0 on", "100: 0 on", "1100: 0 off"]);
  expect(await outcome(result)).toBe("ok");
});

test("a pulse that is never confirmed is ended when it is given up: nothing opens later", async () => {
  const { clock, written, lines } = twoRelays();
  const result = lines.wish(0, true, 1_000);
  clock.advance(5_000);
  expect(await outcome(result)).toBe("TimedOut");
  expect(written).toEqual(["0: 0 on", "100: 0 on", "200: 0 on", "300: 0 off"]);
});

test("a pulse that is confirmed at the last moment ends within its hold and 300 ms of the first frame", async () => {
  const { clock, written, lines } = twoRelays();
  const result = lines.wish(0, true, 250);
  clock.advance(299);
  lines.answered(0, true);
  clock.advance(2_000);
  expect(await outcome(result)).toBe("ok");
  expect(written).toEqual(["0: 0 on", "100: 0 on", "200: 0 on", "450: 0 off"]);
});

test("a pulse that is not confirmed when the board is lost is over", async () => {
  const { lines } = twoRelays();
  const pulse = lines.wish(0, true, 3_000);
  const level = lines.wish(1, true, undefined);
  lines.forget("Disconnected", "unplugged");
  expect(await Promise.all([pulse, level].map(outcome))).toEqual(["Disconnected", "Disconnected"]);
  expect(lines.energized).toEqual([false, true]);
});

test("a pulse shorter than the wait for an answer is not repeated after its end", async () => {
  const { clock, written, lines } = twoRelays();
  const result = lines.wish(0, true, 50);
  clock.advance(1_000);
  expect(await outcome(result)).toBe("TimedOut");
  expect(written).toEqual(["0: 0 on", "50: 0 off"]);
});

test("a pulse during a pulse starts the hold anew", () => {
  const { clock, written, lines } = twoRelays();
  void lines.wish(0, true, 500);
  lines.answered(0, true);
  clock.advance(400);
  void lines.wish(0, true, 500);
  lines.answered(0, true);
  clock.advance(1_000);
  expect(written).toEqual(["0: 0 on", "400: 0 on", "900: 0 off"]);
});

test("off during a pulse is written at once, and the pulse's end comes to nothing", () => {
  const { clock, written, lines } = twoRelays();
  void lines.wish(0, true, 500);
  clock.advance(10);
  void lines.wish(0, false, undefined);
  lines.answered(0, false);
  lines.answered(0, true);
  clock.advance(1_000);
  expect(written).toEqual(["0: 0 on", "10: 0 off"]);
});

test("off line a pulse is refused and forgotten, a level is refused and kept", async () => {
  const { clock, written, lines, setTrouble } = twoRelays();
  setTrouble({ error: "Disconnected", detail: "unplugged" });
  expect(await outcome(lines.wish(0, true, 3_000))).toBe("Disconnected");
  expect(await outcome(lines.wish(1, true, undefined))).toBe("Disconnected");
  expect(lines.energized).toEqual([false, true]);
  clock.advance(5_000);
  expect(written).toEqual([]);
});

test("a pulse under way when the board is lost is over", () => {
  const { clock, lines } = twoRelays();
  void lines.wish(0, true, 3_000);
  lines.answered(0, true);
  lines.forget("Disconnected", "unplugged");
  expect(lines.energized[0]).toBe(false);
  expect(clock.pending).toBe(0);
});

test("a pulse that is refused leaves the level that was wished before it", async () => {
  const { lines, setTrouble } = twoRelays();
  setTrouble({ error: "Disconnected", detail: "unplugged" });
  expect(await outcome(lines.wish(0, true, undefined))).toBe("Disconnected");
  expect(await outcome(lines.wish(0, true, 700))).toBe("Disconnected");
  expect(lines.energized[0]).toBe(true);
});

test("a read-back asks what is confirmed, writes what is not, and leaves alone what is under way", () => {
  const { written, lines } = twoRelays();
  lines.asked(0);
  lines.answered(0, true);
  void lines.wish(1, true, undefined);
  written.length = 0;
  lines.readBack();
  expect(written).toEqual(["0: 0?"]);
  lines.answered(0, false);
  expect(written).toEqual(["0: 0?", "0: 0 off"]);
  lines.answered(0, false);
  lines.readBack();
  expect(written).toEqual(["0: 0?", "0: 0 off", "0: 0 off"]);
});

test("ending every pulse leaves levels alone", () => {
  const { written, lines } = twoRelays();
  void lines.wish(0, true, 3_000);
  void lines.wish(1, true, undefined);
  lines.endPulses();
  expect(lines.energized).toEqual([false, true]);
  expect(written).toEqual(["0: 0 on", "0: 1 on", "0: 0 off"]);
});

test.each([
  ["a relay that is not there", 2, 500],
  ["a hold of nothing", 0, 0],
  ["a hold before now", 0, -5],
  ["a hold that is no number", 0, Number.NaN],
  ["a hold without end", 0, Infinity],
])("%s is refused and nothing is written", async (_, relay, holdMs) => {
  const { written, lines } = twoRelays();
  expect(await outcome(lines.wish(relay, true, holdMs))).toBe("Unsupported");
  expect(written).toEqual([]);
});

test("closed lines leave no timer behind", () => {
  const { clock, lines } = twoRelays();
  void lines.wish(0, true, 3_000);
  expect(clock.pending).toBe(2);
  lines.close();
  expect(clock.pending).toBe(0);
});
