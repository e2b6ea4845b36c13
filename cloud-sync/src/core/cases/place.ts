/** A place as somebody says it, or as beacons do. */
export interface SaidPlace {
  /** Building or area: `C1`; null: the text alone says it. */
  readonly area: string | null;
  readonly text: string;
}
export interface CasePlace extends SaidPlace {
  readonly by: "hand" | "beacons";
}

/**
 * Where a case is: what was said by hand goes before what beacons say, and these are heard indoors in some areas alone; nobody needs them (rule 6.6). Undefined:
 * nobody has said it.
 */
export function placeOf(byHand: SaidPlace | null, byBeacons: SaidPlace | null, beaconAreas: readonly string[]): CasePlace | undefined {
  if (byHand !== null) return { ...byHand, by: "hand" };
  if (byBeacons === null || byBeacons.area === null || !beaconAreas.includes(byBeacons.area)) return undefined;
  return { ...byBeacons, by: "beacons" };
}
