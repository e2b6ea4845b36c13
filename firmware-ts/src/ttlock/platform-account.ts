import { createHash } from "node:crypto";
import { type Clock, type MonotonicMs, monotonicMs, type Random } from "@portico/card-protocol";
import { type PlatformBody, type PlatformError, type PlatformErrorKind, readVerdict, textOf, wholeOf } from "../core/ttlock/index.ts";
import type { DeviceError } from "../device.ts";
import type { PlatformExchange } from "./platform-exchange.ts";
import { turns } from "./turns.ts";

/** As whom the platform is asked. The secrets are held in memory, and stand in nothing that this says. */
export interface PlatformLogin {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of the account in the maker's app that administers the locks. */
  readonly user: string;
  readonly password: string;
}

export interface PlatformAccountOptions {
  readonly login: PlatformLogin;
  readonly exchange: PlatformExchange;
  readonly clock: Clock;
  readonly random: Random;
}

/** Why the platform did not do what it was asked. */
export interface PlatformTrouble {
  readonly error: DeviceError;
  readonly detail: string;
  /** `lost`: no answer, or none that can be understood; it may have been done. Every other kind: it was not. `ours`: nothing was asked. */
  readonly kind: Exclude<PlatformErrorKind, "unknown"> | "lost" | "ours";
  readonly refusal?: PlatformError["refusal"];
}
export type PlatformReply = { readonly ok: true; readonly body: PlatformBody } | ({ readonly ok: false } & PlatformTrouble);

export interface PlatformAsking {
  /** Until then it is tried. */
  readonly until: MonotonicMs;
  /** What the platform did with the first is the same with the second: asked again where the answer is lost. */
  readonly isRepeatable: boolean;
  /** A person stands in front of the lock: it waits for nobody else's turn. */
  readonly isUrgent?: boolean;
  /** Asked before each try; absent: it is. */
  readonly isStillWished?: () => boolean;
}

/** The account of a platform, shared by its locks: one token, and no more calls at once than the platform likes. Never rejects. */
export interface PlatformAccount {
  ask(path: string, form: Readonly<Record<string, string | number>>, asking: PlatformAsking): Promise<PlatformReply>;
  close(): void;
}

const ANSWER_MS = 10_000;
/** So many that nobody waits for; a gateway does one thing at a time. */
const TURNS = 4;
const AGAIN_MS_MIN = 500;
const AGAIN_MS_MAX = 8_000;
/** A token is renewed so long before it ends, by what the platform said of its life. */
const RENEW_BEFORE_MS = 86_400_000;
/** Behind a refused account or too many calls nobody asks for a while: an account that is asked for with a wrong password is shut. */
const PAUSE_MS = { account: 300_000, limited: 60_000 } as const;

interface Token {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly renewAt: MonotonicMs;
}

export function platformAccount({ login, exchange, clock, random }: PlatformAccountOptions): PlatformAccount {
  const calm = turns(TURNS);
  let token: Token | undefined;
  let gettingToken: Promise<PlatformTrouble | Token> | undefined;
  let paused: { readonly until: MonotonicMs; readonly trouble: PlatformTrouble } | undefined;
  let isClosed = false;
  const waiting = new Set<() => void>();

  /** One request and what it came to. */
  async function once(path: string, form: Readonly<Record<string, string>>, until: MonotonicMs): Promise<PlatformReply> {
    const timeoutMs = Math.min(ANSWER_MS, until - clock.monotonic());
    if (timeoutMs <= 0) return { ok: false, error: "TimedOut", detail: "there was no time left to ask the platform", kind: "ours" };
    const heard = await exchange(path, form, timeoutMs);
    if (!heard.ok)
      return { ok: false, error: heard.error === "BadReply" ? "TimedOut" : heard.error, detail: heard.detail, kind: heard.isUnsent ? "unreached" : "lost" };
    const verdict = readVerdict(heard.text);
    if (verdict.kind === "answer" && heard.status === 200) return { ok: true, body: verdict.body };
    if (verdict.kind !== "error" || verdict.error.kind === "unknown")
      return { ok: false, error: "TimedOut", detail: `the platform's answer says nothing (HTTP ${heard.status}${verdict.kind === "error" ? `, ${verdict.errcode}` : ""})`, kind: "lost" }; // prettier-ignore
    const { kind, text, refusal } = verdict.error;
    const trouble = { error: ERROR_OF[kind], detail: `${text} (${verdict.errcode})`, kind, ...(refusal && { refusal }) } as const;
    if (kind === "account" && path === TOKEN_PATH) pause(trouble, PAUSE_MS.account);
    if (kind === "limited") pause(trouble, PAUSE_MS.limited);
    return { ok: false, ...trouble };
  }

  function pause(trouble: PlatformTrouble, ms: number): void {
    paused = { until: monotonicMs(clock.monotonic() + ms), trouble };
  }

  /** The token that there is, or a fresh one: renewed, or by user and password. */
  function tokenNow(until: MonotonicMs): Promise<PlatformTrouble | Token> {
    if (token !== undefined && clock.monotonic() < token.renewAt) return Promise.resolve(token);
    gettingToken ??= getToken(until).finally(() => (gettingToken = undefined));
    return gettingToken;
  }

  async function getToken(until: MonotonicMs): Promise<PlatformTrouble | Token> {
    const { clientId, clientSecret, user, password } = login;
    const base = { clientId, clientSecret };
    const refresh = token?.refresh;
    const renewed = refresh === undefined ? undefined : await once(TOKEN_PATH, { ...base, grant_type: "refresh_token", refresh_token: refresh }, until);
    // Whatever became of the renewal: user and password are asked for in full.
    const asked = renewed?.ok === true ? renewed : await once(TOKEN_PATH, { ...base, grant_type: "password", username: user, password: md5(password) }, until);
    if (!asked.ok) return asked;
    const [access, expiresS] = [textOf(asked.body, "access_token"), wholeOf(asked.body, "expires_in")];
    if (access === undefined || access === "") return { error: "BadReply", detail: "the platform gives no token", kind: "lost" };
    const lifeMs = (expiresS ?? 0) * 1000;
    const renewAt = monotonicMs(clock.monotonic() + Math.max(lifeMs / 2, lifeMs - RENEW_BEFORE_MS));
    return (token = { access, refresh: textOf(asked.body, "refresh_token") ?? refresh, renewAt });
  }

  async function tryOnce(path: string, form: Readonly<Record<string, string | number>>, until: MonotonicMs): Promise<PlatformReply> {
    if (paused !== undefined && clock.monotonic() < paused.until) return { ok: false, ...paused.trouble };
    for (let tries = 1; ; tries++) {
      const wall = clock.wall();
      if (wall === "untrusted")
        return { ok: false, error: "Disconnected", detail: "the time is not known, and the platform takes no request without it", kind: "ours" };
      const found = await tokenNow(until);
      if ("error" in found) return { ok: false, ...found };
      const texts = Object.fromEntries(Object.entries(form).map(([name, value]) => [name, String(value)]));
      const reply = await once(path, { ...texts, clientId: login.clientId, accessToken: found.access, date: String(wall.now * 1000) }, until);
      if (reply.ok || reply.kind !== "token" || tries === 2) return reply;
      // Somebody else may have got another one meanwhile.
      if (token === found) token = { ...found, renewAt: clock.monotonic() };
    }
  }

  async function again(path: string, form: Readonly<Record<string, string | number>>, asking: PlatformAsking): Promise<PlatformReply> {
    for (let failures = 0; ; failures++) {
      if (isClosed) return { ok: false, error: "Disconnected", detail: "closed", kind: "ours" };
      if (asking.isStillWished?.() === false) return { ok: false, error: "Superseded", detail: "something newer is wished", kind: "ours" };
      const reply = await tryOnce(path, form, asking.until);
      const mayAgain = !reply.ok && (reply.kind === "busy" || reply.kind === "unreached" ? true : reply.kind === "lost" && asking.isRepeatable);
      const untilEnd = asking.until - clock.monotonic();
      const wait = random() * Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(failures, 8));
      if (!mayAgain || wait >= untilEnd) return reply;
      await later(wait);
    }
  }

  function later(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        waiting.delete(wake);
        resolve();
      };
      const cancel = clock.after(ms, wake);
      waiting.add(wake);
    });
  }

  return {
    ask: (path, form, asking) => (asking.isUrgent === true ? again(path, form, asking) : calm(() => again(path, form, asking))),
    close() {
      isClosed = true;
      for (const wake of waiting) wake();
    },
  };
}

const TOKEN_PATH = "/oauth2/token";
const ERROR_OF: Readonly<Record<Exclude<PlatformErrorKind, "unknown">, DeviceError>> = {
  token: "BadReply",
  account: "BadReply",
  limited: "BadReply",
  clock: "BadReply",
  unreached: "Disconnected",
  busy: "Disconnected",
  unsupported: "Unsupported",
  refused: "BadReply",
  gone: "BadReply",
  neverUsed: "BadReply",
};
/** The form in which this platform takes a password. */
const md5 = (text: string): string => createHash("md5").update(text, "utf8").digest("hex");
