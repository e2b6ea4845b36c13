import { type DeviceHealth, simulatedClock } from "@portico/firmware-ts";
import { GPIO_HOLD_MS_MAX } from "@portico/firmware-ts/gpio";
import { expect, test } from "vitest";
import type { GpioVersion } from "../src/gpio-command.ts";
import { type GpioBench, gpioBench, RELAY_LINES } from "./gpio-bench.ts";

const VERSIONS = ["1.6.3", "2.2.1"] as const satisfies readonly GpioVersion[];

async function online(...made: Parameters<typeof gpioBench>): Promise<GpioBench & { readonly healths: DeviceHealth[] }> {
  const one = gpioBench(...made);
  const healths: DeviceHealth[] = [];
  one.board.onHealth((health) => healths.push(health));
  expect(await one.clock.until(() => one.board.health.kind === "online", 1_000)).toBe(true);
  await one.clock.pass(50);
  return { ...one, healths };
}

async function offline(...made: Parameters<typeof gpioBench>): Promise<GpioBench> {
  const one = gpioBench(...made);
  await one.clock.pass(400);
  expect(one.board.health.kind).toBe("offline");
  return one;
}

test.each(VERSIONS)(
  "with libgpiod %s every line is held from the start, a pulse is timed to the millisecond and the tools are told when to end by themselves",
  async (version) => {
    const { board, pi, clock } = await online(version);
    expect(pi.running, "four relays, and one that watches the contacts").toBe(5);
    const changes: { energized: boolean; at: number }[] = [];
    pi.onRelay((relay, energized) => relay === 1 && changes.push({ energized, at: clock.monotonic() }));
    const wishedAt = clock.monotonic();
    void board.pulse(1, 700);
    await clock.pass(1_000);
    expect(changes.map(({ energized }) => energized)).toEqual([true, false]);
    expect(changes[0]!.at - wishedAt).toBeLessThanOrEqual(10);
    expect(Math.abs(changes[1]!.at - changes[0]!.at - 700)).toBeLessThanOrEqual(5);
    const own = pi.calls.filter((call) => call.startsWith("gpioset") && call.endsWith("18=1"));
    expect(own).toEqual([version === "1.6.3" ? "gpioset --mode=time --sec=1 --usec=400000 --active-low gpiochip0 18=1" : "gpioset --consumer portico --toggle 1400ms,0 --active-low --chip gpiochip0 18=1"]); // prettier-ignore
  },
);

test.each(VERSIONS)("with libgpiod %s the program's death ends every tool, and every relay drops", async (version) => {
  const { board, pi, clock } = await online(version);
  void board.set(0, true);
  void board.pulse(1, 5_000);
  await clock.pass(50);
  expect([pi.relay(0), pi.relay(1)]).toEqual([true, true]);
  pi.dieWithParent();
  expect(RELAY_LINES.map((_, relay) => pi.relay(relay))).toEqual([false, false, false, false]);
});

test.each(VERSIONS)("with libgpiod %s a program that hangs has its pulse ended by the tool itself, at twice the hold", async (version) => {
  const ours = simulatedClock();
  const one = gpioBench(version, 1, { clock: ours });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed++) {
      await one.clock.pass(1);
      await ours.pass(1);
    }
  };
  await pass(100);
  void one.board.pulse(0, 500);
  await pass(30);
  expect(one.pi.relay(0)).toBe(true);
  // From now on time passes for the tools alone.
  await one.clock.pass(900);
  expect(one.pi.relay(0)).toBe(true);
  await one.clock.pass(100);
  expect(one.pi.relay(0)).toBe(false);
});

test("a kernel that leaves outputs as they were is refused before anything is driven, and taken when it is strict", async () => {
  let keeps = true;
  const { board, pi, clock } = await offline("1.6.3", 1, { keepsOutputs: () => keeps });
  expect(board.health).toMatchObject({ error: "BadReply", detail: expect.stringContaining("add dtparam=strict_gpiod to /boot/firmware/config.txt") });
  expect([pi.calls, await board.pulse(0, 100)]).toMatchObject([[], { ok: false, error: "BadReply" }]);
  keeps = false;
  expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
});

test("why it must be refused: on such a kernel a relay stays when its tool is gone", async () => {
  const { board, pi, clock } = await online("1.6.3", 1, {}, { keepsOutputs: true });
  void board.set(0, true);
  await clock.pass(50);
  pi.dieWithParent();
  expect(pi.relay(0)).toBe(true);
});

test.each([
  [
    "tools that are not installed",
    (one: GpioBench) => one.pi.setInstalled(false),
    "Disconnected",
    "the libgpiod tools are not installed: sudo apt install gpiod",
  ],
  ["a chip that is not there", (one: GpioBench) => one.pi.cut(), "Disconnected", "there is no gpiochip0: gpiodetect lists the chips of this computer"],
  [
    "a relay's line that another program has",
    (one: GpioBench) => one.pi.take(18, "fan-control"),
    "BadReply",
    "line 18 is held by another program (fan-control): end that, or take another line",
  ],
  [
    "a contact's line that another program has",
    (one: GpioBench) => one.pi.take(4, "w1"),
    "BadReply",
    "line GPIO4 is held by another program (w1): end that, or take another line",
  ],
  ["tools that do not answer", (one: GpioBench) => one.pi.setMute(true), "TimedOut", "the libgpiod tools do not answer"],
] as const)("%s: told with what to do, and gone on with when it is mended", async (_, spoil, error, detail) => {
  for (const version of VERSIONS) {
    const one = gpioBench(version);
    spoil(one);
    await one.clock.pass(3_500);
    expect(one.board.health).toMatchObject({ kind: "offline", error, detail });
    expect(await one.board.set(0, true)).toMatchObject({ ok: false, error });
    one.pi.setInstalled(true);
    one.pi.mend();
    one.pi.take(18, undefined);
    one.pi.take(4, undefined);
    one.pi.setMute(false);
    expect(await one.clock.until(() => one.board.health.kind === "online" && one.pi.relay(0), 2_000)).toBe(true);
  }
});

test.each([
  [{ relayLines: [17, "RELAY_2"] }, "gpiochip0 has no line named RELAY_2: gpioinfo lists those that it has"],
  [{ inputLines: [4, "GPIO17"] }, "line 17 is listed twice, by its number and by its name"],
  [{ inputLines: [99] }, "gpiochip0 has no line 99: gpioinfo lists those that it has"],
])("%j: a line that the chip has not is named", async (options, detail) => {
  expect((await offline("2.2.1", 1, options)).board.health).toMatchObject({ error: "BadReply", detail });
});

test("a line that somebody takes away is taken back when it is free, and a level is asserted again", async () => {
  const { board, pi, clock } = await online("2.2.1");
  void board.set(2, true);
  await clock.pass(50);
  pi.killDrivers();
  expect(pi.relay(2)).toBe(false);
  expect(await clock.until(() => pi.relay(2), 300)).toBe(true);
  expect(board.health.kind).toBe("online");
});

test("a contact is told within a few milliseconds, also where it bounces, and at the latest at the next reading", async () => {
  for (const version of VERSIONS) {
    const { board, pi, clock } = await online(version);
    const told: { closed: boolean; at: number }[] = [];
    board.onInput((input, closed) => input === 0 && told.push({ closed, at: clock.monotonic() }));
    await clock.pass(200);
    const changedAt = clock.monotonic();
    for (const closed of [true, false, true, false, true]) pi.setInput(0, closed);
    await clock.pass(5);
    expect([told.at(-1)?.closed, told.at(-1)!.at - changedAt <= 5]).toEqual([true, true]);
    // At every moment of a second, the ones between reading and watching among them.
    for (let late = 0; late < 1_000; late += 7) {
      await clock.pass(late);
      pi.setInput(1, late % 2 === 0);
      expect(await clock.until(() => board.input(1) === (late % 2 === 0), 560), `${version}, ${late} ms`).toBe(true);
    }
  }
});

test("a hold that is longer than anybody means is refused, and a closed board has let go of every line", async () => {
  const { board, pi, clock } = await online("1.6.3");
  expect(await board.pulse(0, GPIO_HOLD_MS_MAX + 1)).toMatchObject({ ok: false, error: "Unsupported" });
  void board.set(0, true);
  await clock.pass(50);
  void board.close();
  await clock.pass(600);
  expect([pi.running, pi.relay(0), clock.pending]).toEqual([0, false, 0]);
});
