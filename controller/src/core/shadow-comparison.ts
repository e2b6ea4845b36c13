import type { CredentialId, DenyReason } from "@portico/card-protocol";
import { DENY_REASON } from "@portico/card-protocol";

/**
 * How two decisions on one presentation compare, the same first: `bothGranted`, `bothDenied` · `onlyOurs`: Portico would let in whom the old system refuses ·
 * `onlyOld`: the old system lets in whom Portico would refuse · `unseenByUs`: the old system decided and no scan reached Portico · `unseenByOld`: Portico
 * decided and the old system's log has nothing.
 */
export const SHADOW_CLASSES = ["bothGranted", "bothDenied", "onlyOurs", "onlyOld", "unseenByUs", "unseenByOld"] as const;
export type ShadowClass = (typeof SHADOW_CLASSES)[number];
export type ShadowCounts = Readonly<Record<ShadowClass, number>>;

/** What Portico decided in shadow. Times are Unix milliseconds. */
export interface OurDecision {
  readonly seq: number;
  readonly atMs: number;
  /** The door, or `<turnstile>/<direction>`. */
  readonly door: string;
  readonly accessPoint: string;
  /** Null: nobody is known by what was shown. */
  readonly credential: CredentialId | null;
  /** Null: granted. */
  readonly denied: { readonly reason: DenyReason; readonly detail: string } | null;
}

/** What the old system decided. */
export interface OldDecision {
  readonly seq: number;
  readonly atMs: number;
  readonly door: string;
  /** Empty: not known; a relay opens for every reader of its door. */
  readonly accessPoint: string;
  readonly credential: CredentialId | null;
  readonly granted: boolean;
  readonly by: "input" | "contact" | "import";
}

/** One presentation: what each of the two made of it. */
export interface Comparison {
  readonly class: ShadowClass;
  readonly door: string;
  readonly atMs: number;
  readonly ours: OurDecision | undefined;
  readonly old: OldDecision | undefined;
}

export interface ComparisonOptions {
  /** How far apart the two may decide on one presentation. */
  readonly windowMs: number;
  /** Doors at which a contact or relay shows each grant of the old system: no grant means that it refused. */
  readonly observed: ReadonlySet<string>;
}

/** What to do about each class that differs; the reason of a refusal has a remedy of its own in front of it. */
export const SHADOW_REMEDY: Readonly<Record<ShadowClass, Remedy>> = {
  bothGranted: { en: "", zh: "" },
  bothDenied: { en: "", zh: "" },
  onlyOurs: {
    en: "See that the list does not let in too many: a grant may go further than the old system's, or what the old system knows is out of date.",
    zh: "请核对名单是否放行过多：授权可能比旧系统更宽，或旧系统资料已过期。",
  },
  onlyOld: {
    en: "Mend it before this door is cut over: these people will be refused.",
    zh: "请在切换此门之前处理：这些人届时会被拒绝。",
  },
  unseenByUs: {
    en: "See that the reader reaches Portico and reads this card (portico device list); an exit button that the old system alone knows looks the same: wire it as rex.",
    zh: "请检查读头是否接到 Portico 并能读此卡（portico device list）；仅旧系统知道的出门按钮看起来相同：请接为 rex。",
  },
  unseenByOld: {
    en: "See that the imported log is whole and names this reader, and that the clocks agree (--shift); without a log, wire old_grant.",
    zh: "请检查导入的记录是否完整、包含此读头、时钟一致（--shift）；没有记录时请接 old_grant。",
  },
};

/** The same advice in both languages; empty: nothing is to be done. */
export interface Remedy {
  readonly en: string;
  readonly zh: string;
}

/**
 * Compares what both decided. At each door the nearest in time belong together, those that name the same credential first; what is left of the same credential
 * within the window is the same presentation, shown again. Where the old system's log was imported it counts in place of relay and contact, from its first
 * line to its last.
 *
 * @returns by time
 */
export function compareShadow(ours: readonly OurDecision[], old: readonly OldDecision[], options: ComparisonOptions): Comparison[] {
  const doors = [...new Set([...ours, ...old].map(({ door }) => door))];
  return doors
    .flatMap((door) => compareDoor(ours.filter(isAt(door)), old.filter(isAt(door)), options))
    .toSorted((a, b) => a.atMs - b.atMs || (a.ours?.seq ?? a.old!.seq) - (b.ours?.seq ?? b.old!.seq));
}

export const NOTHING_COMPARED: ShadowCounts = { bothGranted: 0, bothDenied: 0, onlyOurs: 0, onlyOld: 0, unseenByUs: 0, unseenByOld: 0 };

/** How many there are of each class. */
export function countShadow(comparisons: readonly Comparison[]): ShadowCounts {
  const counts: Record<ShadowClass, number> = { ...NOTHING_COMPARED };
  for (const { class: of } of comparisons) counts[of]++;
  return counts;
}

/** True for what somebody has to look at. */
export const isDiffering = ({ class: of }: Comparison): boolean => of !== "bothGranted" && of !== "bothDenied";

/** What to do about one difference. */
export function remedyOf({ class: of, ours }: Comparison): Remedy {
  const { en, zh } = SHADOW_REMEDY[of];
  const reason = of === "onlyOld" && ours?.denied ? DENY_REASON[ours.denied.reason] : undefined;
  return reason === undefined ? { en, zh } : { en: `${reason.remedy} ${en}`, zh: `${reason.remedyZh}${zh}` };
}

const isAt =
  (door: string) =>
  (each: { readonly door: string }): boolean =>
    each.door === door;

function compareDoor(ours: readonly OurDecision[], all: readonly OldDecision[], { windowMs, observed }: ComparisonOptions): Comparison[] {
  const imported = all.filter(({ by }) => by === "import");
  const from = Math.min(...imported.map(({ atMs }) => atMs)) - windowMs;
  const until = Math.max(...imported.map(({ atMs }) => atMs)) + windowMs;
  const isCovered = (atMs: number): boolean => imported.length > 0 && atMs >= from && atMs <= until;
  const old = all.filter(({ by, atMs }) => by === "import" || !isCovered(atMs));
  const partner = pairs(ours, old, windowMs);
  const answered = new Set(partner.values());
  const isOursAgain = again([...partner.keys()], presentationOf, windowMs);
  const isOldAgain = again([...answered].filter(({ by }) => by === "import"), presentationOf, windowMs); // prettier-ignore
  const door = ours[0]?.door ?? all[0]!.door;
  const found = ours.flatMap((our): Comparison[] => {
    const other = partner.get(our);
    if (other !== undefined) return [{ class: classOf(our, other), door, atMs: our.atMs, ours: our, old: other }];
    if (isOursAgain(our)) return [];
    return [{ class: alone(our, !isCovered(our.atMs) && observed.has(door)), door, atMs: our.atMs, ours: our, old: undefined }];
  });
  for (const each of old) {
    if (answered.has(each) || (each.by === "import" && isOldAgain(each))) continue;
    found.push({ class: "unseenByUs", door, atMs: each.atMs, ours: undefined, old: each });
  }
  return found;
}

/** Who belongs together. Each has one partner at most. */
function pairs(ours: readonly OurDecision[], old: readonly OldDecision[], windowMs: number): Map<OurDecision, OldDecision> {
  const candidates: { readonly our: OurDecision; readonly other: OldDecision; readonly apartMs: number; readonly isNamed: boolean }[] = [];
  const inTime = old.toSorted((a, b) => a.atMs - b.atMs);
  let first = 0;
  for (const our of ours.toSorted((a, b) => a.atMs - b.atMs)) {
    while (first < inTime.length && inTime[first]!.atMs < our.atMs - windowMs) first++;
    for (let at = first; at < inTime.length && inTime[at]!.atMs <= our.atMs + windowMs; at++) {
      const other = inTime[at]!;
      if (!mayBelong(our, other)) continue;
      candidates.push({ our, other, apartMs: Math.abs(our.atMs - other.atMs), isNamed: other.credential !== null && other.credential === our.credential });
    }
  }
  candidates.sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || a.apartMs - b.apartMs || a.our.seq - b.our.seq || a.other.seq - b.other.seq);
  const partner = new Map<OurDecision, OldDecision>();
  const taken = new Set<OldDecision>();
  for (const { our, other } of candidates) {
    if (partner.has(our) || taken.has(other)) continue;
    partner.set(our, other);
    taken.add(other);
  }
  return partner;
}

/** A log names the card that it decided on: one that the list does not know is none that it knows. A relay names nobody. */
function mayBelong(our: OurDecision, other: OldDecision): boolean {
  if (other.accessPoint !== "" && other.accessPoint !== our.accessPoint) return false;
  return other.by !== "import" || other.credential === our.credential;
}

function classOf(our: OurDecision, { granted }: OldDecision): ShadowClass {
  if (our.denied === null) return granted ? "bothGranted" : "onlyOurs";
  return granted ? "onlyOld" : "bothDenied";
}

/** Nothing of the old system belongs to it. Where its grants are seen, it has refused. */
function alone({ denied }: OurDecision, isObserved: boolean): ShadowClass {
  if (!isObserved) return "unseenByOld";
  return denied === null ? "onlyOurs" : "bothDenied";
}

/** Who was shown where: the same again within the window is one presentation. */
const presentationOf = ({ accessPoint, credential }: Pick<OurDecision, "accessPoint" | "credential">): string => `${accessPoint} ${credential ?? ""}`;

/** Whether one of these stands within the window of another. */
function again<T extends { readonly atMs: number }>(these: readonly T[], key: (each: T) => string, windowMs: number): (other: T) => boolean {
  const times = new Map<string, Set<number>>();
  // By windows: what is near lies in the same or a neighbouring one.
  const windowOf = (atMs: number): number => Math.floor(atMs / windowMs);
  for (const each of these) {
    const at = `${key(each)} ${windowOf(each.atMs)}`;
    times.set(at, (times.get(at) ?? new Set()).add(each.atMs));
  }
  return (other) =>
    [-1, 0, 1].some((step) => [...(times.get(`${key(other)} ${windowOf(other.atMs) + step}`) ?? [])].some((atMs) => Math.abs(atMs - other.atMs) <= windowMs));
}
