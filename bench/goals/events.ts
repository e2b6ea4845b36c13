import { CHAIN_START, type ChainEnd, encodeEvent, eventOf, hexToBytes, makeEventBatch, makePossession, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { CLOUD_SITE, controllerId, controllerSigner } from "../cloud-campus.ts";
import { type Goal, median, quantile } from "../goal.ts";
import { startCloud } from "../running-cloud.ts";

/** Controllers that are behind by so many events each, and send batch after batch as a controller does: one on its way at a time. */
const CONTROLLERS = 32;
const BATCHES = 16;
const BATCH_RECORDS = 256;
/** The first round trips of each are left out of the acknowledgements: connections are made in them. */
const FIRST = 1;
const EVENTS = CONTROLLERS * BATCHES * BATCH_RECORDS;

interface Measured {
  readonly tookMs: number;
  readonly acknowledgedMs: readonly number[];
  readonly bytes: number;
}
let measured: Promise<Measured> | undefined;
/** One run serves both goals. */
const measuredOnce = (): Promise<Measured> => (measured ??= run());

export const EVENTS_UP: Goal = {
  name: "events-up",
  what: `30,000 events taken durably by portico cloud run, signatures and chains checked; of ${EVENTS.toLocaleString("en")} that ${CONTROLLERS} controllers send in batches of ${BATCH_RECORDS}`,
  unit: "ms",
  goal: 1_000,
  async measure(note) {
    const { tookMs, bytes } = await measuredOnce();
    note(`${Math.round(EVENTS / (tookMs / 1_000)).toLocaleString("en")} events a second, ${Math.round(bytes / EVENTS)} bytes each`);
    return (tookMs * 30_000) / EVENTS;
  },
};

export const EVENTS_ACKNOWLEDGED: Goal = {
  name: "events-acknowledged",
  what: "p99 from a batch's first byte to its acknowledgement, of the same",
  unit: "ms",
  goal: 300,
  async measure(note) {
    const { acknowledgedMs } = await measuredOnce();
    note(`p50 ${median(acknowledgedMs).toFixed(0)} ms, slowest ${quantile(acknowledgedMs, 1).toFixed(0)} ms`);
    return quantile(acknowledgedMs, 0.99);
  },
};

async function run(): Promise<Measured> {
  const logs = Array.from({ length: CONTROLLERS }, (_, nth) => batchesOf(nth));
  const cloud = await startCloud({ people: 100, cards: 1, zones: 1, controllers: CONTROLLERS });
  try {
    const tokens = await Promise.all(logs.map((_, nth) => tokenOf(cloud.url, nth)));
    const acknowledgedMs: number[] = [];
    const startedAt = performance.now();
    await Promise.all(
      logs.map(async (batches, nth) => {
        for (const [which, batch] of batches.entries()) {
          const sentAt = performance.now();
          const response = await fetch(`${cloud.url}/v1/events`, { method: "POST", headers: { authorization: `Bearer ${tokens[nth]!}` }, body: batch });
          const answer = (await response.json()) as { readonly seq?: number };
          if (answer.seq !== (which + 1) * BATCH_RECORDS) throw new Error(`a batch was not taken: ${response.status} ${JSON.stringify(answer)}`);
          if (which >= FIRST) acknowledgedMs.push(performance.now() - sentAt);
        }
      }),
    );
    const tookMs = performance.now() - startedAt;
    return { tookMs, acknowledgedMs, bytes: logs.flat().reduce((sum, { length }) => sum + length, 0) };
  } finally {
    await cloud.stop();
  }
}

/** A controller's log: passages, each with the pass as it was shown. */
function batchesOf(nth: number): Uint8Array<ArrayBuffer>[] {
  const signer = controllerSigner(nth);
  let end: ChainEnd = CHAIN_START;
  return Array.from({ length: BATCHES }, () => {
    const from = end;
    const records = Array.from({ length: BATCH_RECORDS }, () => {
      const seq = end.seq + 1;
      const credential = (nth * 1_000_000 + seq).toString(16).padStart(16, "0");
      const event = eventOf("AccessGranted", {
        accessPoint: "gate-1-in",
        credential,
        presentation: "H",
        holder: seq,
        counter: seq,
        signedAt: unixSeconds(1_800_000_000 + seq),
        pass: new Uint8Array(96).fill(seq & 0xff),
        accessProfile: "students",
        uncertaintyS: 1,
        listVersion: 12,
        replayGroup: "main-gate/entry",
      });
      const record = encodeEvent({ seq, prevHash: end.hash, at: unixSeconds(1_800_000_000 + seq), ms: seq % 1_000, event });
      end = { seq, hash: nodeSha256(record) };
      return record;
    });
    return makeEventBatch(CLOUD_SITE, { controller: controllerId(nth), from, records }, signer).slice();
  });
}

async function tokenOf(url: string, nth: number): Promise<string> {
  const path = `${url}/v1/controllers/${controllerId(nth)}`;
  const { nonce } = (await (await fetch(`${path}/challenge`, { method: "POST" })).json()) as { nonce: string };
  const proof = makePossession(CLOUD_SITE, { nonce: hexToBytes(nonce)!, person: controllerId(nth) }, controllerSigner(nth)).slice();
  const admitted = await fetch(`${path}/token`, { method: "POST", headers: { authorization: `Challenge ${nonce}` }, body: proof });
  return ((await admitted.json()) as { token: string }).token;
}
