import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import type { FileContent } from "./schema.ts";

/** Room locks that read cards hold their zone's key for card numbers: in a zone of room locks alone, over a session, and from a cloud. */
export function lockCardProblems({ lock: locks, cloud, access_point: points }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const zoneOf = (zone: string | undefined): string | undefined => zone ?? cloud?.zones[0];
  return locks.flatMap((lock, index): ConfigurationProblem[] => {
    if (!lock.cards) return [];
    const problem = (what: string, remedy: string): ConfigurationProblem => problemAt(["lock", index, "cards"], what, remedy);
    const problems: ConfigurationProblem[] = [];
    if (lock.protocol !== "ble") problems.push(problem(`is true, but nobody gives a lock of protocol = "${lock.protocol}" a key`, "write cards = false"));
    if (cloud === undefined) problems.push(problem("is true, but lists come from files, and no zone has a key", "write cards = false"));
    const zone = zoneOf(lock.zone);
    const other = cloud === undefined ? undefined : points.find((point) => point.lock === undefined && zoneOf(point.zone) === zone);
    if (other !== undefined)
      problems.push(problem(`is true, but access point "${other.id}" of its zone "${zone}" is no room lock: a stolen lock would tell of its cards`, "give room locks that read cards a zone of their own, or write cards = false")); // prettier-ignore
    return problems;
  });
}
