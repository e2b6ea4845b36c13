import { LOCK_REFUSALS, unixSeconds } from "@portico/card-protocol";
import type { RoomLock, RoomLockFeature, RoomLockResult, UnlockWish } from "@portico/firmware-ts";
import { describe, expect, test } from "vitest";

/** One driver of room locks with its lock, and the hands of people at it. */
export interface RoomLockRig {
  readonly lock: RoomLock;
  /** The bolt, as it is and not as the driver believes. */
  readonly isDrawn: () => boolean;
  /** Whether the keypad opens for these digits. Behind it the bolt may be drawn. */
  readonly opensFor: (digits: string) => boolean;
  /** The lock leaves reach, or its cloud the network; and comes back. */
  readonly setReachable: (reachable: boolean) => void;
  readonly wish: (seq: number) => UnlockWish;
  readonly sealed: (holder: number, version: number, digits: string) => { readonly holder: number; readonly version: number; readonly sealed: Uint8Array };
  /** A list for this lock of these holders at any time; asked for only where the driver takes lists. */
  readonly list: (version: number, holders: readonly number[]) => Uint8Array;
  /** The lock's time may be judged from now on. */
  readonly begin: () => Promise<void>;
  /** Waits in the rig's time. */
  readonly settled: <T>(promise: Promise<T>) => Promise<T>;
  readonly pass: (ms: number) => Promise<void>;
}

const outcome = (result: RoomLockResult): string => (result.ok ? "ok" : result.error === "Refused" ? result.refusal : result.error);
const HOLDER = 7;

/** What every driver of a room lock promises, as far as its lock can. */
export function roomLockContract(name: string, makeRig: () => RoomLockRig | Promise<RoomLockRig>): void {
  describe(name, () => {
    test("it opens for what is wished, and locks", async () => {
      const { lock, isDrawn, wish, settled } = await makeRig();
      expect([outcome(await settled(lock.unlock(wish(1)))), isDrawn()]).toEqual(["ok", true]);
      expect([outcome(await settled(lock.secure())), isDrawn()]).toEqual(["ok", false]);
      await settled(lock.close());
    });

    test("what its lock cannot do is Unsupported, and nothing else is", async () => {
      const { lock, begin, settled, list } = await makeRig();
      await begin();
      await settled(lock.state());
      const asks: [RoomLockFeature, () => Promise<RoomLockResult>][] = [
        ["list", () => lock.applyList(lock.features.has("list") ? list(1, [HOLDER]) : new Uint8Array(100))],
        ["denySet", () => lock.applyDenySet(new Uint8Array(100))],
        ["audit", () => lock.readAudit(0, 16)],
        ["clock", () => lock.setClock(unixSeconds(1_800_000_000))],
        ["cardAtLock", () => lock.setCardKey(new Uint8Array(32), 1)],
        ["finger", () => lock.eraseFinger(0)],
      ];
      for (const [feature, ask] of asks) expect([feature, outcome(await settled(ask())) === "Unsupported"]).toEqual([feature, !lock.features.has(feature)]);
      await settled(lock.close());
    });

    test("a PIN is set, changed and erased; the lock's refusals are its own words", async () => {
      const { lock, begin, opensFor, sealed, list, settled, pass } = await makeRig();
      if (!lock.features.has("sealedPin")) return expect(outcome(await settled(lock.setPin(sealed(HOLDER, 1, "274951"))))).toBe("Unsupported");
      await begin();
      if (lock.features.has("list")) await settled(lock.applyList(list(1, [HOLDER])));
      expect(outcome(await settled(lock.setPin(sealed(HOLDER, 1, "274951"))))).toBe("ok");
      expect(opensFor("274951")).toBe(true);
      expect(outcome(await settled(lock.setPin(sealed(HOLDER, 1, "274951"))))).toBe("ok");
      expect(outcome(await settled(lock.setPin(sealed(HOLDER, 2, "12345"))))).toBe("PinFormat");
      expect(outcome(await settled(lock.setPin(sealed(HOLDER, 3, "38506294"))))).toBe("ok");
      await pass(10_000);
      expect([opensFor("274951"), opensFor("38506294")]).toEqual([false, true]);
      const found = await settled(lock.state());
      expect(found.ok && found.state.pins).toEqual([{ holder: HOLDER, version: 3 }]);
      expect(outcome(await settled(lock.erasePin({ holder: HOLDER, version: 4 })))).toBe("ok");
      expect(opensFor("38506294")).toBe(false);
      expect(outcome(await settled(lock.erasePin({ holder: HOLDER, version: 4 })))).toBe("ok");
      await settled(lock.close());
    });

    test("a lock that is not reached is told so in time, its health says since when, and it comes back by itself", async () => {
      const { lock, wish, setReachable, settled, pass } = await makeRig();
      const healths: string[] = [];
      lock.onHealth(({ kind }) => healths.push(kind));
      await settled(lock.state());
      expect(lock.health.kind).toBe("online");
      setReachable(false);
      const asked = [lock.unlock(wish(1)), lock.state(), lock.erasePin({ holder: HOLDER, version: 1 })];
      for (const result of await settled(Promise.all<RoomLockResult>(asked))) expect(["Disconnected", "TimedOut", "BadReply"]).toContain(outcome(result));
      expect(lock.health).toMatchObject({ kind: "offline", detail: expect.stringMatching(/./) });
      setReachable(true);
      await pass(180_000);
      expect(lock.health.kind).toBe("online");
      expect(outcome(await settled(lock.unlock(wish(2))))).toBe("ok");
      expect(healths.at(-1)).toBe("online");
      await settled(lock.close());
    });

    test("two unlocks at once open once or say which was superseded; locking behind them wins", async () => {
      const { lock, isDrawn, wish, settled } = await makeRig();
      const all = [lock.unlock(wish(1)), lock.unlock(wish(2)), lock.secure()];
      const outcomes = (await settled(Promise.all(all))).map(outcome);
      for (const each of outcomes) expect(["ok", "Superseded"]).toContain(each);
      expect([outcomes[2], isDrawn()]).toEqual(["ok", false]);
      await settled(lock.close());
    });

    test("once it is closed everything is answered Disconnected, and its refusals are words of the one table", async () => {
      const { lock, wish, settled } = await makeRig();
      await settled(lock.close());
      await settled(lock.close());
      const answers: RoomLockResult[] = [await settled(lock.unlock(wish(1))), await settled(lock.secure()), await settled(lock.state())];
      expect(answers.map(outcome)).toEqual(["Disconnected", "Disconnected", "Disconnected"]);
      for (const answer of answers) expect(LOCK_REFUSALS).not.toContain(outcome(answer));
    });
  });
}
