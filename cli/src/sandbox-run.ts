import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type Command, Option } from "commander";
import type { ListenPlace } from "@portico/cloud-sync";
import type { SandboxStatus } from "@portico/simulator/sandbox";
import { listenPlace, troubleLines } from "./cloud.ts";
import { commandWord } from "./command-word.ts";
import { EXIT, Failure } from "./failure.ts";
import { sandboxFolder, sandboxFolderOption } from "./sandbox-place.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { formatOption, verb, wholeNumber } from "./verb.ts";

interface RunOptions {
  readonly data?: string;
  readonly temporary?: true;
  readonly fresh?: true;
  readonly seed?: number;
  readonly listen: ListenPlace;
  readonly redirectUri: readonly string[];
  readonly format?: Format;
}

const SEED_MAX = 0xffff_ffff;
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];
const REDIRECT_URI = "http://127.0.0.1:3000/log-in";

/** `portico sandbox run`: a whole stand-in for whoever writes a backend. */
export function sandboxRunVerb(surroundings: Surroundings): Command {
  return verb("run", "a cloud with a campus in it, controllers and log-ins, on this computer alone, until Ctrl-C", [
    ["portico sandbox run", "what is changed stays in .portico/sandbox; portico sandbox does the same"],
    ["portico sandbox run --fresh --seed 7", "other people, and nothing of what was"],
    ["portico sandbox run --temporary --listen 127.0.0.1:0", "for a test: any free port, and nothing stays"],
  ])
    .addOption(sandboxFolderOption().conflicts("temporary"))
    .option("--temporary", "in a folder that is gone at the end")
    .option("--fresh", "forget what was changed since the seed")
    .addOption(
      new Option("--seed <number>", "of people and ids: the same seed gives the same (default: what the folder has, else 1)").argParser(
        wholeNumber(0, SEED_MAX),
      ),
    ) // prettier-ignore
    .addOption(
      new Option("--listen <host:port>", "where it listens; loopback alone")
        .default({ host: "127.0.0.1", port: 8480 } satisfies ListenPlace, "127.0.0.1:8480")
        .argParser(listenPlace),
    ) // prettier-ignore
    .addOption(new Option("--redirect-uri <url...>", "where browsers may come back to after a log-in").default([REDIRECT_URI], REDIRECT_URI))
    .addOption(formatOption())
    .action((options: RunOptions) => run(surroundings, options));
}

async function run(surroundings: Surroundings, options: RunOptions): Promise<void> {
  const { terminal, interrupted } = surroundings;
  const { listen } = options;
  if (!LOOPBACK.includes(listen.host))
    throw new Failure(EXIT.usage, "a sandbox listens on loopback alone: whoever reaches it may make it fail", `--listen ${listen.host}:${listen.port}`, "name 127.0.0.1 and a port"); // prettier-ignore
  const folder = options.temporary === true ? mkdtempSync(join(tmpdir(), "portico-sandbox-")) : sandboxFolder(surroundings, options);
  const isLines = chosenFormat(terminal, options.format) === "jsonl";
  if (!isLines) terminal.err(`portico: making a sandbox in ${folder} …\n`);
  try {
    const { startSandbox } = await import("@portico/simulator/sandbox");
    let fail: ((failure: Error) => void) | undefined;
    const failed = new Promise<never>((_, reject) => (fail = reject));
    failed.catch(() => {}); // told where it is awaited
    const sandbox = await startSandbox({
      folder,
      seed: options.seed,
      isFresh: options.fresh === true,
      listen,
      redirectUris: options.redirectUri,
      onReport(report) {
        if (report.kind !== "started") for (const line of troubleLines(report)) terminal.err(`${printable(line)}\n`);
      },
      onFatal: fail!,
    });
    try {
      const status = sandbox.status();
      terminal.out(isLines ? `${JSON.stringify({ kind: "started", ...status })}\n` : screen(surroundings, status).join("\n"));
      await Promise.race([failed, new Promise<void>((resolve) => (interrupted.aborted ? resolve() : interrupted.addEventListener("abort", () => resolve(), { once: true })))]); // prettier-ignore
    } finally {
      await sandbox.stop();
    }
  } finally {
    if (options.temporary === true) rmSync(folder, { recursive: true, force: true });
  }
}

/** What to try, ready to be copied. */
function screen(surroundings: Surroundings, { url, seed, folder, keyId, keyFile, issuer, account }: SandboxStatus): string[] {
  const { checkout, workingFolder } = surroundings;
  const typed = commandWord(surroundings);
  const near = (path: string): string => {
    const way = relative(workingFolder, path);
    return way === "" || way.startsWith("..") ? path : way;
  };
  const at = near(folder);
  const examples = checkout === undefined ? "docs/examples" : near(join(checkout, "docs/examples"));
  return [
    `The sandbox answers at ${url}, seed ${seed}`,
    "",
    `  backend's key   ${near(keyFile)}  (made here, yours alone)`,
    `  key id          ${keyId}`,
    `  campus account  ${issuer}  vouches for ${account}`,
    "",
    "Sign a request (sign.py, sign.go and Sign.java beside it do the same):",
    `  KEY=${near(keyFile)} KEY_ID=${keyId} \\`,
    `    sh ${examples}/sign.sh GET '${url}/v1/persons?limit=3'`,
    "Look on:",
    `  ${typed} notification tail --follow --data ${at}`,
    `  ${typed} sandbox people --data ${at}`,
    "Make something happen, and go wrong:",
    `  ${typed} sandbox scan gate-1-in --person li --data ${at}`,
    `  ${typed} sandbox refuse CredentialNotEnabled --data ${at}`,
    `  ${typed} sandbox fail unavailable --requests 3 --retry-after 2 --data ${at}`,
    `  ${typed} sandbox log-in-as zhang --data ${at}`,
    `  ${typed} sandbox reset --data ${at}`,
    "docs/sandbox.md tells all of it. Ctrl-C ends it.",
    "",
  ];
}
