import type { DeviceHealth } from "@portico/firmware-ts";
import { describe, expect, test } from "vitest";
import { type RelayBoardLimits, type RelayBoardRig, relayBoardTrials } from "./relay-board-rig.ts";

/** A rig of a board whose protocol has a word for "busy". */
export interface BusyBoardRig extends RelayBoardRig {
  /** The device answers everything with that word and does nothing. */
  setBusy(busy: boolean): void;
}

/** What a relay board driver promises beside {@link relayBoardContract} where its board can say that it is busy. */
export function busyBoardContract(name: string, rigOf: (seed: number) => BusyBoardRig | Promise<BusyBoardRig>, limits: RelayBoardLimits): void {
  const { rig, answered, record } = relayBoardTrials(rigOf, limits);

  describe(`${name}: the contract of boards that may be busy`, () => {
    test("a board that is busy for a moment obeys as soon as it is not, and was never off line", async () => {
      const one = await rig();
      const healths: DeviceHealth["kind"][] = [];
      one.board.onHealth(({ kind }) => healths.push(kind));
      await answered(one, one.board.set(0, true), limits.answerMs);
      const changes = record(one, 1);
      one.setBusy(true);
      const [pulse, off] = [one.board.pulse(1, 300), one.board.set(0, false)];
      await one.pass(400);
      one.setBusy(false);
      for (const wish of [off, pulse]) expect(await answered(one, wish, limits.answerMs + 100)).toMatchObject({ ok: true });
      expect(one.side.relay(0)).toBe(false);
      await one.pass(2_000);
      expect(changes.map(({ energized }) => energized)).toEqual([true, false]);
      expect(changes[1]!.at - changes[0]!.at, "the whole hold, from when the board took it").toBeGreaterThanOrEqual(290);
      expect(healths).toEqual([]);
    });

    test("a board that stays busy is told as busy, not as silent; a pulse never acts later, off does", async () => {
      const one = await rig();
      await answered(one, one.board.set(0, true), limits.answerMs);
      const changes = record(one, 1);
      one.setBusy(true);
      for (const wish of [one.board.set(0, false), one.board.pulse(1, 60_000)])
        expect(await answered(one, wish, limits.giveUpMs + 500)).toMatchObject({ ok: false, error: "BadReply", detail: expect.stringContaining("busy") });
      expect(await one.until(() => one.board.health.kind === "offline", limits.giveUpMs + 500)).toBe(true);
      expect(one.board.health).toMatchObject({ error: "BadReply", detail: expect.stringContaining("busy") });
      one.setBusy(false);
      expect(await one.until(() => one.board.health.kind === "online" && !one.side.relay(0), limits.comebackMs)).toBe(true);
      await one.pass(limits.comebackMs);
      expect(changes).toEqual([]);
    });

    test("closing waits for a busy board, but not for ever", async () => {
      for (const busyMs of [200, 60_000]) {
        const one = await rig();
        await answered(one, one.board.set(1, true), limits.answerMs);
        one.setBusy(true);
        let isClosed = false;
        void one.board.close().then(() => (isClosed = true));
        await one.pass(Math.min(busyMs, limits.giveUpMs));
        if (busyMs < limits.giveUpMs) one.setBusy(false);
        expect(await one.until(() => isClosed, limits.giveUpMs)).toBe(true);
        expect(one.side.relay(1)).toBe(busyMs > limits.giveUpMs);
        if (one.timers !== undefined) expect(one.timers()).toBe(0);
      }
    });
  });
}
