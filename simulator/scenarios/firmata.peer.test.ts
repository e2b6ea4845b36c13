import { type RelayBoard, seededRandom, serialWire, type Wire } from "@portico/firmware-ts";
import { firmataRelayBoard } from "@portico/firmware-ts/firmata";
import { afterEach, expect, test } from "vitest";
import { clock, until } from "../../test/peers/peer-program.ts";
import { ptyPair } from "../../test/peers/pty-pair.ts";
import { standardFirmataHex } from "../src/uno-program.ts";
import { virtualUno } from "../src/virtual-uno.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** StandardFirmata's own machine code at one end of a pair of pseudo-terminals, johnny-five at the other, in real time. */
async function bench() {
  const pair = await ptyPair();
  ends.push(() => pair.end());
  const wireTo = (path: string): Wire => {
    const wire = serialWire({ name: path, path, baud: 57_600, clock, random: seededRandom(1) });
    ends.push(() => wire.close());
    return wire;
  };
  const far = wireTo(pair.far);
  const near = wireTo(pair.near);
  await until("both ends open", () => near.state === "open" && far.state === "open");
  const poweredAt = clock.monotonic();
  const uno = await virtualUno({ wire: far, clock, hex: standardFirmataHex() });
  ends.push(() => uno.close());
  const board = firmataRelayBoard({ id: "gate-1-board", wire: near, clock, relayPins: [8, 9], inputPins: [2, 3], activeLow: false });
  ends.push(() => board.close());
  await until("the board comes online", () => board.health.kind === "online");
  return { pair, uno, board, readyMs: clock.monotonic() - poweredAt };
}

/** Wishes until the board has said so: emulation and driver share one processor, and a starved board answers late. */
async function acknowledged(board: RelayBoard, energized: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await until("the board is online", () => board.health.kind === "online");
    const result = await board.set(0, energized);
    if (result.ok) return;
    if (attempt === 20) throw new Error(`${result.error} after ${attempt} wishes: ${result.detail}`);
  }
}

const p = (sorted: readonly number[], share: number): string => sorted[Math.floor(sorted.length * share)]!.toFixed(2);

test("johnny-five switches a pin of StandardFirmata over a serial port, and hears its contacts, time after time", async () => {
  const { uno, board, readyMs } = await bench();
  const toPinMs: number[] = [];
  const toAnswerMs: number[] = [];
  const toEventMs: number[] = [];
  let switchedAt: number | undefined;
  let heardAt: number | undefined;
  uno.onPin((pin) => pin === 8 && (switchedAt = clock.monotonic()));
  board.onInput(() => (heardAt = clock.monotonic()));
  for (let press = 0; press < 100; press++) {
    const energized = press % 2 === 0;
    switchedAt = heardAt = undefined;
    const wishedAt = clock.monotonic();
    await acknowledged(board, energized);
    toAnswerMs.push(clock.monotonic() - wishedAt);
    expect(uno.pin(8)).toBe(energized ? "high" : "low");
    toPinMs.push(switchedAt! - wishedAt);
    const pressedAt = clock.monotonic();
    uno.setContact(2, energized);
    await until("the contact is heard", () => heardAt !== undefined);
    toEventMs.push(heardAt! - pressedAt);
  }
  const lines = [toPinMs, toAnswerMs, toEventMs].map((times) => times.sort((a, b) => a - b));
  const [pin, answer, event] = lines.map((times) => `p50 ${p(times, 0.5)} p99 ${p(times, 0.99)} ms`);
  process.stdout.write(`power to online ${readyMs.toFixed(0)} ms · wish to pin ${pin} · wish to answer ${answer} · contact to event ${event}\n`);
  expect(toEventMs).toHaveLength(100);
});

test("a pulled cable leaves the relay drawn; plugged in again, it drops first and the board is back", async () => {
  const { pair, uno, board } = await bench();
  expect(await board.pulse(1, 60_000)).toMatchObject({ ok: true });
  await pair.unplug();
  await until("the driver knows", () => board.health.kind === "offline");
  expect(board.health).toMatchObject({ error: "Disconnected" });
  expect(uno.pin(9)).toBe("high");
  await pair.plugIn();
  await until("the relay drops", () => uno.pin(9) === "low");
  await until("the board is back", () => board.health.kind === "online");
  expect(uno.pin(9)).toBe("low");
});
