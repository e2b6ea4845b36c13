import { createHash } from "node:crypto";
import { err, ok, type Result } from "@portico/card-protocol";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { askProvider, type ProviderReach, textIn } from "./provider-reach.ts";

/** The campus's OpenID provider, and what this cloud is to it. */
export interface OidcSettings {
  /** Exactly as the provider says it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined: a public client, which PKCE alone protects. */
  readonly clientSecret: string | undefined;
  /** Where the provider may send people back to, exactly. */
  readonly redirectUris: readonly string[];
  /** Domains of the campus's accounts, lower case: any other account is refused (rule 1.5). */
  readonly domains: readonly string[];
  /** The claim that holds the whole mail address. */
  readonly accountClaim: string;
}

/** One log-in on its way: the secrets that tie its end to its beginning. */
export interface OidcAttempt {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636: 43 to 128 unreserved characters. */
  readonly verifier: string;
  readonly redirectUri: string;
}

export type OidcRefusal = "LogInUnavailable" | "LogInRefused" | "AccountDomainRefused";

interface Provider {
  readonly authorization: string;
  readonly token: string;
  readonly jwks: string;
  readonly takesBasic: boolean;
}

/** Asymmetric alone: a provider's public key must not pass for a secret of an HMAC. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
/** How far the provider's clock may be off ours. */
export const CLOCK_TOLERANCE_S = 60;
/** No ID token that was signed longer ago is taken, whatever it says of its end. */
export const TOKEN_AGE_S_MAX = 600;
const METADATA_LIFE_MS = 3_600_000;
/** Keys that the provider has withdrawn are trusted no longer than this. */
const KEYS_LIFE_MS = 600_000;
/** A token that names a key that is not known fetches the keys anew, but not more often: nobody makes us a hammer. */
const KEYS_PAUSE_MS = 30_000;

/**
 * OpenID Connect, authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636): campus accounts (rule 1.2). No password comes near it. Fails
 * closed: what cannot be verified is refused.
 */
export class OidcClient {
  readonly settings: OidcSettings;
  readonly #reach: ProviderReach;
  #provider: { readonly value: Provider; readonly atMs: number } | undefined;
  #keys: { readonly value: JSONWebKeySet; readonly atMs: number } | undefined;

  constructor(settings: OidcSettings, reach: ProviderReach) {
    this.settings = settings;
    this.#reach = reach;
  }

  /** Where a browser goes to log in. */
  async authorizationUrl({ state, nonce, verifier, redirectUri }: OidcAttempt): Promise<Result<string, "LogInUnavailable">> {
    const provider = await this.#metadata();
    if (!provider.ok) return provider;
    const url = new URL(provider.value.authorization);
    const parameters = {
      response_type: "code",
      client_id: this.settings.clientId,
      redirect_uri: redirectUri,
      scope: "openid email profile",
      state,
      nonce,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return ok(url.href);
  }

  /** Whose log-in it was: the whole mail address of the account, lower case. @param code  as the provider sent it along */
  async account(code: string, attempt: OidcAttempt): Promise<Result<string, OidcRefusal>> {
    const provider = await this.#metadata();
    if (!provider.ok) return provider;
    const idToken = await this.#idToken(provider.value, code, attempt);
    if (!idToken.ok) return idToken;
    const claims = await this.#verified(provider.value, idToken.value);
    if (!claims.ok) return claims;
    return this.#accountOf(claims.value, attempt.nonce);
  }

  async #metadata(): Promise<Result<Provider, "LogInUnavailable">> {
    const nowMs = this.#reach.nowMs();
    if (this.#provider !== undefined && nowMs - this.#provider.atMs < METADATA_LIFE_MS) return ok(this.#provider.value);
    const { issuer } = this.settings;
    const what = "the campus account's provider";
    const answer = await askProvider(this.#reach, what, `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    const [authorization, token, jwks] = ["authorization_endpoint", "token_endpoint", "jwks_uri"].map((name) => textIn(body, name));
    if (status !== 200 || authorization === undefined || token === undefined || jwks === undefined)
      return err("LogInUnavailable", `${what}: HTTP ${status}, and no configuration of OpenID Connect`);
    if (textIn(body, "issuer") !== issuer) return err("LogInUnavailable", `${what} says that it is another issuer than the configuration names`);
    if (![authorization, token, jwks].every(isSafe)) return err("LogInUnavailable", `${what} names an address that is not https`);
    const methods = body["token_endpoint_auth_methods_supported"];
    const takesBasic = !Array.isArray(methods) || methods.includes("client_secret_basic");
    const value = { authorization, token, jwks, takesBasic };
    this.#provider = { value, atMs: nowMs };
    return ok(value);
  }

  async #idToken({ token, takesBasic }: Provider, code: string, { verifier, redirectUri }: OidcAttempt): Promise<Result<string, OidcRefusal>> {
    const { clientId, clientSecret } = this.settings;
    const form = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier });
    const isBasic = clientSecret !== undefined && takesBasic;
    if (!isBasic) form.set("client_id", clientId);
    if (!isBasic && clientSecret !== undefined) form.set("client_secret", clientSecret);
    const what = "the campus account's token endpoint";
    const answer = await askProvider(this.#reach, what, token, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...(isBasic ? { authorization: basic(clientId, clientSecret) } : {}) },
      body: form.toString(),
    });
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    const error = textIn(body, "error");
    if (error === "invalid_grant") return err("LogInRefused", "the provider does not take the code: it was used, has expired, or belongs to another log-in");
    if (status !== 200)
      return err("LogInUnavailable", `${what}: HTTP ${status}${error === undefined ? "" : `, ${error.replaceAll(/[^\w.-]/g, "").slice(0, 40)}`}`);
    const idToken = textIn(body, "id_token");
    return idToken === undefined ? err("LogInUnavailable", `${what}: no ID token`) : ok(idToken);
  }

  /** OpenID Connect Core 1.0 §3.1.3.7. */
  async #verified(provider: Provider, idToken: string): Promise<Result<JWTPayload, OidcRefusal>> {
    const { issuer, clientId } = this.settings;
    for (let isAgain = false; ; isAgain = true) {
      const keys = await this.#keySet(provider, isAgain);
      if (!keys.ok) return keys;
      try {
        const { payload } = await jwtVerify(idToken, createLocalJWKSet(keys.value), {
          issuer,
          audience: clientId,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_S,
          maxTokenAge: TOKEN_AGE_S_MAX,
          currentDate: new Date(this.#reach.nowMs()),
          requiredClaims: ["sub", "iat", "exp", "nonce"],
        });
        const { aud, azp } = payload;
        if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== clientId) return err("LogInRefused", "the ID token was made for another client");
        return ok(payload);
      } catch (error) {
        // Another key than those that are known: the provider may have changed them a moment ago.
        if (error instanceof errors.JWKSNoMatchingKey && !isAgain) continue;
        if (error instanceof errors.JOSEError) return err("LogInRefused", `the ID token does not hold: ${faultOf(error)}`);
        throw error;
      }
    }
  }

  async #keySet({ jwks }: Provider, isMissing: boolean): Promise<Result<JSONWebKeySet, "LogInUnavailable">> {
    const nowMs = this.#reach.nowMs();
    const ageMs = this.#keys === undefined ? Number.POSITIVE_INFINITY : nowMs - this.#keys.atMs;
    if (this.#keys !== undefined && ageMs < (isMissing ? KEYS_PAUSE_MS : KEYS_LIFE_MS)) return ok(this.#keys.value);
    const answer = await askProvider(this.#reach, "the campus account's keys", jwks);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    if (status !== 200 || !Array.isArray(body["keys"])) return err("LogInUnavailable", `the campus account's keys: HTTP ${status}, and no set of keys`);
    const value = { keys: body["keys"] as JSONWebKeySet["keys"] };
    this.#keys = { value, atMs: nowMs };
    return ok(value);
  }

  #accountOf(claims: JWTPayload, nonce: string): Result<string, "LogInRefused" | "AccountDomainRefused"> {
    const { accountClaim, domains } = this.settings;
    if (claims["nonce"] !== nonce) return err("LogInRefused", "the ID token belongs to another log-in");
    if (claims["email_verified"] === false) return err("LogInRefused", "the provider has not verified the mail address");
    const account = claims[accountClaim];
    if (typeof account !== "string") return err("LogInRefused", `the ID token has no claim ${accountClaim}`);
    const [, domain] = /^[^@\s]{1,64}@([^@\s]{1,255})$/.exec(account.toLowerCase()) ?? [];
    if (domain === undefined) return err("LogInRefused", `the claim ${accountClaim} is no mail address`);
    return domains.includes(domain) ? ok(account.toLowerCase()) : err("AccountDomainRefused", `accounts are of ${domains.join(" or ")}`);
  }
}

/** RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. */
function basic(id: string, secret: string): string {
  const encoded = (text: string): string => encodeURIComponent(text).replaceAll("%20", "+").replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`); // prettier-ignore
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString("base64")}`;
}

/** Which check it was, without anything of the token. */
function faultOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return error.claim === "iat" ? "it was signed too long ago" : "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return `claim ${error.claim}`;
  return error.code;
}

/** https, or this very machine. */
export function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname));
}
