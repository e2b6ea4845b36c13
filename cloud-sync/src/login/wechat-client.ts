import { err, ok, type Result } from "@portico/card-protocol";
import { askProvider, type ProviderReach, textIn } from "./provider-reach.ts";

/** The mini program, as WeChat knows it. */
export interface WeChatSettings {
  readonly appId: string;
  readonly appSecret: string;
  /** `https://api.weixin.qq.com`. */
  readonly url: string;
}

export type WeChatRefusal = "LogInUnavailable" | "WeChatRefused";

/** WeChat ends tokens by itself when it has given newer ones; before their end a new one is asked for. */
const TOKEN_MARGIN_MS = 300_000;
/** What WeChat says of a code: it is none, was used, or belongs to another mini program; 40226: the account is blocked. */
const CODE_REFUSED: Readonly<Record<number, string>> = {
  40029: "the code is none, or has expired",
  40163: "the code was used before",
  40226: "WeChat blocks this account",
};
/** What WeChat says of the token of the mini program: another one is asked for, once. */
const TOKEN_ENDED = new Set([40001, 40014, 42001]);

/**
 * WeChat as a mini program's backend asks it: who holds the phone (`sns/jscode2session`), and the phone number that its owner has shown
 * (`wxa/business/getuserphonenumber`). The session key that comes along is thrown away: nothing here decrypts.
 */
export class WeChatClient {
  readonly #settings: WeChatSettings;
  readonly #reach: ProviderReach;
  #token: { readonly value: string; readonly untilMs: number } | undefined;

  constructor(settings: WeChatSettings, reach: ProviderReach) {
    this.#settings = settings;
    this.#reach = reach;
  }

  /** The openid: this person in this mini program, for ever. @param code  of `wx.login`, good once and for 5 minutes */
  async openId(code: string): Promise<Result<string, WeChatRefusal>> {
    const { url, appId, appSecret } = this.#settings;
    const query = new URLSearchParams({ appid: appId, secret: appSecret, js_code: code, grant_type: "authorization_code" });
    const what = "WeChat jscode2session";
    const answer = await askProvider(this.#reach, what, `${url}/sns/jscode2session?${query.toString()}`);
    if (!answer.ok) return answer;
    const refused = refusalOf(what, answer.value.body);
    if (refused !== undefined) return refused;
    const openId = textIn(answer.value.body, "openid");
    return openId === undefined || openId.length > 128 ? err("LogInUnavailable", `${what}: no openid`) : ok(openId);
  }

  /** The number that the phone's owner has shown, E.164. @param code  of the button `getPhoneNumber`, good once and for 5 minutes */
  async phone(code: string): Promise<Result<string, WeChatRefusal>> {
    const what = "WeChat getuserphonenumber";
    for (let isAgain = false; ; isAgain = true) {
      const token = await this.#accessToken(isAgain);
      if (!token.ok) return token;
      const address = `${this.#settings.url}/wxa/business/getuserphonenumber?${new URLSearchParams({ access_token: token.value }).toString()}`;
      const answer = await askProvider(this.#reach, what, address, jsonPost({ code }));
      if (!answer.ok) return answer;
      const { body } = answer.value;
      if (TOKEN_ENDED.has(errcodeOf(body)) && !isAgain) continue;
      const refused = refusalOf(what, body);
      if (refused !== undefined) return refused;
      const shown = body["phone_info"];
      const [pure, country] = typeof shown === "object" && shown !== null ? (["purePhoneNumber", "countryCode"] as const).map((name) => String((shown as Record<string, unknown>)[name])) : []; // prettier-ignore
      const phone = `+${country}${pure}`;
      return /^\+[1-9]\d{6,14}$/.test(phone) ? ok(phone) : err("LogInUnavailable", `${what}: no phone number`);
    }
  }

  async #accessToken(isEnded: boolean): Promise<Result<string, WeChatRefusal>> {
    const nowMs = this.#reach.nowMs();
    if (!isEnded && this.#token !== undefined && nowMs < this.#token.untilMs) return ok(this.#token.value);
    const { url, appId, appSecret } = this.#settings;
    const what = "WeChat stable_token";
    const asked = { grant_type: "client_credential", appid: appId, secret: appSecret, force_refresh: isEnded };
    const answer = await askProvider(this.#reach, what, `${url}/cgi-bin/stable_token`, jsonPost(asked));
    if (!answer.ok) return answer;
    const { body } = answer.value;
    const refused = refusalOf(what, body);
    if (refused !== undefined) return err("LogInUnavailable", refused.detail);
    const [value, lifeS] = [textIn(body, "access_token"), Number(body["expires_in"])];
    if (value === undefined || !(lifeS > 0)) return err("LogInUnavailable", `${what}: no token`);
    this.#token = { value, untilMs: nowMs + lifeS * 1000 - TOKEN_MARGIN_MS };
    return ok(value);
  }
}

const jsonPost = (body: object) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) as const;

/** 0: it was done. */
const errcodeOf = (body: Readonly<Record<string, unknown>>): number => (typeof body["errcode"] === "number" ? body["errcode"] : 0);

/** WeChat's text is not told: it may hold what was sent. */
function refusalOf(what: string, body: Readonly<Record<string, unknown>>) {
  const errcode = errcodeOf(body);
  if (errcode === 0) return undefined;
  const said = CODE_REFUSED[errcode];
  if (said !== undefined) return err("WeChatRefused", `${what}: ${said} (errcode ${errcode})`);
  return err("LogInUnavailable", `${what}: errcode ${errcode}${errcode === 45011 ? ", asked too often" : ""}`);
}
