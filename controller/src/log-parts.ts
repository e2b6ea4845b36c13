import { statfsSync } from "node:fs";
import { keyId, makeEventBatch, ok, err, readEventBatch, sameBytes, type Signer } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import type { Configuration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { LogKeeping } from "./log-keeping.ts";
import type { Recorder } from "./recorder.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import { LogShortening } from "./store/log-shortening.ts";

interface LogParts {
  readonly configuration: Configuration;
  readonly store: ControllerStore;
  /** The controller's own key. */
  readonly signer: Signer;
}

/** What keeps a controller's log within its room and its time. */
export function keepingOf({
  configuration,
  store,
  signer,
  clock,
  recorder,
}: LogParts & { readonly clock: ControllerClock; readonly recorder: Recorder }): LogKeeping {
  const { site, controller, cloud, log } = configuration;
  return new LogKeeping({
    policy: log,
    shortening: new LogShortening(store.database, (from, record) => makeEventBatch(site.id, { controller: controller.id, from, records: [record] }, signer)),
    last: () => store.events.last(),
    settle: () => store.settle(),
    upload: () => (cloud === undefined ? undefined : store.upload.position),
    freeBytes: () => freeBytes(controller.dataFolder),
    now: () => clock.eventTime().at,
    clock,
    onEvent: (event) => recorder.event(event),
  });
}

/** Whether this controller has signed the GapRecord of that number, and it stands in the log as it was signed. */
export function checkpointsOf({ configuration, store, signer }: LogParts): (lastSeq: number) => boolean {
  const { site, controller } = configuration;
  const { publicKey } = signer;
  const checkpoint = store.database.prepare<[number], Uint8Array>("SELECT signed FROM event_checkpoint WHERE seq = ?").pluck();
  const keyFor = (kid: Uint8Array) => (sameBytes(kid, keyId(publicKey)) ? ok(publicKey) : err("KeyUntrusted", "not this controller's key"));
  return (lastSeq) => {
    const [signed, event] = [checkpoint.get(lastSeq), store.events.event(lastSeq)];
    if (signed === undefined || event === undefined) return false;
    const read = readEventBatch(new Uint8Array(signed), site.id, keyFor, nodeVerifier, nodeSha256);
    return read.ok && read.value.batch.controller === controller.id && read.value.links.length === 1 && sameBytes(read.value.links[0]!.bytes, event.bytes);
  };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
