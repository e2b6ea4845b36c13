import type { Names } from "./names.ts";
import type { Validity } from "./validity.ts";
import type { ProfileLine } from "./access-facts.ts";
import type { GrantFacts, Effect } from "./access-facts.ts";

/** One grant that a policy shall consist of. */
export interface DesiredGrant {
  readonly subject: { readonly kind: "person" | "group" | "audience"; readonly id: string };
  /** Absent: give. */
  readonly effect?: Effect;
  readonly what: GrantFacts["what"];
  readonly validity: Validity;
}

/** How access profiles and policies shall be: each of them wholly, all others untouched. */
export interface DesiredAccess {
  readonly profiles: readonly { readonly id: string; readonly names: Names; readonly lines: readonly ProfileLine[] }[];
  readonly policies: readonly { readonly id: string; readonly names: Names; readonly grants: readonly DesiredGrant[] }[];
}

/** How those of the same ids are now. */
export interface StandingAccess {
  readonly profiles: DesiredAccess["profiles"];
  readonly policies: readonly {
    readonly id: string;
    readonly names: Names;
    readonly grants: readonly (DesiredGrant & { readonly id: string })[];
  }[];
}

/** One step from how it is to how it shall be. `from` is what a change replaces. */
export type PlanStep =
  | {
      readonly kind: "profile";
      readonly act: "add" | "change";
      readonly id: string;
      readonly names: Names;
      readonly lines: readonly ProfileLine[];
      readonly added: readonly ProfileLine[];
      readonly ended: readonly ProfileLine[];
    }
  | { readonly kind: "policy"; readonly act: "add" | "change"; readonly id: string; readonly names: Names }
  | { readonly kind: "grant"; readonly act: "add"; readonly policy: string; readonly grant: DesiredGrant }
  | { readonly kind: "grant"; readonly act: "change"; readonly policy: string; readonly id: string; readonly from: Validity; readonly grant: DesiredGrant }
  | { readonly kind: "grant"; readonly act: "end"; readonly policy: string; readonly id: string; readonly grant: DesiredGrant };

/**
 * The steps that make what stands into what is desired, in the order in which they can be taken: profiles, policies, then grants, policy by policy. Nothing
 * where both say the same.
 */
export function planAccess(desired: DesiredAccess, standing: StandingAccess): PlanStep[] {
  const steps: PlanStep[] = [];
  for (const { id, names, lines } of desired.profiles) {
    const now = standing.profiles.find((profile) => profile.id === id);
    const wanted = unique(lines, lineKey);
    const had = new Map((now?.lines ?? []).map((line) => [lineKey(line), line]));
    const wantedKeys = new Set(wanted.map(lineKey));
    const added = wanted.filter((line) => !had.has(lineKey(line)));
    const ended = [...had.values()].filter((line) => !wantedKeys.has(lineKey(line)));
    if (now === undefined || added.length + ended.length > 0 || !sameNames(now.names, names))
      steps.push({ kind: "profile", act: now === undefined ? "add" : "change", id, names, lines: wanted, added, ended });
  }
  for (const { id, names } of desired.policies) {
    const now = standing.policies.find((policy) => policy.id === id);
    if (now === undefined || !sameNames(now.names, names)) steps.push({ kind: "policy", act: now === undefined ? "add" : "change", id, names });
  }
  for (const policy of desired.policies)
    steps.push(...grantSteps(policy.id, unique(policy.grants, grantKey), standing.policies.find(({ id }) => id === policy.id)?.grants ?? []));
  return steps;
}

function grantSteps(policy: string, wanted: readonly DesiredGrant[], standing: StandingAccess["policies"][number]["grants"]): PlanStep[] {
  const wantedKeys = new Set(wanted.map(grantKey));
  const kept = new Set<string>();
  const leaving = standing.filter((grant) => {
    const key = grantKey(grant);
    // Twins of a grant open nothing more: one of them is kept.
    if (!wantedKeys.has(key) || kept.has(key)) return true;
    kept.add(key);
    return false;
  });
  const coming = wanted.filter((grant) => !kept.has(grantKey(grant)));
  const steps: PlanStep[] = [];
  for (const grant of coming) {
    // The same to the same people at other times is one that changes.
    const nth = leaving.findIndex((other) => scopeKey(other) === scopeKey(grant));
    const [before] = nth === -1 ? [] : leaving.splice(nth, 1);
    if (before === undefined) steps.push({ kind: "grant", act: "add", policy, grant });
    else steps.push({ kind: "grant", act: "change", policy, id: before.id, from: before.validity, grant });
  }
  for (const { id, ...grant } of leaving) steps.push({ kind: "grant", act: "end", policy, id, grant });
  return steps;
}

/**
 * The access points that more is opened by than before: two operators have to see those that are `high`. The end of a withholding gives back what was given
 * by two already.
 */
export function opening(steps: readonly PlanStep[], linesOf: (profile: string) => readonly ProfileLine[]): string[] {
  const points = steps.flatMap((step) => {
    if (step.kind === "profile") return step.added.map(({ accessPoint }) => accessPoint);
    if (step.kind === "policy" || step.act === "end") return [];
    const { what, effect } = step.grant;
    if (effect === "withhold" || what.kind === "everywhere") return [];
    return what.kind === "own" ? what.accessPoints : linesOf(what.profile).map(({ accessPoint }) => accessPoint);
  });
  return [...new Set(points)].sort();
}

const lineKey = ({ accessPoint, capability, schedule }: ProfileLine): string => `${accessPoint} ${capability} ${schedule}`;
const scopeKey = ({ subject, effect = "give", what }: DesiredGrant): string => `${effect} ${subject.kind} ${subject.id} ${whatKey(what)}`;
function whatKey(what: GrantFacts["what"]): string {
  switch (what.kind) {
    case "profile":
      return `profile ${what.profile}`;
    case "own":
      return `own ${[...new Set(what.accessPoints)].sort().join(",")} ${what.capability} ${what.schedule}`;
    case "everywhere":
      return `everywhere ${what.capability}`;
  }
}
const grantKey = (grant: DesiredGrant): string => `${scopeKey(grant)} ${grant.validity.from} ${grant.validity.until}`;
const sameNames = (one: Names, other: Names): boolean => one.zh === other.zh && one.en === other.en;
const unique = <T>(list: readonly T[], key: (one: T) => string): T[] => [...new Map(list.map((one) => [key(one), one])).values()];
