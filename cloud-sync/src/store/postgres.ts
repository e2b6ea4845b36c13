import { SetupError } from "@portico/card-protocol";
import { HandleEmptyInListsPlugin, Kysely, PostgresDialect, replaceWithNoncontingentExpression, sql } from "kysely";
import pg from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import { type CloudDatabase, type Isolation, migrate, type TransactionAct } from "./cloud-database.ts";
import { PostgresHints } from "./postgres-hints.ts";
import { attemptsMax } from "./postgres-errors.ts";
import type { Schema } from "./schema.ts";

/** How to reach a PostgreSQL database. */
export interface PostgresPlace {
  /** `postgres://user@host:5432/database`, or with a socket's folder: `postgres://user@/database?host=/run/postgresql`. */
  readonly url: string;
  /** Left out: the one of the URL, or none. */
  readonly password?: string;
  /** PEM of the authority of the server's certificate. Left out: the connection is not encrypted, unless the URL asks for it. */
  readonly certificateAuthority?: string;
}

/** Connections that work at once; a further one hears hints. */
const CONNECTIONS_MAX = 16;
const CONNECT_TIME_MS = 10_000;
/** Who holds a transaction open and says nothing, as a program that was stopped, is ended by the server: nobody waits for it longer. */
export const IDLE_TRANSACTION_MS = 5_000;
/** The longest pause before a transaction is tried again, which the server draws at random. */
const PAUSE_MAX_MS = 100;
const { INT8, NUMERIC } = pg.types.builtins;

/**
 * Opens a PostgreSQL database, 15 or newer, and brings its layout up to date; of several programs that come at once, one does it. Any number of programs may
 * have it open.
 *
 * @throws SetupError where nobody answers, lets us in, or the layout is a newer one; without the password
 */
export async function openPostgres(place: PostgresPlace): Promise<CloudDatabase> {
  const options = optionsOf(place);
  const where = placeText(place.url);
  const pool = new pg.Pool({ ...options, max: CONNECTIONS_MAX });
  // A connection that ends while nobody uses it is replaced when the next is needed.
  pool.on("error", () => {});
  // One that ends in use is told to whoever uses it, by his next query.
  pool.on("connect", (client) => client.on("error", () => {}));
  const queries = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })],
  });
  try {
    await sql`select 1`.execute(queries);
    await migrate(queries, "postgres", where);
  } catch (error) {
    await pool.end();
    throw setupError(error, where);
  }
  const hints = new PostgresHints(
    () => new pg.Client(options),
    (channel, hint) => sql`select pg_notify(${channel}, ${hint})`.execute(queries),
  );
  const pause = async (ms: number): Promise<void> => void (await sql`select pg_sleep(${ms / 1000})`.execute(queries));
  return {
    dialect: "postgres",
    isShared: true,
    queries,
    hints,
    pause,
    async transact<T>(act: TransactionAct<T>, isolation: Isolation = "serializable"): Promise<T> {
      for (let attempt = 1; ; attempt++)
        try {
          return await queries
            .transaction()
            .setIsolationLevel(isolation)
            .execute((transaction) => act(transaction, attempt));
        } catch (error) {
          if (attempt >= attemptsMax(error, isolation)) throw error;
          const pauseMaxS = Math.min(2 ** attempt, PAUSE_MAX_MS) / 1000;
          await sql`select pg_sleep(random() * ${pauseMaxS}::double precision)`.execute(queries);
        }
    },
    async close() {
      await hints.close();
      await queries.destroy();
    },
  };
}

function optionsOf({ url, password, certificateAuthority }: PostgresPlace): pg.ClientConfig {
  return {
    ...parseIntoClientConfig(url),
    ...(password === undefined ? {} : { password }),
    ...(certificateAuthority === undefined ? {} : { ssl: { ca: certificateAuthority } }),
    application_name: "portico",
    connectionTimeoutMillis: CONNECT_TIME_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser: (id, format) => (id === INT8 || id === NUMERIC ? wholeNumber : pg.types.getTypeParser(id, format)) },
  };
}

/** The stores hold times, counters and versions: whole numbers that a double holds exactly. */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no whole number below 2^53`);
  return value;
}

/** A URL without what is secret in it. */
export const placeText = (url: string): string => url.replace(/^([a-z]+:\/\/[^:@/?#]*):[^@/?#]*@/i, "$1:…@").replaceAll(/([?&]password=)[^&#]*/gi, "$1…");

function setupError(error: unknown, where: string): SetupError {
  const cause = (error instanceof SetupError ? error.cause : error) as NodeJS.ErrnoException;
  const { code = "" } = cause;
  const make = (what: string, remedy: string): SetupError => new SetupError(what, where, remedy, { cause });
  if (code === "28P01" || code === "28000") return make("the database lets this user not in", "Check user and password; pg_hba.conf says who may come in.");
  if (code === "3D000") return make("there is no such database", "Make it: createdb --owner <user> <database>.");
  if (code === "42501") return make("this user may make no tables in the database", "Make it the database's owner, or grant it CREATE on the schema.");
  if (code === "53300") return make("the database has no connection left", "Raise max_connections, or run fewer instances: each takes up to 17.");
  if (["ECONNREFUSED", "ENOENT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ETIMEDOUT", "57P03"].includes(code) || /timeout/i.test(cause.message))
    return make("the database does not answer", "See that PostgreSQL runs and that host and port are right.");
  if (error instanceof SetupError) return error;
  return make(`the store cannot be opened: ${cause.message}`, "See the database's own log.");
}
