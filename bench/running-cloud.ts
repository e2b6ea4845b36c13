import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CLOUD_SITE } from "./cloud-campus.ts";
import { temporaryFolder } from "./folders.ts";

/** How large a cloud's campus is. */
export interface CloudSize {
  readonly people: number;
  /** People with a card as well, to be lost. */
  readonly cards: number;
  readonly zones: number;
  readonly controllers: number;
}

/** `portico cloud run` as shipped, in a process of its own. */
export interface RunningCloud {
  readonly url: string;
  readonly folder: string;
  /** Resident memory now, MiB. */
  stop(): Promise<void>;
}

const PORTICO = fileURLToPath(new URL("../../cli/bin/portico.js", import.meta.url));
const START_MS_MAX = 120_000;
const SETTLED_POLLS = 8;
const POLL_MS = 250;

/** Fills a store and starts a cloud on it; resolves when every list is expanded and published. */
export async function startCloud({ people, cards, zones, controllers }: CloudSize): Promise<RunningCloud> {
  const folder = temporaryFolder();
  const filler = fileURLToPath(new URL("fill-cloud.js", import.meta.url));
  const filled = spawnSync(process.execPath, [filler, folder, ...[people, cards, zones, controllers].map(String)], { encoding: "utf8" });
  if (filled.status !== 0) throw new Error(`the cloud's store could not be filled: ${filled.stderr.trim()}`);
  const child = spawn(process.execPath, [PORTICO, "cloud", "run", "--data", folder, "--site", CLOUD_SITE, "--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const url = await startedAt(child);
  await settled(url);
  return {
    url,
    folder,
    async stop() {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function startedAt(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.once("exit", () => reject(new Error(`the cloud ended: ${errors.trim()}`)));
    const timer = setTimeout(() => reject(new Error(`the cloud did not start: ${errors.trim()}`)), START_MS_MAX);
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const report = JSON.parse(line) as { kind: string; url?: string };
      if (report.kind !== "started") return;
      clearTimeout(timer);
      resolve(report.url!);
    });
  });
}

/** Until the counter of publications has stood still for a while. */
async function settled(url: string): Promise<void> {
  let last = -1;
  for (let still = 0; still < SETTLED_POLLS;) {
    const { publish } = (await (await fetch(`${url}/v1/health`)).json()) as { publish: number };
    still = publish === last && publish > 0 ? still + 1 : 0;
    last = publish;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
