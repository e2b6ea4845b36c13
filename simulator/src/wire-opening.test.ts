import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { wireOpening } from "./wire-opening.ts";

test("a cable outlives the program that opened its end: the next opening hears what comes then, the closed one nothing", async () => {
  const clock = simulatedClock();
  const cable = memoryWirePair({ name: "gate-1", clock, random: seededRandom(1) });
  const heard: string[] = [];
  const states: string[] = [];
  const first = wireOpening(cable.near);
  first.onBytes((bytes) => heard.push(`first ${bytes.join()}`));
  first.onState((state) => states.push(state));
  cable.far.write(Uint8Array.of(1));
  await clock.pass(1);
  await first.close();
  await first.close();
  expect([first.state, first.trouble, first.write(Uint8Array.of(9)), states]).toEqual(["closed", "closed", false, ["closed"]]);
  const second = wireOpening(cable.near);
  second.onBytes((bytes) => heard.push(`second ${bytes.join()}`));
  cable.far.write(Uint8Array.of(2));
  await clock.pass(1);
  expect([second.state, second.trouble, second.write(Uint8Array.of(3)), heard]).toEqual(["open", "", true, ["first 1", "second 2"]]);
});

test("an opening is cut and mended with its cable", () => {
  const clock = simulatedClock();
  const cable = memoryWirePair({ name: "gate-1", clock, random: seededRandom(1) });
  const opening = wireOpening(cable.near);
  const states: string[] = [];
  opening.onState((state) => states.push(state));
  cable.cut();
  expect([opening.state, opening.trouble, opening.write(Uint8Array.of(1))]).toEqual(["closed", "unplugged", false]);
  cable.mend();
  expect(states).toEqual(["closed", "open"]);
});

test("whoever is severed is not told: it goes on writing to nobody, and what it wrote before still arrives", async () => {
  const clock = simulatedClock();
  const cable = memoryWirePair({ name: "gate-1", clock, random: seededRandom(1), baud: 9_600 });
  const arrived: number[] = [];
  const heard: number[] = [];
  cable.far.onBytes((bytes) => arrived.push(...bytes));
  const opening = wireOpening(cable.near);
  opening.onBytes((bytes) => heard.push(...bytes));
  opening.write(Uint8Array.of(1));
  opening.sever();
  cable.far.write(Uint8Array.of(2));
  expect([opening.write(Uint8Array.of(3)), opening.state]).toEqual([true, "open"]);
  await clock.pass(10);
  expect([arrived, heard]).toEqual([[1], []]);
});
