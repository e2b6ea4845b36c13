import { sql } from "kysely";
import { bytesToHex, hexToBytes, ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { addOperatorKey, isLive, type Operator, operatorOfAccount } from "../delegation/operators.ts";
import type { Changed } from "../mutation.ts";
import { keepNotifications } from "../notifications/notification.ts";
import { findPeople } from "../people.ts";
import { beginOidc, finishOidc, type LogInProviders } from "./log-in.ts";
import type { OidcRefusal } from "./oidc-client.ts";
import { secondsOf, standingOf, type StandingRefusal } from "./sessions.ts";

/** A key that a log-in has let in holds for a working day. */
export const OPERATOR_KEY_LIFE_S = 12 * 3_600;
/** Log-ins that anybody may have begun at once: asking is free, so it is bounded. */
const OPEN_MAX = 200;

/** Begins an operator's log-in at the campus account: the key that he will sign with is let in when he comes back. */
export async function beginOperatorLogIn(
  cloud: Cloud,
  providers: LogInProviders,
  { redirectUri, publicKey }: { readonly redirectUri: string; readonly publicKey: Uint8Array },
): Promise<Result<{ readonly url: string; readonly until: number }, "TooManyAsk" | "LogInNotSetUp" | "RequestMalformed" | "LogInUnavailable">> {
  const open = await cloud.database.queries
    .selectFrom("log_in_attempt")
    .select((all) => all.fn.countAll<number>().as("count"))
    .where("operator_key", "is not", null)
    .where("until", ">", secondsOf(cloud))
    .executeTakeFirstOrThrow();
  if (open.count >= OPEN_MAX) return refuse("TooManyAsk", `${OPEN_MAX} log-ins of operators are open`);
  return beginOidc(cloud, providers, { redirectUri, scene: null, operatorKey: bytesToHex(publicKey) });
}

/** Who has logged in, and until when his key holds. */
export interface OperatorLogIn {
  readonly operator: Operator;
  readonly until: number;
}

/** Whom a log-in that was refused concerns, as far as it was found out. */
interface Comer {
  operator: string | null;
  person: string | null;
}
type OperatorLogInRefusal =
  | "LogInNotSetUp"
  | "LogInAttemptUnknown"
  | OidcRefusal
  | "OperatorUnknown"
  | "OperatorEnded"
  | "KeyTaken"
  | "RequestMalformed"
  | StandingRefusal;

/** Ends it: the key opens what the operator may, for a working day. Callers are told of it, and of who was refused. */
export async function finishOperatorLogIn(
  cloud: Cloud,
  providers: LogInProviders,
  back: { readonly code: string; readonly state: string },
): Promise<Result<Changed<OperatorLogIn>, OperatorLogInRefusal>> {
  const comer: Comer = { operator: null, person: null };
  const made = await letIn(cloud, providers, back, comer);
  if (!made.ok && made.error !== "LogInNotSetUp" && made.error !== "LogInUnavailable") await tellRefused(cloud, made.error, comer);
  return made;
}

/** Who has left the campus is no operator, whatever the list of operators says. */
async function letIn(
  cloud: Cloud,
  providers: LogInProviders,
  back: { readonly code: string; readonly state: string },
  comer: Comer,
): Promise<Result<Changed<OperatorLogIn>, OperatorLogInRefusal>> {
  const found = await finishOidc(cloud, providers, back, true);
  if (!found.ok) return found;
  const { queries } = cloud.database;
  const now = secondsOf(cloud);
  const { account, operatorKey } = found.value;
  const [person] = await findPeople(queries, { account });
  comer.person = person?.id ?? null;
  const operator = await operatorOfAccount(queries, account);
  if (operator === undefined) return refuse("OperatorUnknown", "no operator has this campus account");
  comer.operator = operator.id;
  if (!isLive(operator, now)) return refuse("OperatorEnded", operator.id);
  const standing = person && (await standingOf(queries, person.id, "campus", now));
  if (standing !== undefined && !standing.ok) return standing;
  const until = unixSeconds(Math.min(now + OPERATOR_KEY_LIFE_S, operator.until));
  const note = { actor: operator.id, action: "operator log-in", target: "", reason: "campus account" };
  const told = [{ kind: "operator.logged-in", person: comer.person, body: { operator: operator.id, until } }] as const;
  const made = await addOperatorKey(cloud, note, operator.id, hexToBytes(operatorKey!)!, until, told);
  return made.ok ? ok({ value: { operator, until }, change: made.value.change }) : made;
}

/** Anybody may try: the same refusal is told once within this time. */
const SAME_WITHIN_S = 60;

/** Tells callers that an operator's log-in was refused, and why. */
async function tellRefused(cloud: Cloud, reason: OperatorLogInRefusal, { operator, person }: Comer): Promise<void> {
  const told = { kind: "operator.log-in-refused", person, body: { operator, reason } } as const;
  await cloud.database.transact(async (queries) => {
    const since = secondsOf(cloud) - SAME_WITHIN_S;
    let same = queries.selectFrom("notification").select("nth").where("at", ">", since).where("kind", "=", sql.lit(told.kind)).where("body", "=", JSON.stringify(told.body)); // prettier-ignore
    same = person === null ? same.where("person", "is", null) : same.where("person", "=", person);
    if ((await same.executeTakeFirst()) === undefined) await keepNotifications(queries, cloud, [told]);
  });
}
