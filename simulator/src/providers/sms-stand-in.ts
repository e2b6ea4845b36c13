import { createHash, createHmac } from "node:crypto";
import { type ProviderServer, serveProvider } from "./provider-server.ts";

/** The account that the stand-in knows. */
export interface SmsAccount {
  readonly keyId: string;
  readonly secret: string;
  readonly signName: string;
  /** Template codes that were approved, each with the names that it is filled with. */
  readonly templates: ReadonlyMap<string, readonly string[]>;
}
/** One SMS that was taken. */
export interface SentSms {
  readonly phone: string;
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outId: string;
}

/** A signed request is taken for so long. */
const WINDOW_MS = 15 * 60_000;

/**
 * 阿里云短信服务 on loopback: the RPC `SendSms`, with the signature (ACS3-HMAC-SHA256) checked from the request as it came, and the codes that the provider
 * answers with.
 */
export class SmsStandIn {
  readonly server: ProviderServer;
  readonly sent: SentSms[] = [];
  /** The next messages are answered with these codes. */
  readonly codes: string[] = [];
  readonly #account: SmsAccount;
  readonly #nowMs: () => number;
  readonly #nonces = new Set<string>();

  private constructor(account: SmsAccount, nowMs: () => number, server: ProviderServer) {
    [this.#account, this.#nowMs, this.server] = [account, nowMs, server];
  }

  static async start(account: SmsAccount, nowMs: () => number): Promise<SmsStandIn> {
    const late: { standIn?: SmsStandIn } = {};
    const server = await serveProvider((request) => late.standIn!.answer(request));
    return (late.standIn = new SmsStandIn(account, nowMs, server));
  }

  answer = async (request: Request): Promise<Response> => {
    const { headers, method } = request;
    const url = new URL(request.url);
    if (method !== "POST" || url.pathname !== "/") return refused(404, "InvalidAction.NotFound");
    const trouble = this.#signatureTrouble(
      request,
      createHash("sha256")
        .update(Buffer.from(await request.arrayBuffer()))
        .digest("hex"),
    );
    if (trouble !== undefined) return refused(400, trouble);
    if (headers.get("x-acs-action") !== "SendSms" || headers.get("x-acs-version") !== "2017-05-25") return refused(404, "InvalidAction.NotFound");
    const code = this.codes.shift() ?? this.#judge(url.searchParams);
    return Response.json({
      Code: code,
      Message: code,
      RequestId: "0A974B78-02BF-4C79-ADF3-90CFBA1B55B1",
      ...(code === "OK" ? { BizId: "900619746936498440^0" } : {}),
    });
  };

  #judge(asked: URLSearchParams): string {
    const [phone, template, sign] = [asked.get("PhoneNumbers") ?? "", asked.get("TemplateCode") ?? "", asked.get("SignName")];
    if (sign !== this.#account.signName) return "isv.SMS_SIGNATURE_ILLEGAL";
    const wanted = this.#account.templates.get(template);
    if (wanted === undefined) return "isv.SMS_TEMPLATE_ILLEGAL";
    if (!/^(?:1[3-9]\d{9}|[1-9]\d{6,14})$/.test(phone)) return "isv.MOBILE_NUMBER_ILLEGAL";
    const parameters = JSON.parse(asked.get("TemplateParam") ?? "{}") as Record<string, string>;
    if (wanted.some((name) => !Object.hasOwn(parameters, name))) return "isv.TEMPLATE_MISSING_PARAMETERS";
    this.sent.push({ phone, template, parameters, outId: asked.get("OutId") ?? "" });
    return "OK";
  }

  #signatureTrouble(request: Request, bodyHash: string): string | undefined {
    const { headers } = request;
    const { searchParams, host } = new URL(request.url);
    const { keyId, secret } = this.#account;
    const [, credential, signed = "", signature] = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(headers.get("authorization") ?? "") ?? []; // prettier-ignore
    if (credential !== keyId) return "InvalidAccessKeyId.NotFound";
    const date = Date.parse(headers.get("x-acs-date") ?? "");
    if (!(Math.abs(date - this.#nowMs()) <= WINDOW_MS)) return "InvalidTimeStamp.Expired";
    const nonce = headers.get("x-acs-signature-nonce") ?? "";
    if (nonce === "" || this.#nonces.has(nonce)) return "SignatureNonceUsed";
    const names = signed.split(";");
    const isWhole = ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"].every((name) =>
      names.includes(name),
    );
    if (!isWhole || headers.get("x-acs-content-sha256") !== bodyHash) return "IncompleteSignature";
    const lines = names.map((name) => `${name}:${(name === "host" ? host : headers.get(name))?.trim()}\n`).join("");
    const query = [...searchParams].map(([name, value]) => `${rfc3986(name)}=${rfc3986(value)}`).sort().join("&"); // prettier-ignore
    const canonical = `POST\n/\n${query}\n${lines}\n${signed}\n${bodyHash}`;
    const wanted = createHmac("sha256", secret)
      .update(`ACS3-HMAC-SHA256\n${createHash("sha256").update(canonical).digest("hex")}`)
      .digest("hex");
    if (signature !== wanted) return "SignatureDoesNotMatch";
    this.#nonces.add(nonce);
    return undefined;
  }
}

const rfc3986 = (text: string): string => encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const refused = (status: number, code: string): Response => Response.json({ Code: code, Message: code, RequestId: "0", Recommend: "" }, { status });
