import { ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { lockTimes } from "../core/lock-state.ts";
import { refuse, refuseAs, type RefusalFacts } from "../core/refusal.ts";
import type { Validity } from "../core/validity.ts";
import { Campus } from "../expansion/campus-facts.ts";
import { readPeople } from "../expansion/person-facts.ts";
import { contactText } from "../services/contact-answer.ts";
import { answerService } from "../services/service-answer.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { readRoomLock, type RoomLock } from "./room-locks.ts";
import { readCampusTime } from "../campus-time.ts";

/** What somebody may set at a lock. */
export interface LockPermission {
  readonly lock: RoomLock;
  /** Of the person in the lock's zone: what a PIN is sealed for. */
  readonly holder: number;
  /** The stretch of the `unlock` grant that holds now: what is set stands no longer. */
  readonly held: Validity;
}
/** Why somebody may set nothing at a lock, in the order of looking. */
export type LockRefusal = "LockUnknown" | "PersonUnknown" | "ServiceNotForYou" | "LockNotYours" | "LockNotReady";

/**
 * Whether somebody may set a PIN or a finger at a lock now: staff and students (rule 14.3) who hold an `unlock` grant there (rule 14.4). A family member opens
 * the lock by card and phone (rule 2.8), whatever is granted: a PIN is handed on too easily. Each refusal names its rule, whom to ask and the category of the
 * case that helps.
 */
export async function judgeLockSetting(
  cloud: Cloud,
  queries: Queries,
  services: ServiceDocument,
  lockId: string,
  person: string,
): Promise<Result<LockPermission, LockRefusal>> {
  const lock = await readRoomLock(queries, lockId);
  if (lock === undefined) return refuse("LockUnknown", lockId);
  const campus = await Campus.read(queries);
  const [facts] = await readPeople(queries, campus, [person]);
  if (facts === undefined) return refuse("PersonUnknown", person);
  const at = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  const { context } = await readCampusTime(cloud, queries);
  // Of what stands here the service alone asks, whoever holds what: a grant does not make family set PINs.
  const said = answerService(services, lock.settings.service, { memberships: facts.memberships, login: "campus", at, context });
  const asked: RefusalFacts = {
    rule: said?.verdict.may === "nothing" ? said.verdict.rule : "14.4",
    contact: said === undefined ? "" : contactText(said.contact),
    caseCategory: said?.caseCategory?.id,
  };
  if (said?.verdict.may !== "use")
    return refuseAs("ServiceNotForYou", said?.sentence.zh ?? lock.settings.service, { ...asked, rule: said?.verdict.rule ?? "14.3" });
  const held = lockTimes(facts, campus, lockId).find((times) => times.from <= at && at < times.until);
  if (held === undefined) return refuseAs("LockNotYours", `${lockId} is not granted to person ${person} now`, asked);
  const row = await queries.selectFrom("zone_holder").select("holder").where("zone", "=", lock.zone).where("person", "=", person).executeTakeFirst();
  return row === undefined ? refuse("LockNotReady", lockId) : ok({ lock, holder: row.holder, held });
}
