import type { Cloud } from "../cloud.ts";
import { excessOf } from "../core/delegation.ts";
import { readDelegation } from "../delegation/delegations.ts";
import { Campus } from "../expansion/campus-facts.ts";
import { peopleCounted } from "../push/people-counted.ts";
import type { Ending } from "../push/policy-removal.ts";
import { type ReviewContent, rowsCutOff } from "./access-reviews.ts";
import { type RowFound, rowsAbout } from "./rows-about.ts";

/** What somebody may end in a review: campus-wide all; by a delegation a grant that names its places alone. @param delegation  null: campus-wide */
export async function endableBy(cloud: Cloud, delegation: string | null): Promise<(found: Pick<RowFound, "accessPoints">) => boolean> {
  if (delegation === null) return () => true;
  const { queries } = cloud.database;
  const own = await readDelegation(queries, delegation);
  const campus = await Campus.read(queries);
  return ({ accessPoints }) => own !== undefined && accessPoints !== undefined && excessOf(own, { accessPoints }, (id) => campus.zoneOf(id)) === undefined;
}

/** Of how many people of each audience the access would end at a review's date, if nobody confirmed anything. */
export async function endedByReview(cloud: Cloud, content: ReviewContent, mayEnd: (found: RowFound) => boolean): Promise<Ending> {
  const { queries } = cloud.database;
  const now = Math.floor(cloud.nowMs() / 1000);
  const found = await rowsAbout(queries, content.what, now);
  return found.ok ? peopleCounted(queries, rowsCutOff(found.value, content, mayEnd), now) : new Map();
}
