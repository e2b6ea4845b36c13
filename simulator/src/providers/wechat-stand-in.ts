import { bytesToHex, type RandomBytes } from "@portico/card-protocol";
import { type ProviderServer, serveProvider } from "./provider-server.ts";

/** The mini program that the stand-in knows. */
export interface WeChatApp {
  readonly appId: string;
  readonly appSecret: string;
}

/** Codes of `wx.login` and of the phone button live for five minutes. */
const CODE_LIFE_MS = 300_000;
const TOKEN_LIFE_S = 7200;

interface Code<T> {
  readonly value: T;
  readonly untilMs: number;
  isUsed: boolean;
}

/**
 * WeChat's server side on loopback: `sns/jscode2session`, `cgi-bin/stable_token`, `wxa/business/getuserphonenumber`, with the error codes that they answer
 * with, always under HTTP 200. Phones are played by {@link loginCode} and {@link phoneCode}.
 */
export class WeChatStandIn {
  readonly server: ProviderServer;
  /** The next request of a path is answered with this errcode. */
  readonly #errcodes = new Map<string, number[]>();
  readonly #app: WeChatApp;
  readonly #nowMs: () => number;
  readonly #randomBytes: RandomBytes;
  readonly #logins = new Map<string, Code<string>>();
  readonly #phones = new Map<string, Code<{ readonly countryCode: string; readonly pure: string }>>();
  #token: { readonly value: string; readonly untilMs: number } | undefined;

  private constructor(app: WeChatApp, nowMs: () => number, randomBytes: RandomBytes, server: ProviderServer) {
    [this.#app, this.#nowMs, this.#randomBytes, this.server] = [app, nowMs, randomBytes, server];
  }

  static async start(app: WeChatApp, nowMs: () => number, randomBytes: RandomBytes): Promise<WeChatStandIn> {
    const late: { standIn?: WeChatStandIn } = {};
    const server = await serveProvider((request) => late.standIn!.answer(request));
    return (late.standIn = new WeChatStandIn(app, nowMs, randomBytes, server));
  }

  /** What `wx.login` gives to the mini program on this person's phone. */
  loginCode(openId: string): string {
    return this.#issue(this.#logins, openId);
  }

  /** What the button `getPhoneNumber` gives when its owner agrees. */
  phoneCode(pure: string, countryCode = "86"): string {
    return this.#issue(this.#phones, { countryCode, pure });
  }

  /** The next request of a path is answered with this errcode. */
  fail(path: string, errcode: number): void {
    this.#errcodes.set(path, [...(this.#errcodes.get(path) ?? []), errcode]);
  }

  /** Ends the token that was given last, as WeChat does when it likes. */
  endToken(): void {
    this.#token = undefined;
  }

  answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const errcode = this.#errcodes.get(pathname)?.shift();
    if (errcode !== undefined) return refused(errcode);
    if (pathname === "/sns/jscode2session" && request.method === "GET") return this.#session(searchParams);
    const body = request.method === "POST" ? ((await request.json()) as Readonly<Record<string, unknown>>) : {};
    if (pathname === "/cgi-bin/stable_token") return this.#stableToken(body);
    if (pathname === "/wxa/business/getuserphonenumber") return this.#phoneNumber(searchParams.get("access_token"), String(body["code"]));
    return new Response("", { status: 404 });
  };

  #session(asked: URLSearchParams): Response {
    const trouble = this.#appTrouble(asked.get("appid"), asked.get("secret"));
    if (trouble !== undefined) return refused(trouble);
    if (asked.get("grant_type") !== "authorization_code") return refused(40002);
    const taken = this.#take(this.#logins, asked.get("js_code") ?? "");
    return typeof taken === "number" ? refused(taken) : Response.json({ session_key: "c2Vzc2lvbiBrZXk=", openid: taken.value });
  }

  #stableToken({ grant_type, appid, secret, force_refresh }: Readonly<Record<string, unknown>>): Response {
    const trouble = this.#appTrouble(appid, secret);
    if (trouble !== undefined) return refused(trouble);
    if (grant_type !== "client_credential") return refused(40002);
    const nowMs = this.#nowMs();
    if (this.#token === undefined || this.#token.untilMs <= nowMs || force_refresh === true)
      this.#token = { value: bytesToHex(this.#randomBytes(16)), untilMs: nowMs + TOKEN_LIFE_S * 1000 };
    return Response.json({ access_token: this.#token.value, expires_in: Math.floor((this.#token.untilMs - nowMs) / 1000) });
  }

  #phoneNumber(token: string | null, code: string): Response {
    if (this.#token === undefined || token !== this.#token.value) return refused(40001);
    if (this.#token.untilMs <= this.#nowMs()) return refused(42001);
    const taken = this.#take(this.#phones, code);
    if (typeof taken === "number") return refused(taken);
    const { countryCode, pure } = taken.value;
    const watermark = { timestamp: Math.floor(this.#nowMs() / 1000), appid: this.#app.appId };
    return Response.json({ errcode: 0, errmsg: "ok", phone_info: { phoneNumber: countryCode === "86" ? pure : `+${countryCode}${pure}`, purePhoneNumber: pure, countryCode, watermark } }); // prettier-ignore
  }

  #appTrouble(appId: unknown, secret: unknown): number | undefined {
    if (appId !== this.#app.appId) return 40013;
    return secret === this.#app.appSecret ? undefined : 40125;
  }

  #issue<T>(codes: Map<string, Code<T>>, value: T): string {
    const code = bytesToHex(this.#randomBytes(16));
    codes.set(code, { value, untilMs: this.#nowMs() + CODE_LIFE_MS, isUsed: false });
    return code;
  }

  /** The code's value, or the errcode that says why not. */
  #take<T>(codes: Map<string, Code<T>>, code: string): Code<T> | number {
    const known = codes.get(code);
    if (known === undefined || known.untilMs <= this.#nowMs()) return 40029;
    if (known.isUsed) return 40163;
    known.isUsed = true;
    return known;
  }
}

const refused = (errcode: number): Response => Response.json({ errcode, errmsg: `${MESSAGES[errcode] ?? "system error"} rid: 0` });
const MESSAGES: Readonly<Record<number, string>> = {
  [-1]: "system error",
  40001: "invalid credential, access_token is invalid or not latest",
  40002: "invalid grant_type",
  40013: "invalid appid",
  40029: "invalid code",
  40125: "invalid appsecret",
  40163: "code been used",
  40226: "code blocked",
  42001: "access_token expired",
  45011: "api minute-quota reach limit",
};
