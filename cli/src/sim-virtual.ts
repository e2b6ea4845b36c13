import { seededRandom, seededRandomBytes } from "@portico/firmware-ts";
import { campusPockets, CloudCampus, sharedHands, stationHands, wiredCampus } from "@portico/simulator";
import type { RunningCampus } from "./sim-campus.ts";
import { type Ask, campusCloud } from "./sim-cloud.ts";

/** What a campus's network takes, one way, ms. */
const LINE_MS_MAX = 8;

/** The campus with its cloud in virtual time, within this program, without what hangs on a network. The same seed gives the same run. */
export async function virtualCampus(seed: number): Promise<RunningCampus> {
  const virtual = await CloudCampus.open({ make: wiredCampus, seed });
  const { campus, clock, now, cloud, controllers } = virtual;
  for (const line of cloud.lines.values()) line.setFaults({ delayMsMax: LINE_MS_MAX });
  const ask: Ask = async (route, parts, also) => {
    const outcome = await cloud.operator.ask(route, parts, also);
    if (!outcome.ok) throw new Error(`${outcome.problem.title}: ${outcome.problem.detail}`);
    return outcome.value;
  };
  return {
    campus,
    hands: sharedHands(virtual.hands, clock),
    stations: stationHands(virtual.devices, virtual.printers, virtual.rooms),
    pockets: campusPockets({ campus, now }),
    cloud: campusCloud({
      ask,
      site: campus.site,
      randomBytes: seededRandomBytes(seededRandom(seed)),
      plug: (isIn) => Promise.resolve(isIn ? cloud.plug() : cloud.unplug()),
    }),
    clock,
    now,
    crashes: () => virtual.fatal.length,
    async verify() {
      const chains = [];
      for (const [controller, each] of controllers) chains.push({ controller, verdict: await each.chain() });
      return chains;
    },
    async pass(ms) {
      await clock.pass(ms);
      return true;
    },
    passUntil: (done, withinMs) =>
      virtual.during(done, withinMs).then(
        () => true,
        () => false,
      ),
    end: () => virtual.end(),
  };
}
