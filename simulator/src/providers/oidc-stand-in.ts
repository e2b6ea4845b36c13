import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { bytesToHex, type RandomBytes } from "@portico/card-protocol";
import { type ProviderServer, serveProvider } from "./provider-server.ts";

/** What is wrong with the next ID token: everything that a client has to find. */
export type TokenFault =
  | "wrongIssuer"
  | "wrongAudience"
  | "severalAudiences"
  | "wrongParty"
  | "wrongNonce"
  | "noNonce"
  | "expired"
  | "old"
  | "notYet"
  | "foreignKey"
  | "unsigned"
  | "hmacOfPublicKey"
  | "changed"
  | "unverifiedMail"
  | "noMail";

/** A client that the stand-in knows. */
export interface OidcClientEntry {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
interface OpenCode {
  readonly account: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
}

const ID_TOKEN_LIFE_S = 300;

/**
 * An OpenID provider on loopback (OpenID Connect Core 1.0, RFC 6749, RFC 7636, RFC 7517): checks client, redirect address, code and PKCE as a real one does,
 * and signs ID tokens with RS256. Who sits at the browser is said by {@link account}. It can be told to err.
 */
export class OidcStandIn {
  readonly server: ProviderServer;
  /** The whole mail address of whoever logs in next. */
  account = "zhang@connect.example.edu";
  /** What is wrong with the next ID token. */
  tokenFault: TokenFault | undefined;
  /** How far its clock is ahead of the campus's. */
  clockOffS = 0;
  /** What the discovery document calls its issuer; undefined: what it is. */
  saysIssuer: string | undefined;
  readonly #client: OidcClientEntry;
  readonly #nowMs: () => number;
  readonly #randomBytes: RandomBytes;
  #keys: SigningKey[] = [newKey("key-1")];
  #keysMade = 1;
  readonly #codes = new Map<string, OpenCode>();

  private constructor(client: OidcClientEntry, nowMs: () => number, randomBytes: RandomBytes, server: ProviderServer) {
    [this.#client, this.#nowMs, this.#randomBytes, this.server] = [client, nowMs, randomBytes, server];
  }

  static async start(client: OidcClientEntry, nowMs: () => number, randomBytes: RandomBytes): Promise<OidcStandIn> {
    const late: { standIn?: OidcStandIn } = {};
    const server = await serveProvider((request) => late.standIn!.answer(request));
    return (late.standIn = new OidcStandIn(client, nowMs, randomBytes, server));
  }

  get issuer(): string {
    return this.server.url;
  }

  /** Signs with another key from now on. @param keepsOld  whether the old one is still told: an overlap */
  rotateKey(keepsOld: boolean): void {
    const key = newKey(`key-${++this.#keysMade}`);
    this.#keys = keepsOld ? [key, ...this.#keys] : [key];
  }

  /** As a browser: goes to where the log-in begins, and tells what it comes back with. */
  async logIn(url: string): Promise<{ readonly code: string; readonly state: string }> {
    const response = await fetch(url, { redirect: "manual" });
    const back = new URL(response.headers.get("location") ?? `${this.issuer}/?error=HTTP-${response.status}`).searchParams;
    if (!back.has("code")) throw new Error(`the provider refused: ${back.get("error")}`);
    return { code: back.get("code")!, state: back.get("state")! };
  }

  answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/.well-known/openid-configuration") return Response.json(this.#configuration());
    if (pathname === "/jwks")
      return Response.json({ keys: this.#keys.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" })) });
    if (pathname === "/authorize") return this.#authorize(searchParams);
    if (pathname === "/token" && request.method === "POST") return this.#token(request.headers.get("authorization"), new URLSearchParams(await request.text()));
    return new Response("", { status: 404 });
  };

  #configuration() {
    const { issuer } = this;
    return {
      issuer: this.saysIssuer ?? issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
    };
  }

  #authorize(asked: URLSearchParams): Response {
    const redirectUri = asked.get("redirect_uri") ?? "";
    // RFC 6749 §4.1.2.1: to an address that is not the client's nobody is sent.
    const isKnown = this.#client.redirectUris.includes(redirectUri) || /^http:\/\/127\.0\.0\.1:\d+\//.test(redirectUri);
    if (asked.get("client_id") !== this.#client.clientId || !isKnown) return new Response("unknown client", { status: 400 });
    const back = new URL(redirectUri);
    back.searchParams.set("state", asked.get("state") ?? "");
    const challenge = asked.get("code_challenge");
    const isWhole = asked.get("response_type") === "code" && asked.get("scope")?.split(" ").includes("openid") === true && asked.get("code_challenge_method") === "S256"; // prettier-ignore
    if (!isWhole || challenge === null) back.searchParams.set("error", "invalid_request");
    else {
      const code = bytesToHex(this.#randomBytes(16));
      this.#codes.set(code, { account: this.account, redirectUri, challenge, nonce: asked.get("nonce") ?? undefined });
      back.searchParams.set("code", code);
    }
    return new Response(null, { status: 302, headers: { location: back.href } });
  }

  #token(authorization: string | null, form: URLSearchParams): Response {
    const { clientId, clientSecret } = this.#client;
    const [id, secret] = basicParts(authorization);
    if (id !== clientId || secret !== clientSecret) return Response.json({ error: "invalid_client" }, { status: 401 });
    const code = form.get("code") ?? "";
    const open = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url"); // prettier-ignore
    if (form.get("grant_type") !== "authorization_code" || open === undefined || open.redirectUri !== form.get("redirect_uri") || open.challenge !== challenge)
      return Response.json({ error: "invalid_grant", error_description: "the code is spent, or another's" }, { status: 400 });
    return Response.json({ access_token: "opaque", token_type: "Bearer", expires_in: ID_TOKEN_LIFE_S, id_token: this.#idToken(open) });
  }

  #idToken({ account, nonce }: OpenCode): string {
    const fault = this.tokenFault;
    this.tokenFault = undefined;
    const now = Math.floor(this.#nowMs() / 1000) + this.clockOffS;
    const { clientId } = this.#client;
    const claims: Record<string, unknown> = { iss: this.issuer, sub: createHash("sha256").update(account).digest("hex"), aud: clientId, iat: now, exp: now + ID_TOKEN_LIFE_S, email: account, email_verified: true, ...(nonce === undefined ? {} : { nonce }) }; // prettier-ignore
    const spoilt: Partial<Record<TokenFault, Record<string, unknown>>> = {
      wrongIssuer: { iss: "https://id.elsewhere.example" },
      wrongAudience: { aud: "another" },
      severalAudiences: { aud: [clientId, "another"] },
      wrongParty: { aud: [clientId, "another"], azp: "another" },
      wrongNonce: { nonce: "0".repeat(64) },
      noNonce: { nonce: undefined },
      expired: { iat: now - 400, exp: now - 61 },
      old: { iat: now - 700, exp: now + 60 },
      notYet: { nbf: now + 120 },
      unverifiedMail: { email_verified: false },
      noMail: { email: undefined },
    };
    Object.assign(claims, fault === undefined ? {} : spoilt[fault]);
    const [key] = this.#keys;
    if (fault === "unsigned") return `${part({ alg: "none" })}.${part(claims)}.`;
    if (fault === "hmacOfPublicKey") {
      const signed = `${part({ alg: "HS256", kid: key!.kid })}.${part(claims)}`;
      return `${signed}.${createHmac("sha256", key!.publicKey.export({ type: "spki", format: "pem" }))
        .update(signed)
        .digest("base64url")}`;
    }
    const signed = `${part({ alg: "RS256", typ: "JWT", kid: key!.kid })}.${part(claims)}`;
    const { privateKey } = fault === "foreignKey" ? newKey("foreign") : key!;
    const signature = sign("sha256", Buffer.from(signed), privateKey).toString("base64url");
    return fault === "changed" ? `${signed.split(".")[0]}.${part({ ...claims, email: "dean@example.edu" })}.${signature}` : `${signed}.${signature}`;
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** RFC 6749 §2.3.1: both parts are form-encoded. */
function basicParts(authorization: string | null): string[] {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(authorization ?? "") ?? [];
  const parts = Buffer.from(encoded ?? "", "base64").toString("utf8").split(":"); // prettier-ignore
  return parts.map((text) => decodeURIComponent(text.replaceAll("+", " ")));
}

/** RSA keys take long to make: those of one name are the same in every stand-in of a program. */
const KEYS = new Map<string, SigningKey>();
function newKey(kid: string): SigningKey {
  const key = KEYS.get(kid) ?? { kid, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) };
  KEYS.set(kid, key);
  return key;
}
