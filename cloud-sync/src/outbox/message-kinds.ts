import type { MessageChannel } from "../core/outbox/message.ts";
import type { Names } from "../core/names.ts";

/** A kind of message that the campus may switch off. */
export interface MessageKind {
  /** `repair.dispatched`. */
  readonly kind: string;
  /** What it says, for people. */
  readonly names: Names;
}

/** What routes know of the outbox beside its rows. */
export interface OutboxFace {
  /** By which ways this cloud can send; the others wait. */
  readonly channels: readonly MessageChannel[];
  readonly kinds: readonly MessageKind[];
}

/** Every kind there is, in the order of their names, each once. @param all  of each part of the cloud that writes to people */
export function messageKinds(...all: readonly (readonly MessageKind[])[]): MessageKind[] {
  const byKind = new Map(all.flat().map((each) => [each.kind, each]));
  return [...byKind.values()].sort((one, other) => (one.kind < other.kind ? -1 : 1));
}
