import type { Capability, UnixSeconds } from "@portico/card-protocol";

/** What was delegated: nobody grants more than this, nor for longer. */
export interface Reach {
  readonly zones: readonly string[];
  /** Those named themselves. */
  readonly accessPoints: readonly string[];
  /** Those that may be granted; none: look and review alone. */
  readonly capabilities: readonly Capability[];
  readonly until: UnixSeconds;
  /** Whether it may be passed on, in part or whole. */
  readonly mayDelegate: boolean;
}

/** What a request is about. */
export interface Concern {
  readonly accessPoints: readonly string[];
  /** Whole zones, with the doors that they will get. */
  readonly zones?: readonly string[];
  readonly capabilities?: readonly Capability[];
  /** When that ends which is asked for. */
  readonly until?: UnixSeconds;
  readonly delegates?: boolean;
}

/** Their order is precedence. */
export const EXCESSES = ["NotYourPlace", "NotYourCapability", "BeyondYourDate", "MayNotDelegate"] as const;
export type ExcessRefusal = (typeof EXCESSES)[number];
export interface Excess {
  readonly refusal: ExcessRefusal;
  /** What exactly is too much. */
  readonly detail: string;
}

/**
 * What of a request goes beyond what was delegated, in this order: place, capability, date, passing on. Undefined: nothing does.
 *
 * @param zoneOf  undefined: there is no such access point, so it is nobody's
 */
export function excessOf(reach: Reach, concern: Concern, zoneOf: (accessPoint: string) => string | undefined): Excess | undefined {
  const isMine = (accessPoint: string): boolean => {
    const zone = zoneOf(accessPoint);
    return zone !== undefined && (reach.accessPoints.includes(accessPoint) || reach.zones.includes(zone));
  };
  const zone = concern.zones?.find((each) => !reach.zones.includes(each));
  if (zone !== undefined) return { refusal: "NotYourPlace", detail: `zone ${zone}` };
  const place = concern.accessPoints.find((each) => !isMine(each));
  if (place !== undefined) return { refusal: "NotYourPlace", detail: `access point ${place}` };
  const capability = concern.capabilities?.find((each) => !reach.capabilities.includes(each));
  if (capability !== undefined) return { refusal: "NotYourCapability", detail: capability };
  if (concern.until !== undefined && concern.until > reach.until) return { refusal: "BeyondYourDate", detail: "" };
  if (concern.delegates === true && !reach.mayDelegate) return { refusal: "MayNotDelegate", detail: "" };
  return undefined;
}
