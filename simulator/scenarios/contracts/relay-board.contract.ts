import type { DeviceHealth, DeviceResult } from "@portico/firmware-ts";
import { seededRandom } from "@portico/firmware-ts";
import { describe, expect, test } from "vitest";
import { type RelayBoardLimits, type RelayBoardRig, relayBoardTrials } from "./relay-board-rig.ts";

const SEEDS = 40;

/**
 * What every relay board driver promises (`RelayBoard`), tested on real bytes.
 *
 * @param seeds  how many days are stormy: fewer where a processor is emulated, each of whose days takes a fifth of a second
 */
export function relayBoardContract(
  name: string,
  rigOf: (seed: number) => RelayBoardRig | Promise<RelayBoardRig>,
  limits: RelayBoardLimits,
  seeds: number = SEEDS,
): void {
  const { rig, begun, answered, relaysOf, allOff, record } = relayBoardTrials(rigOf, limits);

  describe(`${name}: the relay board contract`, () => {
    test("it starts with every relay off and tells each input once", async () => {
      const made = await begun(1);
      const told: string[] = [];
      made.board.onInput((input, closed) => told.push(`${input} ${closed}`));
      expect(made.board.input(0)).toBeUndefined();
      made.side.setInput(1, true);
      expect(await made.until(() => made.board.input(made.board.inputs - 1) !== undefined, limits.comebackMs)).toBe(true);
      await made.pass(500);
      expect(told).toEqual(Array.from({ length: made.board.inputs }, (_, input) => `${input} ${input === 1}`));
      expect(relaysOf(made)).toEqual(allOff(made));
    });

    test("a relay is switched on and off, and its neighbours are left alone", async () => {
      const one = await rig();
      expect(await answered(one, one.board.set(1, true), limits.answerMs)).toMatchObject({ ok: true });
      expect(await answered(one, one.board.set(2, true), limits.answerMs)).toMatchObject({ ok: true });
      expect(relaysOf(one).slice(0, 4)).toEqual([false, true, true, false]);
      expect(await answered(one, one.board.set(1, false), limits.answerMs)).toMatchObject({ ok: true });
      expect(relaysOf(one).slice(0, 4)).toEqual([false, false, true, false]);
    });

    test("a pulse energises once and drops by itself when the hold is over", async () => {
      const one = await rig();
      const changes = record(one, 0);
      expect(await answered(one, one.board.pulse(0, 700), limits.answerMs)).toMatchObject({ ok: true });
      await one.pass(700 + limits.holdExcessMs + 2_000);
      expect(changes.map(({ energized }) => energized)).toEqual([true, false]);
      const lastedMs = changes[1]!.at - changes[0]!.at;
      expect(lastedMs).toBeGreaterThanOrEqual(690);
      expect(lastedMs).toBeLessThanOrEqual(700 + limits.holdExcessMs);
    });

    test("a pulse during a pulse starts the hold anew", async () => {
      const one = await rig();
      const changes = record(one, 0);
      await answered(one, one.board.pulse(0, 800), limits.answerMs);
      await one.pass(500);
      await answered(one, one.board.pulse(0, 800), limits.answerMs);
      await one.pass(800 + limits.holdExcessMs + 1_000);
      expect(changes.map(({ energized }) => energized)).toEqual([true, false]);
      expect(changes[1]!.at - changes[0]!.at).toBeGreaterThanOrEqual(1_290);
    });

    test("off ends a pulse early", async () => {
      const one = await rig();
      await answered(one, one.board.pulse(0, 5_000), limits.answerMs);
      expect(one.side.relay(0)).toBe(true);
      expect(await answered(one, one.board.set(0, false), limits.answerMs)).toMatchObject({ ok: true });
      expect(one.side.relay(0)).toBe(false);
    });

    test("the newest wish wins, and the older ones are told so", async () => {
      const one = await rig();
      const wishes = [one.board.set(0, true), one.board.pulse(0, 1_000), one.board.set(0, true), one.board.set(0, false)];
      const results = await Promise.all(wishes.map((wish) => answered(one, wish, 4 * limits.answerMs)));
      expect(results.slice(0, 3).map((result) => !result.ok && result.error)).toEqual(["Superseded", "Superseded", "Superseded"]);
      expect(results[3]).toMatchObject({ ok: true });
      expect(one.side.relay(0)).toBe(false);
    });

    test("off is never refused, however much else is wished", async () => {
      const one = await rig();
      const offs: Promise<DeviceResult>[] = [];
      for (let round = 0; round < 25; round++)
        for (let relay = 0; relay < one.board.relays; relay++) {
          void one.board.pulse(relay, 1_000);
          void one.board.set(relay, true);
          offs[relay] = one.board.set(relay, false);
        }
      const results = await Promise.all(offs.map((off) => answered(one, off, (one.board.relays + 1) * limits.answerMs)));
      expect(results.filter((result) => !result.ok)).toEqual([]);
      expect(relaysOf(one)).toEqual(allOff(one));
    });

    test("what the board cannot do is refused and changes nothing", async () => {
      const one = await rig();
      for (const wish of [
        one.board.set(one.board.relays, true),
        one.board.set(-1, true),
        one.board.pulse(0.5, 100),
        one.board.pulse(0, 0),
        one.board.pulse(0, Number.NaN),
      ])
        expect(await answered(one, wish, limits.answerMs)).toMatchObject({ ok: false, error: "Unsupported" });
      await one.pass(200);
      expect(relaysOf(one)).toEqual(allOff(one));
    });

    test("a silent board gives TimedOut, goes off line, and comes back without acting on the old pulse", async () => {
      const one = await rig();
      const healths: DeviceHealth["kind"][] = [];
      one.board.onHealth(({ kind }) => healths.push(kind));
      const changes = record(one, 0);
      one.setMute(true);
      expect(await answered(one, one.board.pulse(0, 60_000), limits.giveUpMs)).toMatchObject({ ok: false, error: "TimedOut" });
      expect(await one.until(() => one.board.health.kind === "offline", limits.giveUpMs)).toBe(true);
      expect(one.board.health).toMatchObject({ error: "TimedOut" });
      expect(one.board.input(0)).toBeUndefined();
      one.setMute(false);
      expect(await one.until(() => one.board.health.kind === "online", limits.comebackMs)).toBe(true);
      await one.pass(limits.comebackMs);
      expect(healths).toEqual(["offline", "online"]);
      expect(changes.filter(({ energized }) => energized)).toEqual([]);
    });

    test("a wish on a cut wire answers Disconnected at once; after its return a set is asserted and a pulse forgotten", async () => {
      const one = await rig();
      await answered(one, one.board.set(3, true), limits.answerMs);
      one.cut();
      expect(one.board.health).toMatchObject({ kind: "offline", error: "Disconnected" });
      const changes = record(one, 0);
      expect(await answered(one, one.board.pulse(0, 60_000), 0)).toMatchObject({ ok: false, error: "Disconnected" });
      expect(await answered(one, one.board.set(1, true), 0)).toMatchObject({ ok: false, error: "Disconnected" });
      expect(await answered(one, one.board.set(3, false), 0)).toMatchObject({ ok: false, error: "Disconnected" });
      await one.pass(300);
      one.mend();
      expect(await one.until(() => one.board.health.kind === "online" && one.side.relay(1) && !one.side.relay(3), limits.comebackMs)).toBe(true);
      await one.pass(limits.comebackMs);
      expect(relaysOf(one).slice(0, 4)).toEqual([false, true, false, false]);
      expect(changes.filter(({ energized }) => energized)).toEqual([]);
    });

    test("unplugged before the answer, a wish is told Disconnected and a pulse never acts again", async () => {
      const one = await rig();
      const wishes = [one.board.pulse(0, 60_000), one.board.set(1, true)];
      one.cut();
      for (const wish of wishes) expect(await answered(one, wish, 0)).toMatchObject({ ok: false, error: "Disconnected" });
      const changes = record(one, 0);
      one.mend();
      expect(await one.until(() => one.board.health.kind === "online" && one.side.relay(1), limits.comebackMs)).toBe(true);
      await one.pass(limits.comebackMs);
      expect(one.side.relay(0)).toBe(false);
      expect(changes.filter(({ energized }) => energized)).toEqual([]);
    });

    test("inputs are unknown while off line and told anew after the return", async () => {
      const one = await rig();
      expect(await one.until(() => one.board.input(0) === false, limits.comebackMs)).toBe(true);
      const told: string[] = [];
      one.board.onInput((input, closed) => input === 0 && told.push(String(closed)));
      one.cut();
      expect(one.board.input(0)).toBeUndefined();
      one.side.setInput(0, true);
      one.mend();
      expect(await one.until(() => one.board.input(0) === true, limits.comebackMs)).toBe(true);
      expect(told).toEqual(["true"]);
    });

    test("after its power failed a board is put back to what is wished, but for pulses", async () => {
      const one = await rig();
      await answered(one, one.board.set(1, true), limits.answerMs);
      await answered(one, one.board.pulse(0, 60_000), limits.answerMs);
      const changes = record(one, 0);
      one.powerCycle();
      expect(await one.until(() => !one.side.relay(1), limits.comebackMs)).toBe(true);
      expect(await one.until(() => one.side.relay(1), limits.comebackMs)).toBe(true);
      await one.pass(limits.comebackMs);
      expect(changes.filter(({ energized }) => energized)).toEqual([]);
    });

    test("each change of an input is told once", async () => {
      const one = await rig();
      expect(await one.until(() => one.board.input(1) === false, limits.comebackMs)).toBe(true);
      const told: string[] = [];
      one.board.onInput((input, closed) => told.push(`${input} ${closed}`));
      for (const closed of [true, false, true]) {
        one.side.setInput(1, closed);
        expect(await one.until(() => one.board.input(1) === closed, limits.answerMs + 500)).toBe(true);
        await one.pass(300);
      }
      expect(told).toEqual(["1 true", "1 false", "1 true"]);
    });

    test("closing drops every output, ends every wish, and is quiet from then on", async () => {
      const one = await rig();
      await answered(one, one.board.set(1, true), limits.answerMs);
      await answered(one, one.board.pulse(0, 60_000), limits.answerMs);
      const pending = one.board.set(2, true);
      const closed = Promise.all([one.board.close(), one.board.close()]);
      let isClosed = false;
      void closed.then(() => (isClosed = true));
      expect(await one.until(() => isClosed, limits.giveUpMs)).toBe(true);
      expect(await answered(one, pending, 0)).toMatchObject({ ok: false, error: "Superseded" });
      expect(relaysOf(one)).toEqual(allOff(one));
      const told: unknown[] = [];
      one.board.onInput((input) => told.push(input));
      one.board.onHealth((health) => told.push(health));
      one.side.setInput(0, true);
      one.cut();
      await one.pass(2_000);
      expect(told).toEqual([]);
      expect(await answered(one, one.board.set(0, true), 0)).toMatchObject({ ok: false, error: "Disconnected" });
      if (one.timers !== undefined) expect(one.timers()).toBe(0);
    });

    test("closing on a cut wire does not wait for it", async () => {
      const one = await rig();
      one.cut();
      let isClosed = false;
      void one.board.close().then(() => (isClosed = true));
      expect(await one.until(() => isClosed, 0)).toBe(true);
    });

    test(`${seeds} stormy days: every wish is answered, and on a healed line every relay ends as wished`, async () => {
      for (let seed = 0; seed < seeds; seed++) {
        const one = await rig(seed);
        const { board } = one;
        if (one.setFaults === undefined) return expect(board.timesPulse, "no checksum, no storm").toBe(false);
        const random = seededRandom(seed);
        const wished = allOff(one);
        const open = new Set<number>();
        one.setFaults({ drop: 0.1, flipBit: 0.1, duplicate: 0.05, split: 0.3, delayMsMax: 30, disconnect: 0.01, outageMs: 400 });
        for (let step = 0; step < 60; step++) {
          const relay = Math.floor(random() * 4);
          const isCut = board.health.kind === "offline" && board.health.error === "Disconnected";
          let wish: Promise<DeviceResult>;
          if (random() < 0.4) wish = board.set(relay, (wished[relay] = random() < 0.5));
          else {
            wish = board.pulse(relay, 100 + Math.floor(random() * 900));
            // A pulse ends in off; one that a cut wire refuses leaves what was wished.
            if (!isCut) wished[relay] = false;
          }
          open.add(step);
          void wish.then(() => open.delete(step));
          await one.pass(Math.floor(random() * 150));
        }
        one.setFaults({});
        one.mend();
        const settled = (): boolean => open.size === 0 && relaysOf(one).every((energized, relay) => energized === wished[relay]);
        expect(await one.until(settled, limits.comebackMs + limits.giveUpMs), `seed ${seed}: wished ${wished.join()}, is ${relaysOf(one).join()}`).toBe(true);
        await one.pass(3_000);
        expect(relaysOf(one), `seed ${seed}, later`).toEqual(wished);
      }
    });
  });
}
