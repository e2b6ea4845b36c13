import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, CHAIN_START, type ChainEnd, hexToBytes, makeEventBatch, makePossession, nextLink, SetupError, type Signer } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import Database from "better-sqlite3";
import { CONTROLLER_KEY_FILE } from "./store/cloud-keys.ts";
import { DATABASE_FILE } from "./store/controller-store.ts";
import { inspectDatabase } from "./store/database-inspection.ts";
import { MIGRATIONS } from "./store/migrations.ts";

/** What the card of a machine that was replaced holds, and who hands it over. */
export interface Recovery {
  /** The data folder of the machine before. */
  readonly folder: string;
  readonly url: string;
  readonly site: string;
  readonly controller: string;
  /** Of the machine that stands there now: its token hands over what the one before has signed. */
  readonly signer: Signer;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** How far it came. */
export interface Recovered {
  /** The last event of the old log that holds. */
  readonly last: number;
  /** Everything up to it is with the cloud. */
  readonly uploaded: number;
  /** Why no more of it is: the cloud's reason, or where the old log's chain breaks; null: all of it is. */
  readonly trouble: { readonly error: string; readonly detail: string } | null;
}

const BATCH_RECORDS_MAX = 256;
const BATCH_BYTES_MAX = 131_072;

/**
 * Hands the log of a machine that was replaced over to the cloud, by the key that lies beside it. Nothing on the card is changed: it is copied aside first. The
 * chain is verified on the way; what stands in front of a break is handed over, and nothing behind it.
 *
 * @throws SetupError where the card holds no log or no key that can be read
 */
export async function recoverEvents(recovery: Recovery): Promise<Recovered> {
  const { folder, site, controller } = recovery;
  const former = formerSigner(join(folder, CONTROLLER_KEY_FILE));
  const aside = mkdtempSync(join(tmpdir(), "portico-recover-"));
  try {
    const log = openAside(folder, aside);
    try {
      let from: ChainEnd = CHAIN_START;
      for (;;) {
        const portion = portionBehind(log, from);
        if (portion.records.length === 0) return { last: from.seq, uploaded: from.seq, trouble: portion.broken };
        const batch = makeEventBatch(site, { controller, from, records: portion.records }, former);
        const answer = await handOver(recovery, batch);
        if (answer !== undefined) return { last: portion.end.seq, uploaded: from.seq, trouble: answer };
        from = portion.end;
        if (portion.broken !== null) return { last: from.seq, uploaded: from.seq, trouble: portion.broken };
      }
    } finally {
      log.close();
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function formerSigner(path: string): Signer {
  const seed = existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
  if (seed?.length !== 32)
    throw new SetupError(
      "the key of the machine before is not there",
      path,
      "Name its data folder, as it lies on the old card: only its own key can say that these events are its.",
    );
  return nodeSigner(seed);
}

function openAside(folder: string, aside: string): Database.Database {
  const path = join(folder, DATABASE_FILE);
  if (!existsSync(path))
    throw new SetupError("there is no controller's database", path, "Name the data folder of the machine before, as it lies on the old card.");
  const copy = join(aside, DATABASE_FILE);
  for (const ending of ["", "-wal", "-mark"]) if (existsSync(`${path}${ending}`)) copyFileSync(`${path}${ending}`, `${copy}${ending}`);
  inspectDatabase(copy, MIGRATIONS.length);
  return new Database(copy);
}

interface Portion {
  readonly records: readonly Uint8Array[];
  readonly end: ChainEnd;
  readonly broken: Recovered["trouble"];
}

/** The next records that follow on one another. */
function portionBehind(log: Database.Database, from: ChainEnd): Portion {
  const rows = log.prepare<[number, number], Buffer>("SELECT record FROM event WHERE seq > ? ORDER BY seq LIMIT ?").pluck();
  const records: Uint8Array[] = [];
  let end = from;
  let bytes = 0;
  for (const row of rows.iterate(from.seq, BATCH_RECORDS_MAX)) {
    const record = new Uint8Array(row);
    const link = nextLink(end, record, nodeSha256);
    if (link.kind === "broken") return { records, end, broken: { error: link.cause, detail: `event ${link.seq}: ${link.detail}` } };
    bytes += record.length;
    if (records.length > 0 && bytes > BATCH_BYTES_MAX) break;
    records.push(record);
    end = link.end;
  }
  return { records, end, broken: null };
}

/** Undefined: the cloud has it. */
async function handOver(recovery: Recovery, batch: Uint8Array): Promise<NonNullable<Recovered["trouble"]> | undefined> {
  const { url, site, controller, signer, fetch } = recovery;
  const post = (path: string, body: Uint8Array | null, authorization?: string): Promise<Response> =>
    fetch(new Request(new URL(path, url), { method: "POST", body: body?.slice() ?? null, headers: authorization === undefined ? {} : { authorization } }));
  try {
    const path = `/v1/controllers/${encodeURIComponent(controller)}`;
    const challenge = await post(`${path}/challenge`, null);
    const { nonce: text = "" } = (await challenge.json()) as { readonly nonce?: string };
    const nonce = hexToBytes(text);
    if (nonce?.length !== 32) return { error: "CloudMalformed", detail: `the challenge was answered with ${challenge.status}` };
    const proof = makePossession(site, { nonce, person: controller }, signer);
    const admitted = await post(`${path}/token`, proof, `Challenge ${bytesToHex(nonce)}`);
    if (!admitted.ok) return { error: "SignatureRefused", detail: "the cloud does not know this machine: enroll it first" };
    const { token } = (await admitted.json()) as { readonly token: string };
    const answer = await post("/v1/events", batch, `Bearer ${token}`);
    if (answer.ok) return undefined;
    const { reason = String(answer.status), detail = "" } = (await answer.json()) as { readonly reason?: string; readonly detail?: string };
    return { error: reason, detail };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error);
    return { error: "CloudSilent", detail: cause.message };
  }
}
