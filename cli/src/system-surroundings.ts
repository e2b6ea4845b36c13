import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import type { UnixSeconds } from "@portico/card-protocol";
import { type Commands, runCommandLine } from "./command-line.ts";
import { EXIT } from "./failure.ts";
import { output } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Runs the command line that this program was started with, on this computer. The program ends with its exit code once nothing is left to do.
 *
 * @param commands  all that this program knows
 */
export function runHere(commands: Commands): void {
  const interruption = new AbortController();
  function interrupt(): void {
    interruption.abort();
    process.stdin.destroy();
  }
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.on(signal, () => {
      // The first asks whatever runs to end well; who asks twice does not want to wait for that.
      if (interruption.signal.aborted) process.exit(exitCode);
      interrupt();
    });
  // The terminal is gone, by a dropped connection say. Shell and kernel both say so: the second one is no impatience.
  process.on("SIGHUP", interrupt);

  // `portico event tail | head`: whoever reads has seen enough.
  const err = output(process.stderr, interrupt);
  const out = output(process.stdout, interrupt, (loss) => err.write(`portico: ${loss}\n`));
  process.on("exit", () => {
    if (out.loss === undefined) return;
    err.write(`portico: ${out.loss}\non: standard output\nnext: free disk space, then try again\n`);
    if (process.exitCode === EXIT.done) process.exitCode = EXIT.refused;
  });

  const surroundings: Surroundings = {
    terminal: {
      out: (text) => out.write(text),
      err: (text) => err.write(text),
      isTty: isatty(1),
      columns: process.stdout.columns ?? 80,
    },
    input: async () => {
      let text = "";
      process.stdin.setEncoding("utf8");
      for await (const chunk of process.stdin) text += chunk as string;
      return text;
    },
    typedLine: isatty(0) ? typedLines() : undefined,
    env: process.env,
    workingFolder: process.cwd(),
    checkout: checkoutAbove(dirname(fileURLToPath(import.meta.url))),
    user: loginName(),
    now: () => Math.floor(Date.now() / 1000) as UnixSeconds,
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    fetch: (request) => fetch(request),
    serialPorts: async () => (await import("@portico/firmware-ts/discovery")).listSerialPorts(),
    serialPort: async (path) => {
      const { serialWire, systemClock, systemRandom, tcpWire } = await import("@portico/firmware-ts");
      const shared = { name: path, clock: systemClock(() => "untrusted"), random: systemRandom };
      const [, host, port] = /^([^/].*):(\d{1,5})$/.exec(path) ?? [];
      if (host !== undefined) return () => tcpWire({ ...shared, host: host.replace(/^\[|\]$/g, ""), port: Number(port) });
      return (baud) => serialWire({ ...shared, path, baud });
    },
    datagrams: async (place) => {
      const { systemClock } = await import("@portico/firmware-ts");
      const { udpLink } = await import("@portico/firmware-ts/uhppote");
      return udpLink({ ...place, clock: systemClock(() => "untrusted") });
    },
    bluetooth: async (name) => {
      const { systemClock } = await import("@portico/firmware-ts");
      const { bluezAdapter } = await import("@portico/firmware-ts/ble-lock");
      return bluezAdapter({ name, clock: systemClock(() => "untrusted") });
    },
    interrupted: interruption.signal,
    systemRoot: "/",
  };

  runCommandLine(commands, process.argv.slice(2), surroundings).then(
    (exitCode) => void (process.exitCode = exitCode),
    (error: unknown) => {
      const on = error instanceof Error ? error.stack : String(error);
      err.write(`portico: a mistake in portico itself\non: ${on}\nnext: report these lines with what you typed\n`);
      process.exitCode = EXIT.refused;
    },
  );
}

/** What is typed, line by line; nothing is read before it is first asked for. */
function typedLines(): () => Promise<string | undefined> {
  let lines: AsyncIterator<string> | undefined;
  return async () => {
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const { done, value } = await lines.next();
    return done === true ? undefined : value;
  };
}

/** The nearest folder above with the package.json of this project; undefined when installed. */
function checkoutAbove(folder: string): string | undefined {
  const manifest = join(folder, "package.json");
  if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { readonly name?: string }).name === "portico") return folder;
  return dirname(folder) === folder ? undefined : checkoutAbove(dirname(folder));
}

/** Who types, also behind sudo. */
function loginName(): string {
  if (process.env["SUDO_USER"]) return process.env["SUDO_USER"];
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`; // a container's user may have no entry in passwd
  }
}
