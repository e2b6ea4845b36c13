import type { CredentialRow } from "@portico/controller";
import { campusPockets, smallCampus, VirtualCampus } from "@portico/simulator";
import type { RunningCampus } from "./sim-campus.ts";

/** The small campus in virtual time, within this program. The same seed gives the same run. */
export async function virtualCampus(seed: number): Promise<RunningCampus> {
  const virtual = await VirtualCampus.open({ make: smallCampus, seed });
  const { campus, clock, hands, now } = virtual;
  return {
    campus,
    hands,
    pockets: campusPockets({ campus, now }),
    clock,
    now,
    crashes: () => virtual.fatal.length,
    async credentialsOf(person) {
      const asked = { params: {}, query: new URLSearchParams({ person }), body: undefined };
      const rows: readonly CredentialRow[] = await virtual.controller.answers["GET /v1/list/credentials"](asked);
      return rows.map(({ credential }) => credential);
    },
    verify: () => virtual.chain(),
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
