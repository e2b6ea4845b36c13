/** Names the one seed to run, in place of those that a scenario runs by itself. */
const SEED_VARIABLE = "PORTICO_SEED";

/** The seeds of a scenario: its own, or the one that was asked for. */
export function seedsOf(own: readonly number[], env: Readonly<Record<string, string | undefined>> = process.env): readonly number[] {
  const wanted = env[SEED_VARIABLE];
  if (wanted === undefined || wanted === "") return own;
  const seed = Number(wanted);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`${SEED_VARIABLE} is a whole number of 0 or more, not ${wanted}`);
  return [seed];
}

/** The command that runs a scenario again with its seed. */
export const replayCommand = (scenario: string, seed: number): string => `${SEED_VARIABLE}=${seed} npx vitest run simulator/scenarios/${scenario}.scenario.ts`;

/** Runs a seeded scenario; whatever it throws ends with the command that replays it. */
export async function replayable(scenario: string, seed: number, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error) error.message = `${error.message}\n\nreplay: ${replayCommand(scenario, seed)}`;
    throw error;
  }
}
