import { isListId } from "@portico/card-protocol";
import type { ListContent } from "./list-content.ts";

/**
 * Makes sure that everything a list names stands in it too, under names that a list may use.
 *
 * @throws RangeError naming the first that does not: whoever made the list has to see to that
 */
export function checkReferences(content: ListContent): void {
  const credentials = new Set(content.credentials.map(({ id }) => id));
  const schedules = new Set(content.schedules.map(({ id }) => id));
  const groups = new Set(content.specialDayGroups.map(({ id }) => id));
  const profiles = new Set(content.policies.map(({ accessProfile }) => accessProfile));
  const named = (kind: string, id: string): void => {
    if (!isListId(id)) throw new RangeError(`${kind} ${JSON.stringify(id)} is no name for a list`);
  };
  const present = (ids: ReadonlySet<string>, kind: string, id: string): void => {
    if (!ids.has(id)) throw new RangeError(`${kind} ${id} is named but not in the list`);
  };
  for (const { id, person } of content.credentials) {
    if (!/^[0-9a-f]{16}$/.test(id)) throw new RangeError(`credential ${JSON.stringify(id)} is not 16 lower-case hex digits`);
    named("person", person);
  }
  for (const { token, credential } of content.cards) {
    if (!/^[0-9a-f]{32}$/.test(token)) throw new RangeError("a token is 32 lower-case hex digits");
    present(credentials, "credential", credential);
  }
  for (const { accessProfile, accessPoint, schedule } of content.policies) {
    named("access profile", accessProfile);
    named("access point", accessPoint);
    present(schedules, "schedule", schedule);
  }
  for (const { credential, accessProfile } of content.grants) {
    present(credentials, "credential", credential);
    present(profiles, "access profile", accessProfile);
  }
  for (const { id, specialDays, follows } of content.schedules) {
    named("schedule", id);
    for (const { group } of specialDays) present(groups, "special day group", group);
    for (const phase of follows.termPhases ?? []) named("term phase", phase);
  }
  for (const { id } of content.specialDayGroups) named("special day group", id);
  for (const { phase } of content.calendar.termPhases) named("term phase", phase);
}
