import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import type { Cloud } from "../cloud.ts";
import type { LogInProviders } from "../login/log-in.ts";
import { OidcClient } from "../login/oidc-client.ts";
import { WeChatClient } from "../login/wechat-client.ts";

export const REDIRECT = "https://app.example.edu/log-in";
const ISSUER = "https://id.example.edu";
const CLIENT_ID = "portico";

let keys: { readonly privateKey: KeyObject; readonly jwk: object } | undefined;

/** What a browser brings back when this account has logged in at the rig's provider. `spent` and `down`: codes that fail. */
export function backFrom(url: string, account: string): { readonly code: string; readonly state: string } {
  const asked = new URL(url).searchParams;
  return { code: `${account} ${asked.get("nonce")}`, state: asked.get("state")! };
}

/** Providers that believe whoever names himself (a WeChat code is the openid, a phone code the number), for tests of what the cloud does with their word; the simulator's speak over a wire and doubt. */
export function rigProviders(cloud: Pick<Cloud, "nowMs">, isDown = false): LogInProviders {
  const reach = { deadline: () => new AbortController().signal, nowMs: cloud.nowMs };
  const oidc = new OidcClient(
    {
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: "not a secret",
      redirectUris: [REDIRECT],
      domains: ["example.edu", "connect.example.edu"],
      accountClaim: "email",
    },
    {
      ...reach,
      fetch: async (request) => {
        if (isDown) throw new TypeError("fetch failed");
        const { pathname } = new URL(request.url);
        if (pathname === "/.well-known/openid-configuration") return Response.json({ issuer: ISSUER, authorization_endpoint: `${ISSUER}/authorize`, token_endpoint: `${ISSUER}/token`, jwks_uri: `${ISSUER}/jwks` }); // prettier-ignore
        const { privateKey, jwk } = (keys ??= newKeys());
        if (pathname === "/jwks") return Response.json({ keys: [{ ...jwk, kid: "1", alg: "ES256" }] });
        const [code, nonce] = new URLSearchParams(await request.text()).get("code")!.split(" ");
        if (code === "spent") return Response.json({ error: "invalid_grant" }, { status: 400 });
        if (code === "down") return new Response("", { status: 502 });
        const now = Math.floor(cloud.nowMs() / 1000);
        const idToken = new SignJWT({ email: code, nonce }).setProtectedHeader({ alg: "ES256", kid: "1" }).setIssuer(ISSUER).setAudience(CLIENT_ID).setSubject("1").setIssuedAt(now).setExpirationTime(now + 60); // prettier-ignore
        return Response.json({ id_token: await idToken.sign(privateKey), token_type: "Bearer" });
      },
    },
  );
  const weChat = new WeChatClient(
    { appId: "wx0", appSecret: "not a secret", url: "https://api.weixin.example" },
    {
      ...reach,
      fetch: async (request) => {
        const { pathname, searchParams } = new URL(request.url);
        if (pathname === "/cgi-bin/stable_token") return Response.json({ access_token: "t", expires_in: 7200 });
        if (pathname === "/wxa/business/getuserphonenumber") {
          const { code } = (await request.json()) as { readonly code: string };
          return Response.json({ errcode: 0, phone_info: { phoneNumber: code, purePhoneNumber: code, countryCode: "86" } });
        }
        const code = searchParams.get("js_code")!;
        if (code === "spent") return Response.json({ errcode: 40163, errmsg: "code been used" });
        if (code === "busy") return Response.json({ errcode: -1, errmsg: "system error" });
        return Response.json({ openid: code, session_key: "k" });
      },
    },
  );
  return { oidc, weChat };
}

function newKeys() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, jwk: createPublicKey(privateKey).export({ format: "jwk" }) };
}
