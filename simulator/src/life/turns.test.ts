import { simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("at one place one after the other, at another place meanwhile, and a failure holds nobody up", async () => {
  const clock = simulatedClock();
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string, ms: number) => async (): Promise<string> => {
    log.push(`${name} begins`);
    await new Promise<void>((resolve) => void clock.after(ms, resolve));
    log.push(`${name} ends`);
    if (name === "b") throw new Error("b fell");
    return name;
  };
  const outcomes = Promise.allSettled([
    turns.take("gate-1", work("a", 30)),
    turns.take("gate-1", work("b", 10)),
    turns.take("gate-2", work("c", 20)),
    turns.take("gate-1", work("d", 10)),
  ]);
  await clock.pass(100);
  expect(log).toEqual(["a begins", "c begins", "c ends", "a ends", "b begins", "b ends", "d begins", "d ends"]);
  expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
});
