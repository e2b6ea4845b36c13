import { simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { doorBody, type DoorWiring } from "./door-body.ts";

/** A door on a board whose strike a test switches by hand. */
function rig(wiring: Partial<DoorWiring> = {}) {
  const clock = simulatedClock();
  const inputs = new Map<number, boolean>();
  let energized = false;
  const board = {
    onRelay: () => () => {},
    relay: (relay: number) => relay === 0 && energized,
    setInput: (input: number, closed: boolean) => void inputs.set(input, closed),
  };
  const body = doorBody(board, { strikeRelay: 0, fail: "secure", contactInput: 0, rexInput: 1, ...wiring }, clock);
  return { clock, body, strike: (on: boolean) => void (energized = on), contact: () => inputs.get(0), rex: () => inputs.get(1) };
}

test("a latched door stays shut; a strike that is energised lets somebody in, and the leaf falls shut again", () => {
  const { clock, body, strike, contact } = rig();
  expect([body.push(1_000), body.wedge(), contact(), body.openings]).toEqual([false, false, true, 0]);
  strike(true);
  expect([body.push(1_000), body.isOpen, contact()]).toEqual([true, true, false]);
  strike(false);
  clock.advance(999);
  expect(body.isOpen, "latching does not shut a leaf that is open").toBe(true);
  clock.advance(1);
  expect([body.isOpen, contact(), body.push(1_000), body.openings]).toEqual([false, true, false, 1]);
});

test("a door held by a magnet is free without current", () => {
  const { body, strike } = rig({ fail: "safe" });
  strike(true);
  expect(body.push(1_000)).toBe(false);
  strike(false);
  expect(body.push(1_000)).toBe(true);
});

test("whoever follows through an open door keeps it open, and it is one opening", () => {
  const { clock, body, strike } = rig();
  strike(true);
  body.push(1_000);
  strike(false);
  clock.advance(900);
  expect(body.push(1_000)).toBe(true);
  clock.advance(900);
  expect(body.isOpen).toBe(true);
  clock.advance(100);
  expect([body.isOpen, body.openings]).toEqual([false, 1]);
});

test("a crowbar needs no strike", () => {
  const { clock, body } = rig();
  body.force(500);
  expect([body.isOpen, body.openings]).toEqual([true, 1]);
  clock.advance(500);
  expect(body.isOpen).toBe(false);
});

test("a wedged door stays open, whoever passes, until somebody shuts it", () => {
  const { clock, body, strike, contact } = rig();
  strike(true);
  expect(body.wedge()).toBe(true);
  strike(false);
  clock.advance(60_000);
  expect([body.isOpen, body.push(1_000)]).toEqual([true, true]);
  clock.advance(60_000);
  expect([body.isOpen, contact()]).toEqual([true, false]);
  body.shut();
  expect([body.isOpen, contact(), body.push(1_000)]).toEqual([false, true, false]);
});

test("the exit button is down as long as a finger is on it", () => {
  const { clock, body, rex } = rig();
  expect(rex()).toBe(false);
  body.pressExit();
  clock.advance(200);
  body.pressExit();
  clock.advance(200);
  expect(rex(), "the second press counts from its own beginning").toBe(true);
  clock.advance(100);
  expect(rex()).toBe(false);
});
