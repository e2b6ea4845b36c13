import { type ChainEnd, err, type EventBatchError, type EventRecord, keyId, ok, readEventBatch, type Result, sameBytes } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import { lockAnswerOf } from "../locks/lock-answers.ts";
import { isTold } from "../notifications/event-notification.ts";
import type { EventMachine } from "./event-machine.ts";
import { type KeptEvent, keptEvent } from "./event-rows.ts";

/** A batch whose signature and chain hold, as far as the cloud has to do with it. Thousands of its events wait together for a transaction: they are no more than is kept. */
export interface SignedBatch {
  readonly machine: EventMachine;
  /** Whom it speaks for. */
  readonly controller: string;
  /** What its first event follows. */
  readonly from: ChainEnd;
  /** At least one. */
  readonly events: readonly KeptEvent[];
  readonly end: ChainEnd;
  /** Those of them from which more follows than that they are kept, in their order. */
  readonly telling: readonly EventRecord[];
}

/** A batch that one of these machines has signed, whose records follow from one another. */
export function readSignedBatch(machines: readonly EventMachine[], bytes: Uint8Array, site: string): Result<SignedBatch, EventBatchError> {
  let machine: EventMachine | undefined;
  const keyFor = (kid: Uint8Array) => {
    machine = machines.find(({ publicKey }) => sameBytes(kid, keyId(publicKey)));
    return machine === undefined ? err("KeyUntrusted", "not signed by this controller's key") : ok(machine.publicKey);
  };
  const read = readEventBatch(bytes, site, keyFor, nodeVerifier, nodeSha256);
  if (!read.ok) return read;
  const { batch, links, end } = read.value;
  const telling = links.flatMap(({ record }) => (tellsMore(record) ? [record] : []));
  return ok({ machine: machine!, controller: batch.controller, from: batch.from, events: links.map(keptEvent), end, telling });
}

/** Callers are told of it, a room lock's state moves by it, or it stands for others. */
const tellsMore = (record: EventRecord): boolean => record.event.name === "GapRecord" || isTold(record) || lockAnswerOf(record) !== undefined;
