import { expect, test } from "vitest";
import type { DeviceHealth, DeviceResult } from "../device.ts";
import { listeners } from "../listeners.ts";
import { simulatedClock } from "../simulated-clock.ts";
import { isapiDoorBoard } from "./isapi-door-board.ts";
import type { IsapiDevice } from "./isapi-device.ts";

/** A board over a device that answers when the test says so. */
function rig() {
  const clock = simulatedClock();
  const healths = listeners<[DeviceHealth]>();
  const told: string[] = [];
  const answers: ((result: DeviceResult) => void)[] = [];
  let health: DeviceHealth = { kind: "offline", error: "TimedOut", detail: "not yet", since: clock.monotonic() };
  const device: IsapiDevice = {
    id: "terminal",
    get health() {
      return health;
    },
    onHealth: healths.add,
    onEvent: () => () => {},
    answerCheck: () => Promise.resolve({ ok: true }),
    commandDoor: (door, command) => {
      told.push(`${door} ${command}`);
      return new Promise((resolve) => answers.push(resolve));
    },
    unreadable: 0,
    close: () => Promise.resolve(),
  };
  return {
    clock,
    told,
    board: isapiDoorBoard({ id: "doors", device, relays: 2, clock }),
    turn(kind: "online" | "offline") {
      health = kind === "online" ? { kind } : { kind, error: "Disconnected", detail: "the stream ended", since: clock.monotonic() };
      healths.tell(health);
    },
    /** Everything that is under way is answered. */
    async answer(result: DeviceResult = { ok: true }) {
      for (const resolve of answers.splice(0)) resolve(result);
      await clock.settle();
    },
  };
}
/** A rig whose device is there, with both doors shut. */
async function online() {
  const one = rig();
  one.turn("online");
  await one.answer();
  one.told.length = 0;
  return one;
}

test("as soon as the device is there its doors are its own, and while it is not a pulse is refused and forgotten", async () => {
  const one = rig();
  expect(await one.board.pulse(0, 3_000)).toMatchObject({ ok: false, error: "TimedOut" });
  one.turn("online");
  expect(one.told).toEqual(["1 close", "2 close"]);
  await one.answer();
  expect([one.told.length, one.clock.pending]).toEqual([2, 0]);
});

test("a pulse opens once, a set holds open, off gives the door back", async () => {
  const one = await online();
  const pulse = one.board.pulse(0, 3_000);
  await one.answer();
  expect(await pulse).toEqual({ ok: true });
  void one.board.set(0, true);
  await one.answer();
  void one.board.set(0, false);
  await one.answer();
  expect(one.told).toEqual(["1 open", "1 alwaysOpen", "1 close"]);
});

test("the newest wish wins: what waits behind a question is replaced, and told so", async () => {
  const one = await online();
  void one.board.set(0, true);
  const pulse = one.board.pulse(0, 3_000);
  void one.board.set(0, false);
  expect(await pulse).toMatchObject({ ok: false, error: "Superseded" });
  await one.answer();
  await one.answer();
  expect(one.told).toEqual(["1 alwaysOpen", "1 close"]);
});

test("a pulse whose hold is over before the door can be asked is never sent", async () => {
  const one = await online();
  void one.board.set(0, false);
  const pulse = one.board.pulse(0, 1_000);
  one.clock.advance(1_001);
  await one.answer();
  expect(await pulse).toMatchObject({ ok: false, error: "TimedOut" });
  expect(one.told).toEqual(["1 close"]);
});

test("a refused pulse is told, and its door is shut again; a refused hold is asserted again", async () => {
  const one = await online();
  const pulse = one.board.pulse(0, 3_000);
  const hold = one.board.set(1, true);
  await one.answer({ ok: false, error: "BadReply", detail: "the device answers 403" });
  expect([await pulse, await hold]).toMatchObject([{ error: "BadReply" }, { error: "BadReply" }]);
  one.clock.advance(2_000);
  expect(one.told).toEqual(["1 open", "2 alwaysOpen", "1 close", "2 alwaysOpen"]);
});

test("behind an outage a hold is asserted and a pulse is not", async () => {
  const one = await online();
  void one.board.set(0, true);
  void one.board.pulse(1, 3_000);
  await one.answer();
  one.turn("offline");
  one.told.length = 0;
  one.turn("online");
  expect(one.told.filter((told) => told.endsWith("pen"))).toEqual(["1 alwaysOpen"]);
  await one.answer();
  expect(one.board.health).toEqual({ kind: "online" });
});

test("closing gives back what was held open, and is over within a time", async () => {
  const one = await online();
  void one.board.set(1, true);
  await one.answer();
  const closed = one.board.close();
  expect(one.told.at(-1)).toBe("2 close");
  await one.answer();
  await closed;
  expect([await one.board.set(0, true), one.clock.pending]).toMatchObject([{ ok: false, error: "Disconnected" }, 0]);
});
