import { expect, test } from "vitest";
import { type Line, type LineEvents, reopeningWire, type ReopeningOptions } from "./reopening-wire.ts";
import { seededRandom } from "./seeded-random.ts";
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts";
import type { Wire } from "./wire.ts";

interface OpenedLine extends Line {
  readonly events: LineEvents;
  readonly openedAt: number;
  readonly written: Uint8Array[];
  unsent: number;
  closed?: "flush" | "drop";
}

function rig(options: Partial<ReopeningOptions> = {}): { clock: SimulatedClock; wire: Wire; lines: OpenedLine[]; states: string[]; last: () => OpenedLine } {
  const clock = simulatedClock();
  const lines: OpenedLine[] = [];
  const wire = reopeningWire({ name: "gate-1-board", clock, random: seededRandom(3), ...options }, (events) => {
    const line: OpenedLine = {
      events,
      openedAt: clock.monotonic(),
      written: [],
      unsent: 0,
      write: (bytes) => void line.written.push(bytes),
      close(unsent) {
        line.closed = unsent;
        return Promise.resolve();
      },
    };
    lines.push(line);
    return line;
  });
  const states: string[] = [];
  wire.onState((state) => states.push(state));
  return { clock, wire, lines, states, last: () => lines.at(-1)! };
}

test("it opens at once, and says why it is closed until then", () => {
  const { wire, states, last } = rig();
  expect([wire.state, wire.trouble, wire.write(Uint8Array.of(1))]).toEqual(["closed", "opening", false]);
  last().events.opened();
  expect([wire.state, wire.trouble, wire.write(Uint8Array.of(1))]).toEqual(["open", "", true]);
  expect([states, last().written]).toEqual([["open"], [Uint8Array.of(1)]]);
});

test("a lost line is let go and replaced by a new one; what the old one still tells does not count", () => {
  const { clock, wire, lines, states } = rig();
  const got: Uint8Array[] = [];
  wire.onBytes((bytes) => got.push(bytes));
  lines[0]!.events.opened();
  lines[0]!.events.lost("hung up");
  lines[0]!.events.lost("closed a second time");
  expect([wire.state, wire.trouble, lines[0]!.closed]).toEqual(["closed", "hung up", "drop"]);
  clock.advance(5_000);
  expect(lines).toHaveLength(2);
  lines[1]!.events.opened();
  lines[0]!.events.bytes(Uint8Array.of(1));
  lines[0]!.events.lost("closed a third time");
  lines[1]!.events.bytes(Uint8Array.of(2));
  expect([wire.state, got, states]).toEqual(["open", [Uint8Array.of(2)], ["open", "closed", "open"]]);
});

test("waits before reopening grow from 100 ms to at most 5 s and never fall below 100 ms", () => {
  const { clock, lines, last } = rig();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 200; attempt++) {
    const lostAt = clock.monotonic();
    const count = lines.length;
    last().events.lost("not there");
    while (lines.length === count) clock.advance(1);
    waits.push(clock.monotonic() - lostAt);
  }
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5_001);
  expect(waits[0]).toBeLessThanOrEqual(201);
  expect(Math.max(...waits.slice(10))).toBeGreaterThan(4_000);
  expect(new Set(waits.slice(10)).size, "jitter").toBeGreaterThan(100);
});

test("a line that held for five seconds is reopened quickly, one that breaks at once ever more slowly", () => {
  const { clock, lines, last } = rig({ random: () => 0.999 });
  const waitAfter = (heldMs: number): number => {
    last().events.opened();
    clock.advance(heldMs);
    const [lostAt, count] = [clock.monotonic(), lines.length];
    last().events.lost("hung up");
    while (lines.length === count) clock.advance(1);
    return clock.monotonic() - lostAt;
  };
  const hasty = Array.from({ length: 8 }, () => waitAfter(10));
  expect(hasty.at(-1)).toBeGreaterThan(4_900);
  expect(waitAfter(5_000)).toBeLessThanOrEqual(200);
});

test("the heartbeat is written when nothing else was, and not before", () => {
  const { clock, wire, last } = rig({ heartbeat: { bytes: Uint8Array.of(0), idleMs: 1_000 } });
  last().events.opened();
  clock.advance(900);
  wire.write(Uint8Array.of(7));
  clock.advance(999);
  expect(last().written).toEqual([Uint8Array.of(7)]);
  clock.advance(1);
  expect(last().written).toEqual([Uint8Array.of(7), Uint8Array.of(0)]);
  clock.advance(10_000);
  expect(last().written).toHaveLength(12);
});

test("a line that answers nothing is reopened where answers are expected", () => {
  const { clock, wire, last, lines } = rig({ answerWithinMs: 2_000 });
  last().events.opened();
  clock.advance(60_000);
  expect(wire.state, "nothing was asked").toBe("open");
  wire.write(Uint8Array.of(1));
  clock.advance(1_500);
  last().events.bytes(Uint8Array.of(1));
  clock.advance(60_000);
  expect(wire.state, "it was answered").toBe("open");
  wire.write(Uint8Array.of(1));
  clock.advance(1_999);
  wire.write(Uint8Array.of(1));
  clock.advance(1);
  expect(wire.trouble).toBe("gate-1-board: nothing was received for 2000 ms although bytes were sent");
  clock.advance(200);
  expect(lines).toHaveLength(2);
});

test("a device that takes no bytes is let go before the queue grows for ever", () => {
  const { wire, lines, last } = rig();
  last().events.opened();
  last().unsent = 20_000;
  expect(wire.write(Uint8Array.of(1))).toBe(false);
  expect(wire.trouble).toBe("gate-1-board: the device takes no bytes (20000 wait)");
  expect(lines[0]!.closed, "what waited is never sent late").toBe("drop");
});

test.each(["opening", "open", "waiting"])("closed for good while %s, it stays closed, leaves no timer and resolves each time", async (when) => {
  const { clock, wire, lines, last } = rig({ heartbeat: { bytes: Uint8Array.of(0), idleMs: 1_000 }, answerWithinMs: 2_000 });
  if (when !== "opening") last().events.opened();
  wire.write(Uint8Array.of(1));
  if (when === "waiting") last().events.lost("hung up");
  await Promise.all([wire.close(), wire.close()]);
  expect([wire.state, wire.trouble, clock.pending, lines[0]!.closed]).toEqual(["closed", "closed", 0, when === "waiting" ? "drop" : "flush"]);
  last().events.opened();
  clock.advance(60_000);
  expect([wire.state, lines.length]).toEqual(["closed", 1]);
});
