import { type AmountKeypad, type DeviceHealth, type TextDisplay, type WireFaults } from "@portico/firmware-ts";
import { afterEach, describe, expect, test } from "vitest";
import type { VirtualDisplay } from "../../src/virtual-display.ts";
import type { VirtualKeypad } from "../../src/virtual-keypad.ts";

/** What spoils a line, and time. */
export interface LineHands {
  pass(ms: number): Promise<void>;
  cut(): void;
  mend(): void;
  setFaults(faults: WireFaults): void;
  /** Timers that the driver holds. */
  timers(): number;
  end(): Promise<void>;
}

/** A keypad's driver with a virtual keypad at the other end of its wire. */
export interface KeypadRig extends LineHands {
  readonly keypad: AmountKeypad;
  readonly hand: VirtualKeypad;
}

/** A display's driver with whoever stands before the display. */
export interface DisplayRig extends LineHands {
  readonly display: TextDisplay;
  readonly seen: VirtualDisplay;
  /** ¥ as this display writes it. */
  readonly yuan: string;
}

const LINE_MS = 200;

/** What every keypad driver promises (`AmountKeypad`), tested on real bytes. */
export function keypadContract(name: string, rigOf: (seed: number) => KeypadRig): void {
  const ends: LineHands[] = [];
  afterEach(async () => void (await Promise.all(ends.splice(0).map((rig) => rig.end()))));
  function rig(seed = 1): KeypadRig & { readonly keys: string[]; readonly healths: DeviceHealth["kind"][] } {
    const made = rigOf(seed);
    ends.push(made);
    const keys: string[] = [];
    const healths: DeviceHealth["kind"][] = [];
    made.keypad.onKey((key) => keys.push(key));
    made.keypad.onHealth(({ kind }) => healths.push(kind));
    return { ...made, keys, healths };
  }

  describe(`${name}: the keypad contract`, () => {
    test("every key is told once and in order, however the line cuts them", async () => {
      const one = rig();
      one.setFaults({ split: 1, delayMsMax: 8 });
      one.hand.enter("12.50");
      one.hand.press("Clear", "Backspace");
      await one.pass(LINE_MS);
      expect(one.keys).toEqual(["1", "2", ".", "5", "0", "Enter", "Clear", "Backspace"]);
    });

    test("unplugged in the middle of an amount it is off line and tells no key; back it is on line, and nothing of before comes after all", async () => {
      const one = rig();
      one.hand.press("1", "2");
      await one.pass(LINE_MS);
      one.cut();
      expect([one.keypad.health.kind, one.hand.press("3")]).toEqual(["offline", false]);
      await one.pass(60_000);
      one.mend();
      one.hand.press("4");
      await one.pass(LINE_MS);
      expect([one.keys, one.healths]).toEqual([
        ["1", "2", "4"],
        ["offline", "online"],
      ]);
    });

    test("what is no key is told as such, so that nobody takes the rest for an amount", async () => {
      const one = rig();
      one.hand.press("1");
      one.hand.noise(Uint8Array.of(0xb2, 0x00));
      one.hand.press("3");
      await one.pass(LINE_MS);
      expect(one.keys).toEqual(["1", "Unreadable", "Unreadable", "3"]);
    });

    test("closed it is quiet, whatever the line does, and holds no timer", async () => {
      const one = rig();
      await Promise.all([one.keypad.close(), one.keypad.close()]);
      one.hand.press("1");
      one.cut();
      one.mend();
      await one.pass(5_000);
      expect([one.keys, one.healths, one.timers()]).toEqual([[], [], 0]);
    });
  });
}

/** What every display driver promises (`TextDisplay`), tested on real bytes. */
export function displayContract(name: string, rigOf: (seed: number) => DisplayRig): void {
  const ends: LineHands[] = [];
  afterEach(async () => void (await Promise.all(ends.splice(0).map((rig) => rig.end()))));
  function rig(): DisplayRig & { readonly healths: DeviceHealth["kind"][] } {
    const made = rigOf(1);
    ends.push(made);
    const healths: DeviceHealth["kind"][] = [];
    made.display.onHealth(({ kind }) => healths.push(kind));
    return { ...made, healths };
  }
  const amount = (right: string) => [{ left: "TEST", right }];
  const shown = ({ seen }: DisplayRig): string => seen.lines.join("|").replace(/ {2,}/, " ");

  describe(`${name}: the display contract`, () => {
    test("it shows what it is told, and the newest alone", async () => {
      const one = rig();
      expect(await one.display.show([{ left: "North canteen", right: "" }, { left: "Welcome", right: "" }])).toMatchObject({ ok: true }); // prettier-ignore
      await one.pass(LINE_MS);
      expect(shown(one)).toBe("North canteen|Welcome");
      void one.display.show(amount("¥1.00"));
      void one.display.show(amount("¥12.50"));
      await one.pass(LINE_MS);
      expect(shown(one)).toBe(`TEST ${one.yuan}12.50|`);
    });

    test("unplugged it is off line and says so at once; what was shown last, even meanwhile, stands on it when it is back", async () => {
      const one = rig();
      await one.display.show(amount("¥1.00"));
      await one.pass(LINE_MS);
      one.cut();
      expect(await one.display.show(amount("¥2.00"))).toMatchObject({ ok: false, error: "Disconnected" });
      expect(one.display.health.kind).toBe("offline");
      await one.pass(60_000);
      one.seen.powerCycle();
      one.mend();
      await one.pass(LINE_MS);
      expect([shown(one), one.healths]).toEqual([`TEST ${one.yuan}2.00|`, ["offline", "online"]]);
    });

    test("switched off and on it shows within seconds what it showed", async () => {
      const one = rig();
      await one.display.show(amount("¥1.00"));
      await one.pass(LINE_MS);
      one.seen.powerCycle();
      expect(shown(one)).toBe("|");
      await one.pass(6_000);
      expect(shown(one)).toBe(`TEST ${one.yuan}1.00|`);
    });

    test("a line that loses and spoils bytes is mended by the next writing", async () => {
      const one = rig();
      one.setFaults({ drop: 0.5, flipBit: 0.5 });
      for (let fen = 0; fen < 20; fen++) {
        void one.display.show(amount(`¥${fen}.00`));
        await one.pass(LINE_MS);
      }
      one.setFaults({});
      await one.pass(11_000);
      expect(shown(one)).toBe(`TEST ${one.yuan}19.00|`);
    });

    test("closed it is dark, takes nothing more and holds no timer", async () => {
      const one = rig();
      await one.display.show(amount("¥1.00"));
      await Promise.all([one.display.close(), one.display.close()]);
      expect(await one.display.show(amount("¥2.00"))).toMatchObject({ ok: false });
      await one.pass(10_000);
      expect([shown(one), one.timers()]).toEqual(["|", 0]);
    });
  });
}
