import { createHash } from "node:crypto";
import type { Clock, Random } from "@portico/card-protocol";
import type { PlatformExchange, PlatformHeard } from "@portico/firmware-ts/ttlock";
import { type PlatformForm, PlatformRefusal, PLATFORM_CALLS } from "./platform-calls.ts";
import type { VirtualTtlock } from "./virtual-ttlock.ts";

/** What becomes of a request instead of an answer. `lost`: it is done, and nobody hears of it; `silent`: it is not, and nobody hears. */
export type PlatformFault = "lost" | "silent" | "status500" | "html" | "cut" | "hangUp" | { readonly errcode: number };

export interface TtlockAccount {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly user: string;
  readonly password: string;
}

interface Issued {
  readonly access: string;
  readonly refresh: string;
  readonly endsMs: number;
}

const DATE_OFF_MS_MAX = 300_000;
const MINUTE_MS = 60_000;

/**
 * TTLock's open platform, Cloud API v3, as far as the adapter asks it: tokens, the time of requests, errors by number in an answer 200, gateways that are off
 * or busy. Served over HTTP by `serveProvider`, or asked in memory through {@link exchange}.
 */
export class TtlockStandIn {
  /** Paths that were asked for, in order. */
  readonly heard: string[] = [];
  /** Everything that was sent to it, for whoever looks for what should not be there. */
  readonly forms: PlatformForm[] = [];
  readonly locks = new Map<number, VirtualTtlock>();
  isOnline = true;
  tokenLifeS = 7_776_000;
  /** It renews no token: whoever asks has to log in. */
  refusesRenewal = false;
  /** More calls in a minute are refused. */
  callsPerMinute = Infinity;
  /** How far the platform's clock is off ours. */
  clockOffMs = 0;
  latencyMs = 50;
  logins = 0;
  renewals = 0;
  readonly #account: TtlockAccount;
  readonly #clock: Clock;
  readonly #faults = new Map<string, PlatformFault[]>();
  #chance: { readonly random: Random; readonly odds: readonly (readonly [PlatformFault, number])[] } | undefined;
  #issued: Issued[] = [];
  #calls: number[] = [];
  #count = 0;

  constructor(account: TtlockAccount, clock: Clock, locks: readonly VirtualTtlock[]) {
    [this.#account, this.#clock] = [account, clock];
    for (const lock of locks) this.locks.set(lock.lockId, lock);
  }

  /** The next requests of a path meet these, one each. */
  fail(path: string, ...faults: readonly PlatformFault[]): void {
    this.#faults.set(path, [...(this.#faults.get(path) ?? []), ...faults]);
  }

  /** Any request may meet one of these, each by its chance; none: all go well. */
  setChance(random: Random, odds: readonly (readonly [PlatformFault, number])[]): void {
    this.#chance = odds.length === 0 ? undefined : { random, odds };
  }

  /** Tokens that were issued are good no more. */
  withdrawTokens(): void {
    this.#issued = this.#issued.map((each) => ({ ...each, endsMs: 0 }));
  }

  /** Asked in memory, in the clock's time. */
  readonly exchange: PlatformExchange = (path, form, timeoutMs) =>
    new Promise((resolve) => {
      const settle = (heard: PlatformHeard): void => {
        cancel();
        resolve(heard);
      };
      const cancel = this.#clock.after(timeoutMs, () => settle({ ok: false, error: "TimedOut", detail: "the platform did not answer", isUnsent: false }));
      this.#clock.after(this.latencyMs, () => {
        if (!this.isOnline) return settle({ ok: false, error: "Disconnected", detail: "the platform is not reached (ECONNREFUSED)", isUnsent: true });
        const answer = this.serve(path, form);
        if (answer === "hangUp") settle({ ok: false, error: "Disconnected", detail: "the platform is not reached (ECONNRESET)", isUnsent: false });
        else if (answer !== "silence") settle({ ok: true, ...answer });
      });
    });

  /** Over HTTP: {@link serveProvider} asks this. Silence is for the one who asks to bear. */
  readonly answer = async (request: Request): Promise<Response> => {
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    if (!this.isOnline) return new Response("<html><h1>503</h1></html>", { status: 503 });
    const answer = this.serve(new URL(request.url).pathname, form);
    if (answer === "silence" || answer === "hangUp") return new Promise(() => {});
    return new Response(answer.text, { status: answer.status, headers: { "content-type": "application/json" } });
  };

  serve(path: string, form: PlatformForm): { readonly status: number; readonly text: string } | "silence" | "hangUp" {
    this.heard.push(path);
    this.forms.push(form);
    const fault = this.#faults.get(path)?.shift() ?? this.#byChance();
    if (fault === "silent") return "silence";
    if (fault === "hangUp") return "hangUp";
    if (fault === "status500") return { status: 500, text: "<html><h1>500</h1></html>" };
    if (fault === "html") return { status: 200, text: "<html><h1>Welcome to the hotel</h1></html>" };
    if (typeof fault === "object") return said({ errcode: fault.errcode, errmsg: `failed: ${JSON.stringify(form)}`, description: "" });
    const body = this.#judge(path, form);
    if (fault === "lost") return "silence";
    const whole = JSON.stringify(body);
    return { status: 200, text: fault === "cut" ? whole.slice(0, whole.length / 2) : whole };
  }

  #byChance(): PlatformFault | undefined {
    const { random, odds = [] } = this.#chance ?? {};
    return odds.find(([, chance]) => random!() < chance)?.[0];
  }

  #judge(path: string, form: PlatformForm): object {
    try {
      this.#limit();
      if (path === "/oauth2/token") return this.#token(form);
      this.#authorized(form);
      const call = PLATFORM_CALLS[path];
      if (call === undefined) throw new PlatformRefusal(-3);
      const lock = this.locks.get(Number(form["lockId"]));
      if (lock === undefined) throw new PlatformRefusal(-1003);
      return call(lock, form, this.#account.user);
    } catch (error) {
      if (!(error instanceof PlatformRefusal)) throw error;
      // As the real one it may say what it was sent.
      return { errcode: error.errcode, errmsg: `refused: ${form["keyboardPwd"] ?? form["newKeyboardPwd"] ?? ""}`, description: "" };
    }
  }

  #limit(): void {
    const now = this.#clock.monotonic();
    this.#calls = [...this.#calls.filter((at) => now - at < MINUTE_MS), now];
    if (this.#calls.length > this.callsPerMinute) throw new PlatformRefusal(30006);
  }

  #token(form: PlatformForm): object {
    const { clientId, clientSecret, user, password } = this.#account;
    if (form["clientId"] !== clientId || form["clientSecret"] !== clientSecret) throw new PlatformRefusal(10001);
    if (form["grant_type"] === "refresh_token") {
      if (this.refusesRenewal || !this.#issued.some(({ refresh }) => refresh === form["refresh_token"])) throw new PlatformRefusal(10011);
      this.renewals++;
    } else {
      if (form["username"] !== user || form["password"] !== createHash("md5").update(password).digest("hex")) throw new PlatformRefusal(10007);
      this.logins++;
    }
    const number = ++this.#count;
    this.#issued.push({ access: `access-${number}`, refresh: `refresh-${number}`, endsMs: this.#clock.monotonic() + this.tokenLifeS * 1000 });
    return { access_token: `access-${number}`, refresh_token: `refresh-${number}`, uid: 2340, expires_in: this.tokenLifeS };
  }

  #authorized(form: PlatformForm): void {
    const wall = this.#clock.wall();
    const now = wall === "untrusted" ? 0 : wall.now * 1000 + this.clockOffMs;
    if (!(Math.abs(Number(form["date"]) - now) <= DATE_OFF_MS_MAX)) throw new PlatformRefusal(80000);
    const token = this.#issued.find(({ access }) => access === form["accessToken"]);
    if (token === undefined) throw new PlatformRefusal(10003);
    if (this.#clock.monotonic() >= token.endsMs) throw new PlatformRefusal(10004);
  }
}

const said = (body: object): { readonly status: number; readonly text: string } => ({ status: 200, text: JSON.stringify(body) });
