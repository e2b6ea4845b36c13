import { join } from "node:path";
import { type Frame, FrameReader, GLOBAL, hexToBytes, makePossession, zonePartition } from "@portico/card-protocol";
import { Agent, get, request, type ClientRequest } from "node:http";
import { CLOUD_SITE, controllerId, controllerSigner, zoneOf } from "./cloud-campus.ts";
import { followingController } from "./following-controller.ts";

/*
 * The far end of the feed, in a process of its own, asked over its IPC channel: fleet.js <url> <folder> <zones>. Streams hear frames; controllers hear,
 * verify and commit them to a database file of their own.
 */

/** What a fleet is asked. `count`: how many streams there are to be from now on, with the numbers of controllers from `first`. */
export type FleetAsk =
  | { readonly ask: "tokens"; readonly first: number; readonly count: number }
  | { readonly ask: "streams"; readonly first: number; readonly count: number; readonly held: Readonly<Record<string, string>> }
  | { readonly ask: "controllers"; readonly first: number; readonly count: number }
  | { readonly ask: "held" }
  | { readonly ask: "hear" }
  | { readonly ask: "hang up" };
/** What it answers: `tookMs`, `held` as `epoch:version` by partition, or when each heard, in ns of the machine's monotonic clock. */
export interface FleetAnswer {
  readonly tookMs?: number;
  readonly held?: Readonly<Record<string, string>>;
  readonly streams?: readonly string[];
  readonly controllers?: readonly string[];
  /** Manifests heard: each is a snapshot. */
  readonly snapshots?: number;
  readonly error?: string;
}

/** Requests on their way at once while a fleet comes in. */
const AT_ONCE = 64;
const [url, folder, zoneCount] = process.argv.slice(2) as [string, string, string];
const zones = Number(zoneCount);
const tokens = new Map<number, string>();
const streams: ClientRequest[] = [];
const controllers: Awaited<ReturnType<typeof followingController>>[] = [];
const short = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
let heard: bigint[] = [];
let committed: bigint[] = [];
let snapshots = 0;
/** Told when all who are here have heard. */
let onHeard = (): void => {};

process.on("message", (ask: FleetAsk) => {
  void answer(ask).then(
    (told) => process.send!(told),
    (error: unknown) => process.send!({ error: error instanceof Error ? error.message : String(error) } satisfies FleetAnswer),
  );
});
process.on("disconnect", () => process.exit(0));

async function answer(ask: FleetAsk): Promise<FleetAnswer> {
  const startedAt = performance.now();
  const took = (): FleetAnswer => ({ tookMs: performance.now() - startedAt });
  switch (ask.ask) {
    case "tokens":
      await inPortions(ask.first, ask.count, async (nth) => void tokens.set(nth, await token(nth)));
      return took();
    case "streams":
      await inPortions(ask.first, ask.count, (nth) => stream(nth, ask.held));
      return { ...took(), snapshots };
    case "controllers":
      for (let nth = ask.first; nth < ask.first + ask.count; nth++) {
        const zone = zoneOf(nth, zones);
        const made = followingController({ url, folder: join(folder, controllerId(nth)), nth, zone, onCommitted: () => note(committed) });
        controllers.push(made);
        await made.upToDate;
      }
      return took();
    case "held":
      return { held: Object.fromEntries(controllers.flatMap((one) => one.held())) };
    case "hear":
      heard = [];
      committed = [];
      await new Promise<void>((resolve) => {
        onHeard = resolve;
      });
      return { streams: heard.map(String), controllers: committed.map(String) };
    case "hang up":
      for (const one of streams.splice(0)) one.destroy();
      return took();
  }
}

function note(times: bigint[]): void {
  times.push(process.hrtime.bigint());
  if (heard.length >= streams.length && committed.length >= controllers.length) onHeard();
}

async function inPortions(first: number, count: number, act: (nth: number) => Promise<void>): Promise<void> {
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < first + count) await act(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function token(nth: number): Promise<string> {
  const path = `/v1/controllers/${controllerId(nth)}`;
  const { nonce } = (await posted(`${path}/challenge`, undefined, new Uint8Array())) as { nonce: string };
  const proof = makePossession(CLOUD_SITE, { nonce: hexToBytes(nonce)!, person: controllerId(nth) }, controllerSigner(nth));
  return ((await posted(`${path}/token`, `Challenge ${nonce}`, proof)) as { token: string }).token;
}

function posted(path: string, authorization: string | undefined, body: Uint8Array): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": body.length, ...(authorization === undefined ? {} : { authorization }) };
    request(`${url}${path}`, { method: "POST", agent: short, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${path}: ${response.statusCode} ${text}`))));
    })
      .on("error", reject)
      .end(body);
  });
}

/** One stream that has what `held` says; resolves when it has heard a head of each of its partitions: it is up to date then. */
function stream(nth: number, held: Readonly<Record<string, string>>): Promise<void> {
  const partitions = [GLOBAL, zonePartition(zoneOf(nth, zones))];
  const query = partitions.map((partition) => `p=${encodeURIComponent(`${partition}:${held[partition] ?? "1:0"}`)}`).join("&");
  const reader = new FrameReader();
  let heads = 0;
  return new Promise((resolve, reject) => {
    const hear = (frame: Frame): void => {
      if (frame.kind === "head" && ++heads === partitions.length) resolve();
      if (frame.kind === "manifest") snapshots++;
      if (frame.kind === "bye") reject(new Error("goodbye"));
    };
    const one = get(`${url}/v1/feed?${query}&t=1`, { agent: false, headers: { authorization: `Bearer ${tokens.get(nth)}` } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`controller ${nth}: the feed answers ${response.statusCode}`));
      let hasHeard: bigint[] | undefined;
      response.on("data", (bytes: Buffer) => {
        const frames = reader.push(new Uint8Array(bytes));
        if (!frames.ok) return reject(new Error(frames.detail));
        const isNews = heads >= partitions.length && frames.value.some((frame) => frame.kind === "delta");
        for (const frame of frames.value) hear(frame);
        // The first news of a round counts, and no other: a loss changes `global` and the zone.
        if (!isNews || hasHeard === heard) return;
        hasHeard = heard;
        note(heard);
      });
      response.on("error", () => {});
    });
    one.on("error", reject);
    streams.push(one);
  });
}
