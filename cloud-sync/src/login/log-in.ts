import { bytesToHex, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import { readMemberships } from "../expansion/person-facts.ts";
import { findPeople } from "../people.ts";
import { type ChangeNote, mutate } from "../mutation.ts";
import type { LogInAttemptTable } from "../store/log-in-tables.ts";
import type { OidcClient, OidcRefusal } from "./oidc-client.ts";
import { type OpenedSession, openSession, secondsOf, sessionIdOf, standingOf, type StandingRefusal } from "./sessions.ts";
import type { WeChatClient, WeChatRefusal } from "./wechat-client.ts";

/** Who vouches for those who log in; undefined: not set up at this campus. */
export interface LogInProviders {
  readonly oidc: OidcClient | undefined;
  readonly weChat: WeChatClient | undefined;
}
export const NO_PROVIDERS: LogInProviders = { oidc: undefined, weChat: undefined };

/** How long somebody may take at the provider's page. */
export const ATTEMPT_LIFE_S = 600;
/** 43 to 128 characters are wanted: 32 bytes in hex are 64. RFC 7636 §4.1. */
const SECRET_BYTES = 32;

/** What a log-in at the campus account begins with. */
export interface OidcBeginning {
  /** One of those that are configured. */
  readonly redirectUri: string;
  readonly scene: string | null;
  readonly operatorKey: string | null;
}

/** Begins a log-in at the campus account: where the browser goes, and until when it may come back. */
export async function beginOidc(
  cloud: Cloud,
  { oidc }: LogInProviders,
  { redirectUri, scene, operatorKey }: OidcBeginning,
): Promise<Result<{ readonly url: string; readonly until: number }, "LogInNotSetUp" | "RequestMalformed" | "LogInUnavailable">> {
  if (oidc === undefined) return refuse("LogInNotSetUp", "campus accounts: no [oidc] in the file of --log-in");
  if (!isRedirect(oidc.settings.redirectUris, redirectUri, operatorKey !== null))
    return refuse("RequestMalformed", "redirectUri: not one of the configuration");
  const [state, nonce, verifier] = [secret(cloud), secret(cloud), secret(cloud)];
  const url = await oidc.authorizationUrl({ state, nonce, verifier, redirectUri });
  if (!url.ok) return url;
  const now = secondsOf(cloud);
  const row: LogInAttemptTable = {
    id: sessionIdOf(state),
    nonce,
    verifier,
    redirect_uri: redirectUri,
    scene,
    operator_key: operatorKey,
    until: now + ATTEMPT_LIFE_S,
  };
  const { queries } = cloud.database;
  await queries.deleteFrom("log_in_attempt").where("until", "<=", now).execute();
  await queries.insertInto("log_in_attempt").values(row).execute();
  return ok({ url: url.value, until: row.until });
}

/** What the provider says of a log-in that was begun here. */
export interface OidcFinding {
  /** The whole mail address. */
  readonly account: string;
  readonly scene: string | null;
  readonly operatorKey: string | null;
}

/** Ends a log-in at the campus account. The attempt is spent, however it ends: neither state nor code is taken twice. */
export async function finishOidc(
  cloud: Cloud,
  { oidc }: LogInProviders,
  { code, state }: { readonly code: string; readonly state: string },
  isOperator: boolean,
): Promise<Result<OidcFinding, "LogInNotSetUp" | "LogInAttemptUnknown" | OidcRefusal>> {
  if (oidc === undefined) return refuse("LogInNotSetUp", "campus accounts: no [oidc] in the file of --log-in");
  const row = await cloud.database.queries.deleteFrom("log_in_attempt").where("id", "=", sessionIdOf(state)).returningAll().executeTakeFirst();
  if (row === undefined || row.until <= secondsOf(cloud) || (row.operator_key !== null) !== isOperator) return refuse("LogInAttemptUnknown");
  const { nonce, verifier, redirect_uri: redirectUri, scene, operator_key: operatorKey } = row;
  const account = await oidc.account(code, { state, nonce, verifier, redirectUri });
  return account.ok ? ok({ account: account.value, scene, operatorKey }) : account;
}

/** Opens a session for whose campus account it was. */
export async function openCampusSession(
  cloud: Cloud,
  { account, scene }: Pick<OidcFinding, "account" | "scene">,
): Promise<Result<OpenedSession, "AccountUnknown" | StandingRefusal>> {
  const [person] = await findPeople(cloud.database.queries, { account });
  if (person === undefined) return refuse("AccountUnknown", "the whole mail address is compared, domain and all");
  const standing = await standingOf(cloud.database.queries, person.id, "campus", secondsOf(cloud));
  return standing.ok ? ok(await openSession(cloud, { person: person.id, login: "campus", scene, memberships: standing.value })) : standing;
}

/** A log-in by WeChat. change: the number of the change that remembered whose account it is; null: it was known. */
export interface WeChatLogIn extends OpenedSession {
  readonly change: number | null;
}
type WeChatLogInRefusal = WeChatRefusal | "LogInNotSetUp" | "PhoneProofRequired" | "PhoneAmbiguous" | "PhoneBelongsToAnother";

/**
 * Logs in by WeChat (rule 1.3). A WeChat account that is known is its person's; one that is not shows its phone number once: whose number it is becomes its
 * person, or a new one, known by phone alone. A number whose owner has another WeChat account already is not handed over: numbers are given anew.
 *
 * @param phoneCode  null: the number was not shown this time
 */
export async function logInByWeChat(
  cloud: Cloud,
  { weChat }: LogInProviders,
  note: ChangeNote,
  { code, phoneCode, scene }: { readonly code: string; readonly phoneCode: string | null; readonly scene: string | null },
): Promise<Result<WeChatLogIn, WeChatLogInRefusal>> {
  if (weChat === undefined) return refuse("LogInNotSetUp", "WeChat: no [wechat] in the file of --log-in");
  const openId = await weChat.openId(code);
  if (!openId.ok) return openId;
  const shown = phoneCode === null ? ok(undefined) : await weChat.phone(phoneCode);
  if (!shown.ok) return shown;
  const found = await personOf(cloud, note, openId.value, shown.value);
  if (!found.ok) return found;
  const { person, change } = found.value;
  const memberships = await readMemberships(cloud.database.queries, person);
  return ok({ ...(await openSession(cloud, { person, login: "phone", scene, memberships })), change });
}

async function personOf(
  cloud: Cloud,
  note: ChangeNote,
  openId: string,
  phone: string | undefined,
): Promise<Result<{ readonly person: string; readonly change: number | null }, "PhoneProofRequired" | "PhoneAmbiguous" | "PhoneBelongsToAnother">> {
  const { queries } = cloud.database;
  const known = await queries.selectFrom("wechat_account").select("person").where("open_id", "=", openId).executeTakeFirst();
  const owners = phone === undefined ? [] : (await queries.selectFrom("person").select("id").where("phone", "=", phone).limit(2).execute()).map(({ id }) => id);
  if (known !== undefined)
    return owners.length > 0 && !owners.includes(known.person)
      ? refuse("PhoneBelongsToAnother", "this WeChat account is somebody else's here")
      : ok({ person: known.person, change: null });
  if (phone === undefined) return refuse("PhoneProofRequired");
  if (owners.length > 1) return refuse("PhoneAmbiguous");
  const bound = await bind(cloud, note, openId, phone, owners[0]);
  return bound.ok ? ok({ person: bound.value.value, change: bound.value.change }) : bound;
}

/** Remembers whose WeChat account it is; a number that nobody has makes a person who is known by it alone. */
function bind(cloud: Cloud, note: ChangeNote, openId: string, phone: string, owner: string | undefined) {
  const person = owner ?? newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `person ${person}` }, async ({ queries, now }) => {
    const twin = await queries.selectFrom("wechat_account").select("person").where("open_id", "=", openId).executeTakeFirst();
    if (twin !== undefined) return ok(twin.person); // two log-ins of one phone at once
    if (owner === undefined)
      await queries
        .insertInto("person")
        .values({ id: person, account: null, name: `微信用户 ${phone.slice(-4)}`, phone, mail: null, flags: 0, party_size: 1 })
        .execute();
    const other = await queries.selectFrom("wechat_account").select("since").where("person", "=", person).executeTakeFirst();
    if (other !== undefined) return refuse("PhoneBelongsToAnother", "the number's owner logs in with another WeChat account");
    await queries.insertInto("wechat_account").values({ open_id: openId, person, since: now }).execute();
    return ok(person);
  });
}

/** An operator's tool listens on this machine, at whichever port is free (RFC 8252 §7.3). */
function isRedirect(configured: readonly string[], asked: string, isOperator: boolean): boolean {
  return configured.includes(asked) || (isOperator && /^http:\/\/127\.0\.0\.1:\d{1,5}\/log-in$/.test(asked));
}

const secret = ({ randomBytes }: Pick<Cloud, "randomBytes">): string => bytesToHex(randomBytes(SECRET_BYTES));
