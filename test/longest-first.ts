import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take the most processor time, the longest first. Times of a fresh checkout are not known, and the sizes of files say nothing of them. */
export const LONG_FILES: readonly string[] = [
  "test/crash/crash.test.ts",
  "cloud-sync/src/api/routes.test.ts",
  "simulator/scenarios/day.scenario.ts",
  "cli/src/sim-programs.test.ts",
  "simulator/scenarios/crowd.scenario.ts",
  "simulator/scenarios/firmata.scenario.ts",
  "cloud-sync/src/api/bad-input.test.ts",
  "simulator/scenarios/loss.scenario.ts",
  "cli/src/credential.test.ts",
  "cli/src/sandbox.test.ts",
  "simulator/scenarios/stale.scenario.ts",
  "simulator/scenarios/room.scenario.ts",
  "cloud-sync/src/expansion/expander.test.ts",
  "card-protocol/src/vectors/record-vectors.test.ts",
  "simulator/scenarios/osdp-line-speed.scenario.ts",
];

const rank = (file: string): number => {
  const nth = LONG_FILES.findIndex((long) => file.endsWith(`/${long}`));
  return nth === -1 ? LONG_FILES.length : nth;
};

/** Begins with what takes long: begun last, it would have one core to itself while the others wait. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a.moduleId) - rank(b.moduleId));
  }
}
