import { intersectionOf, unionOf, type Validity } from "./validity.ts";

/** Whom a campus knows: 教职工, 学生, 家属, 第三方服务人员, 访客, 游客/公众, 校友. docs/contract.md. */
export const AUDIENCES = ["staff", "student", "family", "contractor", "visitor", "public", "alumni"] as const;
export type Audience = (typeof AUDIENCES)[number];
/** Who may vouch for family: staff, and students for a spouse (rules 1.6 and 13.3). */
export const SPONSORING_AUDIENCES: readonly Audience[] = ["staff", "student"];

/** That a person belongs to an audience for a while. */
export interface Membership {
  readonly audience: Audience;
  readonly validity: Validity;
  /** Of family: when the status of the person who vouches for it holds. Absent: nobody has to. */
  readonly sponsorHolds?: readonly Validity[];
}

/** When a person belongs to each audience: family no longer than its sponsor (rule 1.6). */
export function audienceTimes(memberships: readonly Membership[]): ReadonlyMap<Audience, readonly Validity[]> {
  const times = new Map<Audience, Validity[]>();
  for (const { audience, validity, sponsorHolds } of memberships) {
    const holds = sponsorHolds === undefined ? [validity] : intersectionOf([validity], sponsorHolds);
    times.set(audience, unionOf([...(times.get(audience) ?? []), ...holds]));
  }
  return times;
}

/** When a person can vouch for family. */
export const sponsorTimes = (memberships: readonly { readonly audience: Audience; readonly validity: Validity }[]): Validity[] =>
  unionOf(memberships.filter(({ audience }) => SPONSORING_AUDIENCES.includes(audience)).map(({ validity }) => validity));
