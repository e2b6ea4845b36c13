import { bytesToHex, type RandomBytes } from "@portico/card-protocol";
import { aliyunHeaders, type AliyunKey, aliyunQuery } from "./aliyun-signature.ts";
import type { MessageCarrier, OutgoingMessage, SendOutcome } from "./outbox-sender.ts";

/** The campus's account with 阿里云短信服务, and the templates that it had approved there. */
export interface AliyunSmsSettings {
  /** `https://dysmsapi.aliyuncs.com`. */
  readonly url: string;
  readonly key: AliyunKey;
  /** 短信签名: in whose name it is sent. */
  readonly signName: string;
  /** Template codes by kind of message: what has none is not sent. */
  readonly templates: ReadonlyMap<string, string>;
}

/** How requests leave. */
export interface SmsReach {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Aborts when an answer has taken too long: a new one for each request. */
  readonly deadline: () => AbortSignal;
  readonly nowMs: () => number;
  readonly randomBytes: RandomBytes;
}

/** What concerns this number or this text for good; everything else is the account's, or passes. Source: 阿里云短信服务, 接口返回错误码. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  "isv.MOBILE_NUMBER_ILLEGAL",
  "isv.MOBILE_COUNT_OVER_LIMIT",
  "isv.BLACK_KEY_CONTROL_LIMIT",
  "isv.PARAM_LENGTH_LIMIT",
  "isv.TEMPLATE_PARAMS_ILLEGAL",
  "isv.INVALID_PARAMETERS",
]);
/** Nothing that the provider has to say is longer. */
const ANSWER_CHARS_MAX = 65_536;

/**
 * Sends SMS by the RPC `SendSms` (2017-05-25) of 阿里云短信服务. The message's id goes along as `OutId`, by which receipts are told apart; the provider does not
 * send one once for it: an SMS whose answer was lost may come twice.
 */
export class AliyunSmsCarrier implements MessageCarrier {
  readonly #settings: AliyunSmsSettings;
  readonly #reach: SmsReach;

  constructor(settings: AliyunSmsSettings, reach: SmsReach) {
    this.#settings = settings;
    this.#reach = reach;
  }

  async send({ id, kind, address, parameters }: OutgoingMessage): Promise<SendOutcome> {
    const template = this.#settings.templates.get(kind);
    if (template === undefined) return { kind: "later", problem: `no SMS template is named for ${kind}` };
    const signal = this.#reach.deadline();
    let answer: { readonly status: number; readonly code: string };
    try {
      answer = await this.#ask(id, template, address, parameters, signal);
    } catch {
      return { kind: "later", problem: signal.aborted ? "the SMS provider gives no answer in time" : "the SMS provider cannot be reached" };
    }
    const { status, code } = answer;
    if (code === "OK") return { kind: "taken" };
    return { kind: FOR_GOOD.has(code) ? "never" : "later", problem: `the SMS provider says ${code === "" ? `HTTP ${status}` : code}` };
  }

  close(): void {}

  async #ask(
    id: string,
    template: string,
    phone: string,
    parameters: OutgoingMessage["parameters"],
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly code: string }> {
    const { url, key, signName } = this.#settings;
    const { fetch, nowMs, randomBytes } = this.#reach;
    const query = {
      // Numbers of the mainland are written without a country code, others without the plus sign.
      PhoneNumbers: phone.replace(/^\+(?:86(?=1\d{10}$))?/, ""),
      SignName: signName,
      TemplateCode: template,
      TemplateParam: JSON.stringify(parameters),
      OutId: id,
    };
    const date = new Date(nowMs()).toISOString().replace(/\.\d{3}Z$/, "Z");
    const asked = { host: new URL(url).host, action: "SendSms", version: "2017-05-25", query, date, nonce: bytesToHex(randomBytes(16)) };
    const { host: _, ...headers } = aliyunHeaders(asked, key);
    const response = await fetch(new Request(`${url}/?${aliyunQuery(query)}`, { method: "POST", headers, redirect: "manual", signal }));
    const text = (await response.text()).slice(0, ANSWER_CHARS_MAX);
    return { status: response.status, code: codeIn(text) };
  }
}

/** Empty: the answer has none. */
function codeIn(text: string): string {
  try {
    const said: unknown = JSON.parse(text);
    const code = typeof said === "object" && said !== null && "Code" in said ? said.Code : undefined;
    return typeof code === "string" && /^[\w.]{1,80}$/.test(code) ? code : "";
  } catch {
    return "";
  }
}
