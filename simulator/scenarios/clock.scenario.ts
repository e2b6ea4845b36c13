import { expect, test } from "vitest";
import { campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";

const MINUTE_MS = 60_000;

test("clock untrusted: a code opens no way in, the emergency group's card does, and every way out stays free", async () => {
  const { campus, scan, answer, code, pocket, push, pass, events } = await campusBench({ clock: "time-frames" });
  expect(await scan("gate-1-in", code("zhang"))).toMatchObject({ reason: "ClockUntrusted", atMs: null });
  expect(await answer("library-in", code("zhao"))).toBe("ClockUntrusted");
  expect(await answer("library-in", pocket("li").card!)).toBe("ClockUntrusted");
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(false);
  expect(await answer("library-in", pocket("zhao").card!)).toBe("granted");
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
  await pass(2_000);
  expect(await answer("gate-1-out", code("zhang"))).toBe("granted");
  expect(await push("gate-1", "exit")).toBe(true);
  await campus.hands.pressExit("library");
  await pass(400);
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
  for (const { at, ms } of await events()) expect([at, ms]).toEqual([null, 0]);
});

test("clock untrusted: a host's clock that falls below what was reached is not believed, and is again when it has run evenly", async () => {
  const { campus, answer, code, pass, events } = await campusBench();
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  campus.setHostClockError(-400 * 24 * 60 * MINUTE_MS);
  await pass(15_000);
  expect(await answer("gate-1-in", code("zhang"))).toBe("ClockUntrusted");
  campus.setHostClockError(0);
  await pass(45_000);
  expect(await answer("gate-2-in", code("zhang"))).toBe("granted");
  expect((await events("ClockChanged")).map(({ fields }) => [String(fields["from"]).split(" ")[0], String(fields["to"]).split(" ")[0]])).toEqual([
    ["untrusted", "synchronised"],
    ["synchronised", "untrusted"],
    ["untrusted", "synchronised"],
  ]);
});

test("black start: power is back everywhere, the network five minutes later; what each door does meanwhile was chosen, and nothing opens by itself", async () => {
  const { campus, answer, code, pocket, push, pass, events } = await campusBench();
  const energized: string[] = [];
  for (const [id, board] of campus.devices.boards) board.onRelay((relay, on) => void (on && relay < 2 && energized.push(`${id} ${relay}`)));
  await pass(MINUTE_MS);
  campus.powerCut();
  await pass(10 * MINUTE_MS);
  // A computer without a battery clock begins where it left off at best: here in 1970.
  campus.setHostClockError(-1000 * campus.now());
  await campus.powerReturns();
  expect(await campus.online()).toBe(true);
  await pass(DEBOUNCE_OVER_MS);
  expect([...energized], "nothing opens by itself").toEqual([]);

  expect(await answer("gate-1-in", code("zhang"))).toBe("ClockUntrusted");
  expect(await answer("library-in", pocket("li").card!)).toBe("ClockUntrusted");
  expect(await answer("library-in", pocket("zhao").card!)).toBe("granted");
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
  expect(await answer("gate-2-out", code("wang"))).toBe("granted");
  expect(await push("gate-2", "exit")).toBe(true);
  expect(energized).toEqual(["library 0", "gate-2 1"]);

  await pass(5 * MINUTE_MS);
  expect(await answer("gate-1-in", code("zhang")), "still no network").toBe("ClockUntrusted");
  campus.setHostClockError(0);
  await pass(30_000);
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  const started = (await events("ControllerStarted")).at(-1)!;
  expect([started.at, started.fields["cause"]]).toEqual([null, "power cut"]);
  expect((await events("AuditGap")).map(({ fields }) => fields)).toMatchObject([{ cause: "power cut", windowMs: 200 }]);
  expect(await campus.chain()).toMatchObject({ kind: "whole" });
});
