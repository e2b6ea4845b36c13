import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { clock, type PeerProgram, startPeer } from "./peer-program.ts";

const run = promisify(execFile);

/** A print server from Debian in a folder of its own, with one queue that holds every job. */
export interface Cups {
  /** `ipp://127.0.0.1:port/printers/findme`. */
  readonly uri: string;
  /** Prints a file as a person of that name does, with options of `lp`. Answers the job's number. */
  print(user: string, file: string, ...options: readonly string[]): Promise<number>;
  /** What somebody does at the print server, with a tool of CUPS. */
  at(command: string, ...args: readonly string[]): Promise<string>;
  /** The same folder and port again, as after `systemctl restart cups`; killed: as after a power cut. */
  restart(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  stop(): Promise<void>;
  readonly log: () => string;
}

/** What comes out of the printer: everything that was written to a port. */
export interface PaperTray {
  readonly port: number;
  readonly bytes: () => number;
  /** Nobody takes a connection: the printer is off. */
  off(): Promise<void>;
  on(): Promise<void>;
}

/** A printer on port 9100 as far as CUPS sees it: it takes what is sent. */
export async function paperTray(): Promise<PaperTray> {
  let received = 0;
  const open = new Set<Socket>();
  let server: Server;
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => {
      server = createServer((socket) => {
        open.add(socket);
        socket.on("data", (chunk) => (received += chunk.length));
        socket.on("error", () => undefined);
        socket.on("close", () => open.delete(socket));
      }).listen(port, "127.0.0.1", resolve);
    });
  await listen(0);
  const { port } = server!.address() as { port: number };
  return {
    port,
    bytes: () => received,
    off: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
    on: () => listen(port),
  };
}

/** Whoever runs the tests may be root, as in a container, or not. */
const isRoot = process.getuid?.() === 0;

/** @param device  where the queue prints to, e.g. `socket://127.0.0.1:9100` */
export async function startCups(device: string): Promise<Cups> {
  const folder = mkdtempSync(join(tmpdir(), "portico-cups-"));
  const port = await freePort();
  for (const name of ["spool", "cache", "state", "spool/tmp", "ppd", "log"]) mkdirSync(join(folder, name), { recursive: true });
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "cupsd.conf"), configuration(port));
  writeFileSync(join(folder, "cups-files.conf"), files(folder));
  if (isRoot) await run("chown", ["-R", "root:lp", folder]);
  let program: PeerProgram;
  const start = async (): Promise<void> => {
    program = await startPeer("cups", "cupsd", ["-f", "-c", join(folder, "cupsd.conf"), "-s", join(folder, "cups-files.conf")]);
    await untilAnswers(port).catch((error: Error) => Promise.reject(new Error(`${error.message}: ${program.output().slice(-500)}`)));
  };
  await start();
  const at = async (command: string, ...args: readonly string[]): Promise<string> =>
    (await run(command, ["-h", `127.0.0.1:${port}`, ...args], { env: { ...process.env, LC_ALL: "C" } })).stdout;
  await at(
    "lpadmin",
    "-p",
    "findme",
    "-E",
    "-v",
    device,
    "-m",
    "drv:///sample.drv/generpcl.ppd",
    "-o",
    "job-hold-until-default=indefinite",
    "-o",
    "printer-op-policy=portico",
  );
  return {
    uri: `ipp://127.0.0.1:${port}/printers/findme`,
    async print(user, file, ...options) {
      const said = await at("lp", "-U", user, "-d", "findme", ...options, file);
      return Number(/findme-(\d+)/.exec(said)![1]);
    },
    at,
    async restart(signal = "SIGTERM") {
      await program.stop(signal);
      await start();
    },
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    log: () => program.output(),
  };
}

/** The policy that docs/printing.md tells to write. */
const configuration = (port: number): string => `Listen 127.0.0.1:${port}
LogLevel warn
DirtyCleanInterval 0
Browsing No
DefaultAuthType None
WebInterface No
PreserveJobHistory Yes
<Location />
  Order allow,deny
  Allow from 127.0.0.1
</Location>
<Policy portico>
  JobPrivateAccess all
  JobPrivateValues job-name
  <Limit All>
    Order allow,deny
    Allow from 127.0.0.1
  </Limit>
</Policy>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow from 127.0.0.1
  </Limit>
</Policy>
`;

const files = (folder: string): string => `ServerRoot ${folder}
RequestRoot ${folder}/spool
TempDir ${folder}/spool/tmp
CacheDir ${folder}/cache
StateDir ${folder}/state
AccessLog ${folder}/log/access
PageLog ${folder}/log/page
ErrorLog stderr
Printcap 
Sandboxing relaxed
SystemGroup root
${isRoot ? "User lp\nGroup lp\n" : ""}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilAnswers(port: number): Promise<void> {
  const deadline = clock.monotonic() + 20_000;
  while (clock.monotonic() < deadline) {
    const said = await run("lpstat", ["-h", `127.0.0.1:${port}`, "-r"]).catch(() => ({ stdout: "" }));
    if (said.stdout.includes("scheduler is running")) return;
    await new Promise<void>((resolve) => clock.after(20, resolve));
  }
  throw new Error("CUPS does not answer");
}
