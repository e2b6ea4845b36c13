import { listeners, simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { type Direction, turnstileBody, type TurnstileWiring, UNIT_WAIT_MS } from "./turnstile-body.ts";

/** A turnstile on a board whose relays a test switches by hand. */
function rig(wiring: Partial<TurnstileWiring> = {}, energized: readonly number[] = []) {
  const clock = simulatedClock();
  const relays = new Set(energized);
  const inputs = new Map<number, boolean>();
  /** When each input changed, and to what. */
  const changes: [at: number, input: number, closed: boolean][] = [];
  const relayChanges = listeners<[number, boolean]>();
  const board = {
    onRelay: relayChanges.add,
    relay: (relay: number) => relays.has(relay),
    setInput(input: number, closed: boolean) {
      if (inputs.get(input) !== closed) changes.push([clock.monotonic(), input, closed]);
      inputs.set(input, closed);
    },
  };
  const body = turnstileBody(board, { entryRelay: 0, exitRelay: 1, passEntryInput: 0, passExitInput: 1, fireInput: 2, ...wiring }, clock);
  changes.length = 0;
  function set(relay: number, on: boolean): void {
    if (on) relays.add(relay);
    else relays.delete(relay);
    relayChanges.tell(relay, on);
  }
  function pulse(relay: number, ms = 300): void {
    set(relay, true);
    clock.after(ms, () => set(relay, false));
  }
  return { clock, body, set, pulse, inputs, changes };
}

test.each<[Direction, Direction, number]>([
  ["entry", "exit", 0],
  ["exit", "entry", 1],
])("a secured arm lets nobody through; a pulse frees one passage, %s and not %s", (direction, other, relay) => {
  const { clock, body, pulse, changes } = rig();
  expect([body.push("entry"), body.push("exit")]).toEqual([false, false]);
  pulse(relay);
  clock.advance(600);
  expect([body.push(other), body.push(direction)]).toEqual([false, true]);
  clock.advance(1_000);
  expect(body.push(direction), "one pulse is one passage").toBe(false);
  expect(body.passages).toEqual([{ direction, at: 600, cause: "release" }]);
  expect(changes, "the PASS contact closes for a moment").toEqual([
    [600, relay, true],
    [800, relay, false],
  ]);
});

test("two bodies do not get through on one pulse, however close they are", () => {
  const { clock, body, pulse } = rig();
  pulse(0);
  clock.advance(10);
  expect([body.push("entry"), body.push("entry")]).toEqual([true, false]);
  clock.advance(100);
  expect(body.push("entry"), "the pulse lasts, the arm turns").toBe(false);
  for (let ms = 0; ms < 2 * UNIT_WAIT_MS; ms += 100) {
    clock.advance(100);
    expect(body.push("entry")).toBe(false);
  }
  expect(body.passages).toHaveLength(1);
});

test("whoever waits longer than the unit finds the arm secured again", () => {
  const { clock, body, pulse } = rig();
  pulse(0);
  clock.advance(UNIT_WAIT_MS - 1);
  pulse(1);
  clock.advance(1);
  expect(body.push("entry")).toBe(false);
  clock.advance(UNIT_WAIT_MS - 2);
  expect(body.push("exit")).toBe(true);
});

test("two pulses before anybody comes are one passage, and two freeings that somebody can count", () => {
  const { clock, body, pulse } = rig();
  pulse(0);
  clock.advance(1_000);
  pulse(0);
  clock.advance(1_000);
  expect([body.push("entry"), body.releases("entry"), body.releases("exit")]).toEqual([true, 2, 0]);
  clock.advance(1_000);
  expect(body.push("entry")).toBe(false);
});

test("a relay that is held lets everybody through, one after the other, until it drops", () => {
  const { clock, body, set } = rig();
  set(0, true);
  clock.advance(1_200);
  expect(body.push("entry")).toBe(true);
  clock.advance(200);
  expect(body.push("entry"), "the arm still turns").toBe(false);
  clock.advance(200);
  expect(body.push("entry")).toBe(true);
  set(0, false);
  clock.advance(500);
  expect(body.push("entry")).toBe(false);
  expect(body.passages.map(({ cause }) => cause)).toEqual(["free way", "free way"]);
});

test("a body on a board whose relay is energised already knows it", () => {
  const { clock, body } = rig({}, [1]);
  clock.advance(1_200);
  expect([body.push("entry"), body.push("exit"), body.releases("exit")]).toEqual([false, true, 1]);
});

test("an arm of the level style is free while the relay is energised and no longer", () => {
  const { clock, body, set } = rig({ style: "level" });
  set(0, true);
  clock.advance(4_000);
  expect(body.push("entry")).toBe(true);
  set(0, false);
  clock.advance(500);
  expect(body.push("entry")).toBe(false);
});

test("tailgating needs somebody to follow, and closes the PASS contact once more", () => {
  const { clock, body, pulse, changes } = rig();
  expect(body.tailgate("entry"), "nobody to follow").toBe(false);
  pulse(0);
  clock.advance(500);
  body.push("entry");
  clock.advance(100);
  expect([body.tailgate("exit"), body.tailgate("entry")]).toEqual([false, true]);
  clock.advance(2_000);
  expect(body.tailgate("entry"), "too late").toBe(false);
  expect(body.passages.map(({ at, cause }) => [at, cause])).toEqual([
    [500, "release"],
    [900, "tailgating"],
  ]);
  expect(changes).toEqual([
    [500, 0, true],
    [700, 0, false],
    [900, 0, true],
    [1_100, 0, false],
  ]);
});

test("fire opens the loop and frees both ways until it is over", () => {
  const { clock, body, inputs } = rig();
  expect(inputs.get(2)).toBe(true);
  body.fire(true);
  expect([inputs.get(2), body.push("entry")]).toEqual([false, true]);
  clock.advance(500);
  expect(body.push("exit")).toBe(true);
  body.fire(false);
  clock.advance(500);
  expect([inputs.get(2), body.push("entry"), body.push("exit")]).toEqual([true, false, false]);
  const { body: unwired, inputs: others } = rig({ fireInput: undefined as never });
  unwired.fire(true);
  expect([others.get(2), unwired.push("entry")]).toEqual([undefined, false]);
});

test("whoever watches is told of each passage", () => {
  const { clock, body, pulse } = rig();
  const seen: string[] = [];
  const stop = body.onPassage(({ direction, cause }) => seen.push(`${direction} ${cause}`));
  pulse(1);
  clock.advance(300);
  body.push("exit");
  stop();
  body.tailgate("exit");
  clock.advance(1_000);
  expect(seen).toEqual(["exit release"]);
});
