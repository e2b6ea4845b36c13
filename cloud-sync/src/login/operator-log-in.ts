import { bytesToHex, hexToBytes, ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { addOperatorKey, isLive, type Operator, operatorOfAccount } from "../delegation/operators.ts";
import type { Changed } from "../mutation.ts";
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

/** Ends it: the key opens what the operator may, for a working day. Who has left the campus is no operator, whatever the list of operators says. */
export async function finishOperatorLogIn(
  cloud: Cloud,
  providers: LogInProviders,
  back: { readonly code: string; readonly state: string },
): Promise<
  Result<
    Changed<OperatorLogIn>,
    "LogInNotSetUp" | "LogInAttemptUnknown" | OidcRefusal | "OperatorUnknown" | "OperatorEnded" | "KeyTaken" | "RequestMalformed" | StandingRefusal
  >
> {
  const found = await finishOidc(cloud, providers, back, true);
  if (!found.ok) return found;
  const { queries } = cloud.database;
  const now = secondsOf(cloud);
  const { account, operatorKey } = found.value;
  const operator = await operatorOfAccount(queries, account);
  if (operator === undefined) return refuse("OperatorUnknown", "no operator has this campus account");
  if (!isLive(operator, now)) return refuse("OperatorEnded", operator.id);
  const [person] = await findPeople(queries, { account });
  const standing = person && (await standingOf(queries, person.id, "campus", now));
  if (standing !== undefined && !standing.ok) return standing;
  const until = unixSeconds(Math.min(now + OPERATOR_KEY_LIFE_S, operator.until));
  const note = { actor: operator.id, action: "operator log-in", target: "", reason: "campus account" };
  const made = await addOperatorKey(cloud, note, operator.id, hexToBytes(operatorKey!)!, until);
  return made.ok ? ok({ value: { operator, until }, change: made.value.change }) : made;
}
