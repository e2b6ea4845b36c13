import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudClient } from "@portico/cloud-sync";
import { FrameReader, hexToBytes, makePossession, ok, readManifest, zonePartition } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { readFileSync } from "node:fs";
import type { ApplyAnswer } from "../apply-snapshot.ts";
import { cardId, CLOUD_SITE, controllerId, controllerSigner, OPERATOR, zoneId } from "../cloud-campus.ts";
import { temporaryFolder } from "../folders.ts";
import { type Goal, median, quantile } from "../goal.ts";
import { type RunningCloud, startCloud } from "../running-cloud.ts";

const PEOPLE = 100_000;
const LOSSES = 60;
const ZONE = zoneId(0);

interface Measured {
  readonly buildS: number;
  readonly bytes: number;
  readonly credentials: number;
  readonly applyS: number;
  readonly peakMiB: number;
  readonly appliedMs: readonly number[];
}
let measured: Promise<Measured> | undefined;
/** One run serves several goals. */
const measuredOnce = (): Promise<Measured> => (measured ??= run());

/** A zone of the size of a campus, asked for by somebody who holds nothing. */
export const SNAPSHOT_BUILD: Goal = {
  name: "snapshot-build",
  what: `from the request of ${PEOPLE.toLocaleString("en")} people × 3 grants to the manifest of their snapshot, by portico cloud run`,
  unit: "s",
  goal: 2,
  measure: async () => (await measuredOnce()).buildS,
};

export const SNAPSHOT_BYTES: Goal = {
  name: "snapshot-bytes",
  what: "bytes a credential of that snapshot, all else in it counted in",
  unit: "B",
  goal: 120,
  measure: async () => {
    const { bytes, credentials } = await measuredOnce();
    return bytes / credentials;
  },
};

export const SNAPSHOT_APPLY: Goal = {
  name: "snapshot-apply",
  what: "a controller that holds nothing: from its first request to all of it verified and durably committed",
  unit: "s",
  goal: 1,
  measure: async () => (await measuredOnce()).applyS,
};

export const SNAPSHOT_MEMORY: Goal = {
  name: "snapshot-memory",
  what: "the most resident memory of a program that follows the feed so, and does nothing else",
  unit: "MiB",
  goal: 120,
  measure: async () => (await measuredOnce()).peakMiB,
};

export const REVOCATION_APPLY: Goal = {
  name: "revocation-apply",
  what: `one lost card more: its delta of the zone applied and durably committed, median of ${LOSSES}`,
  unit: "ms",
  goal: 2,
  async measure(note) {
    const { appliedMs } = await measuredOnce();
    note(`slowest ${quantile(appliedMs, 1).toFixed(1)} ms`);
    return median(appliedMs);
  },
};

async function run(): Promise<Measured> {
  const cloud = await startCloud({ people: PEOPLE, cards: LOSSES, zones: 1, controllers: 2 });
  try {
    const built = await build(cloud);
    const program = fileURLToPath(new URL("../apply-snapshot.js", import.meta.url));
    // As portico starts Node.
    const child = fork(program, [cloud.url, join(temporaryFolder(), "data"), "1", ZONE], { execArgv: ["--max-semi-space-size=2"] });
    try {
      const { tookMs = Number.NaN, peakMiB } = await told(child);
      await loseCards(cloud);
      child.send("applied?");
      const { appliedMs } = await told(child);
      return { ...built, applyS: tookMs / 1_000, peakMiB, appliedMs: appliedMs.slice(-LOSSES) };
    } finally {
      child.disconnect();
    }
  } finally {
    await cloud.stop();
  }
}

/** Asks as one who stands in another epoch, so that nothing but a snapshot serves. */
async function build({ url, folder }: RunningCloud): Promise<Pick<Measured, "buildS" | "bytes" | "credentials">> {
  const path = `${url}/v1/controllers/${controllerId(0)}`;
  const { nonce } = (await (await fetch(`${path}/challenge`, { method: "POST" })).json()) as { nonce: string };
  const proof = makePossession(CLOUD_SITE, { nonce: hexToBytes(nonce)!, person: controllerId(0) }, controllerSigner(0));
  const admitted = await fetch(`${path}/token`, { method: "POST", headers: { authorization: `Challenge ${nonce}` }, body: proof.slice() });
  const { token } = (await admitted.json()) as { token: string };
  const { publicKey } = nodeSigner(new Uint8Array(readFileSync(join(folder, "signing.key"))));
  const startedAt = performance.now();
  const response = await fetch(`${url}/v1/feed?p=${encodeURIComponent(zonePartition(ZONE))}:0:0&t=1`, { headers: { authorization: `Bearer ${token}` } }); // prettier-ignore
  const frameReader = new FrameReader();
  const body = response.body!.getReader();
  for (let read = await body.read(); !read.done; read = await body.read()) {
    const frames = frameReader.push(read.value as Uint8Array);
    if (!frames.ok) throw new Error(frames.detail);
    const frame = frames.value.find(({ kind }) => kind === "manifest");
    if (frame?.kind !== "manifest") continue;
    const buildS = (performance.now() - startedAt) / 1_000;
    await body.cancel();
    const manifest = readManifest(frame.record, CLOUD_SITE, () => ok(publicKey), nodeVerifier);
    if (!manifest.ok) throw new Error(manifest.detail);
    if (manifest.value.items < PEOPLE + LOSSES) throw new Error(`the snapshot has only ${manifest.value.items} items`);
    return { buildS, bytes: manifest.value.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0), credentials: PEOPLE + LOSSES };
  }
  throw new Error("the feed ended without a manifest");
}

async function loseCards({ url }: RunningCloud): Promise<void> {
  const client = new CloudClient({
    url,
    signer: OPERATOR,
    nowMs: () => Date.now(),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    fetch,
  });
  for (let nth = 0; nth < LOSSES; nth++) {
    const lost = await client.ask("POST /v1/credentials/{id}/report-lost", { params: { id: cardId(nth) } });
    if (!lost.ok) throw new Error(lost.problem.title);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const told = (child: ChildProcess): Promise<ApplyAnswer> =>
  new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error("the follower ended"));
    child.once("exit", ended);
    child.once("message", (answer: ApplyAnswer) => {
      child.off("exit", ended);
      resolve(answer);
    });
  });
