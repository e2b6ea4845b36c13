import type { LockRefusal } from "@portico/card-protocol";

/**
 * What an error number of the platform means for whoever asked:
 * `token` the token is spent, another may do · `account` application or account are refused, whatever is asked · `limited` too many calls ·
 * `clock` the time of the request is more than five minutes off · `unreached` gateway or lock are not on line · `busy` they are, and do something else ·
 * `unsupported` this lock cannot do that, or may not · `refused` the lock was asked and says no · `gone` there is no such thing at the lock ·
 * `neverUsed` a code that nobody has typed yet cannot be changed, only replaced · `unknown` it may have happened, or not.
 */
export type PlatformErrorKind = "token" | "account" | "limited" | "clock" | "unreached" | "busy" | "unsupported" | "refused" | "gone" | "neverUsed" | "unknown";

export interface PlatformError {
  readonly kind: PlatformErrorKind;
  /** Of `refused`. */
  readonly refusal?: LockRefusal;
  /** In our words: what the platform says itself may hold what was sent to it. */
  readonly text: string;
}

/**
 * Error numbers of TTLock's open platform, Cloud API v3 (euopen.ttlock.com, cnopen.ttlock.com: error codes). 1 and 90000 say that something failed and not
 * what: they are left among the unknown.
 */
const ERRORS: Readonly<Record<number, PlatformError>> = {
  10000: { kind: "account", text: "the platform knows no such client_id" },
  10001: { kind: "account", text: "the platform refuses client_id or client secret" },
  10003: { kind: "token", text: "the platform does not know the token" },
  10004: { kind: "token", text: "the token is spent or was withdrawn" },
  10007: { kind: "account", text: "the platform refuses user name or password" },
  10011: { kind: "token", text: "the platform refuses to renew the token" },
  20002: { kind: "account", text: "the account does not administer this lock" },
  30001: { kind: "account", text: "the application may not ask for this" },
  30005: { kind: "account", text: "the platform refuses the form of the password" },
  30006: { kind: "limited", text: "too many calls: the platform takes none for a while" },
  30007: { kind: "limited", text: "the month's calls of the developer account are used up" },
  30008: { kind: "account", text: "the account lives at another site of the platform: use its url" },
  80000: { kind: "clock", text: "the platform's clock and ours differ by more than five minutes" },
  [-1003]: { kind: "account", text: "the platform knows no such lock" },
  [-2018]: { kind: "account", text: "the account may not do this at this lock" },
  [-2025]: { kind: "unsupported", text: "the lock is frozen at the platform" },
  [-2009]: { kind: "gone", text: "there is no such code at the lock" },
  [-2012]: { kind: "unreached", text: "no gateway reaches the lock" },
  [-2032]: { kind: "refused", refusal: "PinNotAllowed", text: "the code is too simple" },
  [-3002]: { kind: "unreached", text: "the gateway is off line" },
  [-3003]: { kind: "busy", text: "the gateway is busy" },
  [-3006]: { kind: "refused", refusal: "PinFormat", text: "the code has the wrong length" },
  [-3007]: { kind: "refused", refusal: "PinNotAllowed", text: "the lock has that code already" },
  [-3008]: { kind: "neverUsed", text: "a code that was never used cannot be changed" },
  [-3009]: { kind: "refused", refusal: "SlotsFull", text: "the lock has no room for another code" },
  [-3034]: { kind: "unreached", text: "the lock has no network" },
  [-3035]: { kind: "unreached", text: "the lock's network sleeps to save power" },
  [-3036]: { kind: "unreached", text: "the lock is off line" },
  [-3037]: { kind: "busy", text: "the lock is busy" },
  [-3046]: { kind: "unsupported", text: "the account may not open this lock from afar" },
  [-4037]: { kind: "unreached", text: "the gateway is gone" },
  [-4043]: { kind: "unsupported", text: "the lock cannot do this, or it is switched off in the maker's app" },
  [-4056]: { kind: "refused", refusal: "SlotsFull", text: "the lock's memory is full" },
  [-4082]: { kind: "unsupported", text: "the lock takes no such time of locking by itself" },
};

/** What a number means. One that stands in no table may mean anything, also that it was done. */
export const platformError = (errcode: number): PlatformError => ERRORS[errcode] ?? { kind: "unknown", text: "the platform failed, and does not say how" };
