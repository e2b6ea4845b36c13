import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Debian keeps its programs, a folder a version. */
const PROGRAMS = "/usr/lib/postgresql";
/** Who is the owner of everything in the server. */
export const OWNER = "portico";

/** A PostgreSQL of our own: in a folder for the time being, on a socket there, stopped and removed by {@link stop}. */
export interface PostgresServer {
  /** Of a database: `postgres://…`. */
  url(database: string): string;
  /** Runs one statement of SQL by Debian's `psql`. @returns what it prints, a row a line */
  sql(statement: string, database?: string): string;
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Whether commits wait for the disk. Tests of behaviour need not. */
  readonly isDurable?: boolean;
  /** Further lines of `pg_hba.conf`, ahead of all others. */
  readonly access?: string;
}

/** Starts one, as a user without rights where we are root: PostgreSQL refuses to run as root. Rejects where Debian's `postgresql` is not installed. */
export async function postgresServer({ isDurable = false, access }: PostgresServerOptions = {}): Promise<PostgresServer> {
  const bin = programsFolder();
  const folder = mkdtempSync(join(tmpdir(), "portico-pg-"));
  const [stored, socket] = [join(folder, "stored"), join(folder, "socket")];
  const user = unprivileged();
  for (const path of [stored, socket]) mkdirSync(path, { mode: 0o700 });
  if (user !== undefined) for (const path of [folder, stored, socket]) chownSync(path, user.uid, user.gid);
  chmodSync(folder, 0o755);
  const own = { stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"], cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" }, ...user };
  execFileSync(join(bin, "initdb"), ["-D", stored, "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--no-sync"], own);
  if (access !== undefined) {
    const file = join(stored, "pg_hba.conf");
    const before = readFileSync(file, "utf8");
    execFileSync("tee", [file], { ...own, stdio: ["pipe", "ignore", "pipe"], input: `${access}\n${before}` });
  }
  const durable = isDurable ? [] : ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];
  const server = spawn(join(bin, "postgres"), ["-D", stored, "-k", socket, "-c", "listen_addresses=", "-c", "max_connections=300", ...durable], own);
  const kill = (): void => void server.kill("SIGKILL");
  process.once("exit", kill);
  await ready(server);
  return {
    url: (database) => `postgres://${OWNER}@/${database}?host=${socket}`,
    sql: (statement, database = "postgres") => {
      const args = ["-h", socket, "-U", OWNER, "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement];
      return execFileSync(join(bin, "psql"), args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
    },
    async stop() {
      process.off("exit", kill);
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGQUIT");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function programsFolder(): string {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS).filter((name) => existsSync(join(PROGRAMS, name, "bin", "initdb"))) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error(`there is no PostgreSQL in ${PROGRAMS}: apt-get install postgresql`);
  return join(PROGRAMS, newest, "bin");
}

/** Debian's user `nobody`, where we are root. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

function ready(server: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    let told = "";
    server.stderr?.on("data", (chunk: Buffer) => {
      told = (told + chunk.toString()).slice(-4_000);
      if (/database system is ready to accept connections/.test(told)) resolve();
    });
    server.once("exit", () => reject(new Error(`PostgreSQL has ended:\n${told}`)));
  });
}
