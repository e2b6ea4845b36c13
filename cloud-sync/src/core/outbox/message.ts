import type { Names } from "../names.ts";

/** By which way a message goes. */
export const MESSAGE_CHANNELS = ["mail", "sms"] as const;
export type MessageChannel = (typeof MESSAGE_CHANNELS)[number];

/**
 * What becomes of a message. `waiting`: it is to be sent. `sent`: somebody's server has taken it. `failed`: it was refused for good, or bounced. `off`: its kind
 * is switched off.
 */
export const MESSAGE_STATES = ["waiting", "sent", "failed", "off"] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** Where somebody can be written to. */
export interface MessageAddresses {
  readonly mail: string | null;
  /** E.164. */
  readonly phone: string | null;
}

/** What is to be said to somebody, before it is known by which way. */
export interface NewMessage {
  /** Names the cause: of two messages with one key to one channel there is one. 1..200 characters. */
  readonly dedupe: string;
  /** What it is about: it can be switched off by that. */
  readonly kind: string;
  /** Whom it is for, by id; null: somebody who is no person of the campus. */
  readonly person: string | null;
  readonly to: MessageAddresses;
  readonly subject: Names;
  readonly text: Names;
  /** What templates of an SMS provider are filled with. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Mail where there is an address, else an SMS (rule 6.8); undefined: nobody can be reached. */
export function wayTo({ mail, phone }: MessageAddresses): { readonly channel: MessageChannel; readonly address: string } | undefined {
  if (mail !== null) return { channel: "mail", address: mail };
  return phone === null ? undefined : { channel: "sms", address: phone };
}

/** A template with `{name}` filled in; a name that nothing stands for is left as it is, so that it is seen. */
export const filled = (template: string, parameters: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(parameters, name) ? parameters[name]! : whole));

/** The names that a template has to be filled with. */
export const namesIn = (template: string): string[] => [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);

/** Both languages in one mail: nobody is asked which one they read. */
export const bothLanguages = ({ zh, en }: Names, between: string): string => (zh === en ? zh : `${zh}${between}${en}`);

/** An address as lists show it: enough to recognise it, too little to write to it. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf("@");
  if (at >= 0) return `${address.slice(0, Math.min(2, at))}…${address.slice(at)}`;
  return `${address.slice(0, 6)}…${address.slice(-2)}`;
}

/** The first wait is drawn from this, each further one from twice as much, up to the longest. Full jitter. */
const RETRY_FIRST_MS = 5_000;
const RETRY_LONGEST_MS = 30 * 60_000;
/** @param tries  that came to nothing. @param chance  0 ≤ chance < 1 */
export const retryWaitMs = (tries: number, chance: number): number => Math.ceil(chance * Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(tries, 20)));

/** What was not taken for so long has failed. */
export const GIVEN_UP_AFTER_S = 5 * 86_400;
/** Messages that are over are forgotten so much later. */
export const MESSAGE_LIFE_S = 30 * 86_400;
