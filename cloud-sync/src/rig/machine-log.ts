import {
  CHAIN_START,
  type ChainEnd,
  type ControllerEvent,
  countsText,
  encodeEvent,
  eventOf,
  bytesToHex,
  makeEventBatch,
  type Signer,
  unixSeconds,
} from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { START } from "./cloud-rig.ts";
import type { EventMachine } from "../events/event-machine.ts";

/** The log of one machine as its controller keeps it, and the batches that it would send. */
export class MachineLog {
  readonly controller: string;
  readonly signer: Signer;
  readonly #site: string;
  readonly #machine: number;
  readonly #records: Uint8Array[] = [];
  readonly #ends: ChainEnd[] = [CHAIN_START];

  /** @param machine  the nth under its id */
  constructor(controller: string, key: number, site = "demo-campus", machine = 1) {
    this.#machine = machine;
    this.controller = controller;
    this.signer = nodeSigner(new Uint8Array(32).fill(key));
    this.#site = site;
  }

  get machine(): EventMachine {
    return { controller: this.controller, machine: this.#machine, publicKey: this.signer.publicKey };
  }

  /** The end behind its first `seq` events. */
  end(seq = this.#records.length): ChainEnd {
    return this.#ends.at(seq)!;
  }

  /** Records something, a second later each time. @param at  another time */
  record(event: ControllerEvent = eventOf("RequestToExit", { door: "library" }), at?: number): this {
    const { seq, hash } = this.end();
    const record = encodeEvent({ seq: seq + 1, prevHash: hash, at: unixSeconds(at ?? START + seq), ms: 0, event });
    this.#records.push(record);
    this.#ends.push({ seq: seq + 1, hash: nodeSha256(record) });
    return this;
  }

  /** As many requests to exit. */
  fill(count: number): this {
    for (let nth = 0; nth < count; nth++) this.record();
    return this;
  }

  /** A log that was the same so far and goes on by itself. */
  fork(seq: number): MachineLog {
    const other = new MachineLog(this.controller, 0, this.#site);
    Object.assign(other, { signer: this.signer });
    other.#records.push(...this.#records.slice(0, seq));
    other.#ends.push(...this.#ends.slice(1, seq + 1));
    return other;
  }

  /** Signed, from the event `first` to `last`; `dropped`: a range in it that a GapRecord stands for. */
  batch(
    first = 1,
    last = this.#records.length,
    { by = this.signer, dropped }: { readonly by?: Signer; readonly dropped?: readonly [number, number] } = {},
  ): Uint8Array {
    return this.signed(this.end(first - 1), this.records(first, last, dropped), by);
  }

  signed(from: ChainEnd, records: readonly Uint8Array[], by = this.signer): Uint8Array {
    return makeEventBatch(this.#site, { controller: this.controller, from, records }, by);
  }

  records(first: number, last: number, dropped?: readonly [number, number]): Uint8Array[] {
    if (dropped === undefined) return this.#records.slice(first - 1, last);
    const [from, to] = dropped;
    return [...this.records(first, from - 1), this.gap(from, to), ...this.records(to + 1, last)];
  }

  /** What stands for a range of requests to exit that was dropped. */
  gap(firstSeq: number, lastSeq: number, kind = "RequestToExit"): Uint8Array {
    const count = lastSeq - firstSeq + 1;
    const lastHash = bytesToHex(this.end(lastSeq).hash);
    const event = eventOf("GapRecord", { firstSeq, lastSeq, count, kinds: countsText(new Map([[kind, count]])), lastHash, cause: "the disk was short" });
    return encodeEvent({ seq: lastSeq, prevHash: this.end(firstSeq - 1).hash, at: null, ms: 0, event });
  }
}
