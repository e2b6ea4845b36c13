import { beforeEach, expect, test } from "vitest";
import { EvenLooks, type EvenLooksOptions } from "./even-looks.ts";

let timers: { readonly ms: number; readonly act: () => void }[];
let told: unknown[];
beforeEach(() => void ([timers, told] = [[], []]));

const clock: EvenLooksOptions["clock"] = {
  after(ms, act) {
    const timer = { ms, act };
    timers.push(timer);
    return () => void (timers = timers.filter((other) => other !== timer));
  },
};
const looksAt = (look: () => Promise<void>): EvenLooks => new EvenLooks({ clock, everyMs: 100, look, onFailure: (error) => told.push(error) });
const delays = (): number[] => timers.map(({ ms }) => ms);
/** What was set first falls due. */
async function fallDue(): Promise<void> {
  timers.shift()!.act();
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

test("the next look is set when the one before has ended, and none behind the end", async () => {
  let end = (): void => {};
  const looks = looksAt(() => new Promise((resolve) => (end = resolve)));
  expect(delays()).toEqual([100]);
  await fallDue();
  expect(delays()).toEqual([]);
  end();
  await Promise.resolve();
  await Promise.resolve();
  expect(delays()).toEqual([100]);
  await fallDue();
  const closed = looks.close();
  end();
  await closed;
  expect(delays()).toEqual([]);
});

test("a failure is told once, and again when a look has gone well in between; looks go on", async () => {
  const outcomes = [false, false, true, false];
  const counts: number[] = [];
  const looks = looksAt(() => (outcomes.shift() === true ? Promise.resolve() : Promise.reject(new Error("no store"))));
  while (outcomes.length > 0) {
    await fallDue();
    counts.push(told.length);
  }
  expect(counts).toEqual([1, 1, 1, 2]);
  await looks.close();
});

test("a pause ends with the looks, leaves no timer, and is none behind their end", async () => {
  let pauses = 0;
  const looks: EvenLooks = looksAt(async () => {
    while (!looks.isClosed) {
      pauses++;
      await looks.pause(60_000);
    }
  });
  await fallDue();
  expect([pauses, delays()]).toEqual([1, [60_000]]);
  await fallDue();
  expect([pauses, delays()]).toEqual([2, [60_000]]);
  await looks.close();
  await looks.pause(60_000);
  expect([pauses, delays()]).toEqual([2, []]);
});
