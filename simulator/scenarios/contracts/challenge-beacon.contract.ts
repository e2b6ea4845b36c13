import type { ChallengeBeacon, DeviceHealth } from "@portico/firmware-ts";
import { afterEach, describe, expect, test } from "vitest";

/** A beacon, and a phone in its reach. */
export interface BeaconRig {
  readonly beacon: ChallengeBeacon;
  /** What the phone hears of it; undefined: nothing. */
  readonly heard: () => Uint8Array | undefined;
  /** The adapter is switched off, or on again; resolves when it is. */
  readonly switch: (isOn: boolean) => Promise<void>;
  /** Resolves when the beacon is so, or rejects after a while. */
  readonly until: (isSo: () => boolean) => Promise<void>;
  readonly end: () => Promise<void>;
}

const challenge = (byte: number): Uint8Array => new Uint8Array(8).fill(byte);

/** What every beacon promises (`ChallengeBeacon`). */
export function beaconContract(name: string, rigOf: () => Promise<BeaconRig>): void {
  const ends: BeaconRig[] = [];
  afterEach(async () => void (await Promise.all(ends.splice(0).map((rig) => rig.end()))));
  async function rig(): Promise<BeaconRig & { readonly healths: DeviceHealth["kind"][] }> {
    const made = await rigOf();
    ends.push(made);
    await made.until(() => made.beacon.health.kind === "online");
    const healths: DeviceHealth["kind"][] = [];
    made.beacon.onHealth(({ kind }) => healths.push(kind));
    return { ...made, healths };
  }

  describe(`${name}: the beacon contract`, () => {
    test("phones hear the challenge that was advertised last, and it alone", async () => {
      const { beacon, heard } = await rig();
      expect(heard()).toBeUndefined();
      for (const byte of [1, 2, 3]) {
        expect(await beacon.advertise(challenge(byte))).toEqual({ ok: true });
        expect(heard()).toEqual(challenge(byte));
      }
    });

    test("off it is dark and says so; on again it is heard with the next challenge, and not with an old one", async () => {
      const one = await rig();
      await one.beacon.advertise(challenge(1));
      await one.switch(false);
      await one.until(() => one.beacon.health.kind === "offline");
      expect(one.heard()).toBeUndefined();
      expect(await one.beacon.advertise(challenge(2))).toMatchObject({ ok: false, error: "Disconnected" });
      await one.switch(true);
      await one.until(() => one.beacon.health.kind === "online");
      expect(one.heard()).toBeUndefined();
      expect(await one.beacon.advertise(challenge(3))).toEqual({ ok: true });
      expect([one.heard(), one.healths]).toEqual([challenge(3), ["offline", "online"]]);
    });

    test("closed it is off the air, and takes nothing more", async () => {
      const one = await rig();
      await one.beacon.advertise(challenge(1));
      await Promise.all([one.beacon.close(), one.beacon.close()]);
      await one.until(() => one.heard() === undefined);
      expect(await one.beacon.advertise(challenge(2))).toMatchObject({ ok: false, error: "Disconnected" });
      expect([one.heard(), one.healths]).toEqual([undefined, []]);
    });
  });
}
