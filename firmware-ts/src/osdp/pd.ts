import type { MonotonicMs, RandomBytes } from "@portico/card-protocol";
import type { OsdpCommand } from "../core/osdp/command.ts";
import type { OsdpReply } from "../core/osdp/reply.ts";
import type { Aes128 } from "../core/osdp/secure-channel.ts";
import type { PdPortrait, Session, SessionPolicy, SessionRefusal } from "../core/osdp/session.ts";
import type { DeviceHealth } from "../device.ts";
import type { OsdpBus } from "./osdp-bus.ts";

/** What became of a command. `silent`: given up; the PD may have carried it out. */
export type OsdpOutcome =
  | { readonly kind: "replied"; readonly reply: OsdpReply }
  | { readonly kind: "silent" }
  | { readonly kind: "disconnected"; readonly trouble: string };

/** A command that somebody wants sent as soon as the session is open and the line free. */
export interface OsdpOrder {
  readonly command: OsdpCommand;
  /** It goes on the line for the first time. */
  sent?(bytes: Uint8Array, at: MonotonicMs): void;
  settled(outcome: OsdpOutcome, at: MonotonicMs): void;
}

/** Something that has commands for a PD: a relay board, a light. */
export interface OsdpSource {
  next(now: MonotonicMs): OsdpOrder | undefined;
  /** When it will have one, as far as it knows; Infinity: when it wakes the PD. */
  dueAt(now: MonotonicMs): number;
}

/** What happened to a PD's security, for the event log; told once until it changes. */
export type PdSecurityEvent =
  | { readonly kind: "refused"; readonly reason: SessionRefusal; readonly detail: string }
  /** `key`: which of the keys that it was tried with. */
  | { readonly kind: "opened"; readonly policy: SessionPolicy["kind"]; readonly key: number };

/** Counts of one PD since the start. */
export interface PdCounts {
  readonly polls: number;
  readonly commands: number;
  readonly answers: number;
  /** The same bytes again. */
  readonly repeats: number;
  readonly silences: number;
  readonly sessions: number;
  readonly refusals: number;
  /** The longest time between two polls in the last minute or so, in whole milliseconds. */
  readonly pollGapMsMax: number;
}

/** What a PD may be spoken to with: its own keys (the newest first, one that was being set when power failed beside it), nothing, or SCBK-D. */
export type PdSecurity = { readonly kind: "secure"; readonly scbks: readonly Uint8Array[] } | { readonly kind: "clear" } | { readonly kind: "install" };

/** What a session is made with; undefined: no key was made for the PD. @param key  which of its keys is tried; counted round */
export function policyOf(security: PdSecurity, key: number): SessionPolicy | undefined {
  if (security.kind !== "secure") return security;
  const scbk = security.scbks[key % Math.max(1, security.scbks.length)];
  return scbk === undefined ? undefined : { kind: "secure", scbk };
}

export interface OsdpPdOptions {
  readonly id: string;
  readonly bus: OsdpBus;
  /** 0..126. */
  readonly address: number;
  readonly security: PdSecurity;
  readonly aes: Aes128;
  /** Where RND.A comes from: the operating system, in production. */
  readonly randomBytes: RandomBytes;
  /** Pause between two polls; default 50. */
  readonly pollMs?: number;
}

/** One PD on a line: its exchange, its session, and who listens to it. */
export interface OsdpPd {
  readonly id: string;
  readonly address: number;
  readonly bus: OsdpBus;
  readonly health: DeviceHealth;
  onHealth(listener: (health: DeviceHealth) => void): () => void;
  /** `clear` and `secure`: commands flow. */
  readonly state: Session["kind"];
  readonly portrait: PdPortrait;
  readonly counts: PdCounts;
  /** Answers to polls that are more than ACK: cards, keys, changes of state. */
  onReply(listener: (reply: OsdpReply, at: MonotonicMs) => void): () => void;
  /** A session was opened: whatever was set in the PD may be gone. */
  onOpened(listener: () => void): () => void;
  onSecurity(listener: (event: PdSecurityEvent) => void): () => void;
  join(source: OsdpSource): () => void;
  wake(): void;
  /**
   * From now on other keys count, or none. The session starts afresh.
   *
   * @param purpose  `give-key`: the session is for giving the PD a key alone. Nothing that the PD tells counts meanwhile, since anybody on the line could tell it,
   *   and it counts as off line. Default `use`
   */
  setSecurity(security: PdSecurity, purpose?: "use" | "give-key"): void;
  /** Lets go of the line. */
  leave(): void;
}
