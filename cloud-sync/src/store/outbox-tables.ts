import type { MessageChannel, MessageState } from "../core/outbox/message.ts";

/** Mail and SMS that are to be sent, or were. */
export interface OutboxTables {
  outbox_message: OutboxMessageTable;
  /** Kinds that are switched off. */
  outbox_kind_off: { kind: string; since: number; actor: string };
}

export interface OutboxMessageTable {
  /** UUIDv7, in the order of the causes. The mail's Message-ID is made of it: sent twice it is the same mail. */
  id: string;
  /** Cause and channel: there is one row of each. */
  dedupe: string;
  kind: string;
  channel: MessageChannel;
  address: string;
  person: string | null;
  subject: string;
  text: string;
  /** JSON object of texts. */
  parameters: string;
  created_at: number;
  state: MessageState;
  /** Without success. */
  tries: number;
  /** Nobody tries before, ms since 1970: while one does, and between two tries. */
  next_at: number;
  /** Of the last try; empty: there was none. */
  problem: string;
  /** When it was sent, failed, or was switched off; null: it waits. */
  settled_at: number | null;
}
