import type { Clock } from "@portico/card-protocol";
import { type Feedback, relayIndicator } from "@portico/firmware-ts";
import { describe, expect, test } from "vitest";
import { type RelayBoardLimits, type RelayBoardRig, relayBoardTrials } from "./relay-board-rig.ts";

/** A rig whose clock an indicator can share. */
export interface IndicatorRig extends RelayBoardRig {
  readonly clock: Clock;
}

/** Relays of the lights and of the buzzer. */
const LAMP = { granted: 1, denied: 2, buzzer: 3 } as const;
type Lamp = keyof typeof LAMP;
/** Longer than any feedback that ends by itself. */
const SHOWN_MS_MAX = 3_000;

/** What light and buzzer at a reader promise (`Indicator`), over a relay board driver and real bytes. */
export function indicatorContract(name: string, rigOf: (seed: number) => IndicatorRig | Promise<IndicatorRig>, limits: RelayBoardLimits): void {
  const { rig, answered } = relayBoardTrials(rigOf, limits);

  async function reader(seed = 1) {
    const one = await rig(seed);
    const indicator = relayIndicator({ board: one.board, clock: one.clock, ...LAMP });
    const lit: string[] = [];
    one.side.onRelay((relay, energized) => {
      const lamp = (Object.keys(LAMP) as Lamp[]).find((each) => LAMP[each] === relay);
      if (lamp !== undefined && energized) lit.push(lamp);
    });
    const burning = (): Lamp[] => (Object.keys(LAMP) as Lamp[]).filter((lamp) => one.side.relay(LAMP[lamp]));
    /** Shows something; the answer must come in time. */
    const show = (feedback: Feedback, withinMs = 3 * limits.answerMs) => answered(one, indicator.indicate(feedback), withinMs);
    return { one, indicator, lit, burning, show };
  }

  describe(`${name}: the indicator contract`, () => {
    test("granted and denied differ by light and by ear, and end by themselves", async () => {
      const { one, lit, burning, show } = await reader();
      expect(await show("AccessGranted")).toEqual({ ok: true });
      expect(burning()).toEqual(["granted", "buzzer"]);
      await one.pass(SHOWN_MS_MAX);
      expect([lit.splice(0).sort(), burning()]).toEqual([["buzzer", "granted"], []]);
      expect(await show("AccessDenied")).toEqual({ ok: true });
      await one.pass(SHOWN_MS_MAX);
      expect([lit.sort(), burning()]).toEqual([["buzzer", "buzzer", "buzzer", "denied"], []]);
    });

    test("the newest feedback wins: what the one before had lit is out when it answers", async () => {
      const { one, lit, burning, show } = await reader();
      await show("AccessDenied");
      expect(await show("AccessGranted")).toEqual({ ok: true });
      expect(burning()).toEqual(["granted", "buzzer"]);
      lit.length = 0;
      await one.pass(SHOWN_MS_MAX);
      expect([lit, burning()], "the beeps of the refusal are forgotten").toEqual([[], []]);
    });

    test("a door that stands open goes on beeping until it does not, and then all is dark", async () => {
      const { one, lit, burning, show } = await reader();
      await show("DoorOpenTooLong");
      await one.pass(4_000);
      expect(lit.filter((lamp) => lamp === "buzzer").length).toBeGreaterThan(5);
      expect(await show("Idle")).toEqual({ ok: true });
      lit.length = 0;
      expect(burning()).toEqual([]);
      await one.pass(SHOWN_MS_MAX);
      expect([lit, burning()]).toEqual([[], []]);
    });

    test("unplugged it answers Disconnected at once, and shows nothing of it when it is back", async () => {
      const { one, lit, burning, show } = await reader();
      one.cut();
      expect(await show("AccessGranted", 0)).toMatchObject({ ok: false, error: "Disconnected" });
      await one.pass(100);
      one.mend();
      expect(await one.until(() => one.board.health.kind === "online", limits.comebackMs)).toBe(true);
      await one.pass(SHOWN_MS_MAX);
      expect([lit, burning()]).toEqual([[], []]);
      expect(await show("AccessGranted")).toEqual({ ok: true });
    });

    test("of a silent board it answers TimedOut, and is dark when the board is back", async () => {
      const { one, burning, show } = await reader();
      await show("AccessDenied");
      one.setMute(true);
      // Each lamp is a wish of its own, and they wait for one another on one line.
      expect(await show("AccessGranted", Object.keys(LAMP).length * limits.giveUpMs)).toMatchObject({ ok: false, error: "TimedOut" });
      await one.pass(SHOWN_MS_MAX);
      one.setMute(false);
      expect(await one.until(() => one.board.health.kind === "online" && burning().length === 0, limits.comebackMs + SHOWN_MS_MAX)).toBe(true);
    });

    test("a noisy line may swallow a light, but leaves none burning", async () => {
      for (let seed = 1; seed <= 20; seed++) {
        const { one, indicator, burning } = await reader(seed);
        if (one.setFaults === undefined) return expect(one.board.timesPulse, "no checksum, no noise").toBe(false);
        one.setFaults({ drop: 0.2, flipBit: 0.1, split: 0.3, delayMsMax: 20 });
        for (const feedback of ["AccessGranted", "AccessDenied", "DoorOpenTooLong", "Idle", "AccessDenied"] as const) {
          void indicator.indicate(feedback);
          await one.pass(170);
        }
        one.setFaults({});
        await one.pass(SHOWN_MS_MAX + limits.comebackMs);
        expect(burning(), `seed ${seed}`).toEqual([]);
      }
    });
  });
}
