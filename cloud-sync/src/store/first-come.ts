import { type DatabaseConnection, type Driver, SqliteDialect, type SqliteDialectConfig, SqliteDriver } from "kysely";

/**
 * SQLite, whose one connection goes to who asked first. Kysely's own driver wakes all who wait whenever the connection is free, and all but one wait again: of
 * so many who come at once that takes the square of their number.
 */
export class FirstComeSqlite extends SqliteDialect {
  readonly #config: SqliteDialectConfig;
  #driver: FirstComeDriver | undefined;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    this.#driver = new FirstComeDriver(this.#config);
    return this.#driver;
  }

  /** Nobody has the connection, and nobody waits for it: a single statement that is run now comes between nobody's. */
  get isFree(): boolean {
    return this.#driver?.isTaken === false;
  }
}

class FirstComeDriver extends SqliteDriver {
  isTaken = false;
  readonly #waiting: (() => void)[] = [];

  override async acquireConnection(): Promise<DatabaseConnection> {
    if (this.isTaken) await new Promise<void>((next) => this.#waiting.push(next));
    this.isTaken = true;
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    await super.releaseConnection();
    const next = this.#waiting.shift();
    if (next === undefined) this.isTaken = false;
    else next();
  }
}
