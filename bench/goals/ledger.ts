import { join } from "node:path";
import Database from "better-sqlite3";
import type { StorePlace } from "@portico/cloud-sync";
import pg from "pg";
import { temporaryFolder } from "../folders.ts";
import { type Goal, median } from "../goal.ts";
import { MERCHANTS, openPaidCampus } from "../paid-campus.ts";
import { postgresServer } from "../postgres-server.ts";

/** So many pay at once, each as soon as their last payment is durable. */
const CALLERS = 256;
/** Stretches of payments and of bare commits, in turns. */
const STRETCHES = 9;
/** Payments that go before, for compilers and caches. */
const WARM_UP = 8_000;
/** Bare commits of a stretch. */
const COMMITS = 200;

interface Measured {
  readonly transferUs: number;
  /** What this program's processor time was of it. */
  readonly ownUs: number;
  readonly commitUs: number;
}

/** How payments are asked for, and where. */
interface Way {
  readonly name: string;
  readonly what: string;
  /** Wanted, a second. */
  readonly rate: number;
  /** What a transfer may take at most of a bare commit. */
  readonly ratio: number;
  /** Payments of a stretch. */
  readonly payments: number;
  readonly callers: number;
  readonly merchants: number;
  readonly store: "sqlite" | "postgres";
  /** Programs that share the store. */
  readonly programs: number;
}

const WAYS: readonly Way[] = [
  { name: "ledger-single", what: "asked for one after another, each with a commit of its own, SQLite on disk (synchronous FULL)", rate: 3_000, ratio: 3, payments: COMMITS, callers: 1, merchants: MERCHANTS, store: "sqlite", programs: 1 }, // prettier-ignore
  { name: "ledger-grouped", what: `asked for by ${CALLERS} at once, SQLite on disk (synchronous FULL)`, rate: 10_000, ratio: 0.5, payments: 4_000, callers: CALLERS, merchants: MERCHANTS, store: "sqlite", programs: 1 }, // prettier-ignore
  { name: "ledger-postgres", what: `asked for by ${CALLERS} at once, PostgreSQL`, rate: 3_000, ratio: 1, payments: 2_000, callers: CALLERS, merchants: MERCHANTS, store: "postgres", programs: 1 }, // prettier-ignore
  { name: "ledger-postgres-hot", what: `to one merchant, asked for by ${CALLERS} at once of two programs, PostgreSQL`, rate: 1_000, ratio: 1, payments: 2_000, callers: CALLERS, merchants: 1, store: "postgres", programs: 2 }, // prettier-ignore
];

/** For each way the time, and the same as a ratio. */
export const LEDGER: readonly Goal[] = WAYS.flatMap((way) => {
  let measured: Promise<Measured> | undefined;
  const measuredOnce = (): Promise<Measured> => (measured ??= measure(way));
  const time: Goal = {
    name: way.name,
    what: `1,000 payments ${way.what}`,
    unit: "ms",
    goal: Math.floor(1_000_000 / way.rate),
    async measure(note) {
      const { transferUs, ownUs, commitUs } = await measuredOnce();
      note(`${rateOf(transferUs)} transfers a second, each ${Math.round(ownUs)} µs of this program's processor time; ${rateOf(commitUs)} bare commits of one row`); // prettier-ignore
      return transferUs;
    },
  };
  const ratio: Goal = {
    name: `${way.name}-commit`,
    what: `one of ${way.name}, as a share of a bare commit of one row to such a store`,
    unit: "×",
    goal: way.ratio,
    async measure(note) {
      const { transferUs, commitUs } = await measuredOnce();
      note(`${Math.round(transferUs)} µs against ${Math.round(commitUs)} µs`);
      return transferUs / commitUs;
    },
  };
  return [time, ratio];
});

const rateOf = (us: number): string => Math.round(1_000_000 / us).toLocaleString("en");

async function measure({ store, payments, callers, merchants, programs }: Way): Promise<Measured> {
  const server = store === "postgres" ? await postgresServer({ isDurable: true }) : undefined;
  server?.sql("CREATE DATABASE ledger");
  const place: StorePlace | undefined = server && { kind: "postgres", url: server.url("ledger") };
  const bare = server === undefined ? bareSqlite() : await barePostgres(server.url("postgres"));
  const campus = await openPaidCampus(programs, place);
  try {
    const [transfersUs, ownsUs, commitsUs]: [number[], number[], number[]] = [[], [], []];
    let paid = 0;
    const warmUps = WARM_UP / payments;
    for (let stretch = 0; stretch < warmUps + STRETCHES; stretch++) {
      const until = paid + payments;
      const payOn = async (): Promise<void> => {
        while (paid < until) {
          const nth = paid++;
          await campus.pay(nth, nth % merchants);
        }
      };
      campus.tidy();
      const before = process.cpuUsage();
      const paying = await tookUs(() => Promise.all(Array.from({ length: callers }, payOn)));
      const { user, system } = process.cpuUsage(before);
      const committing = await tookUs(async () => {
        for (let nth = 0; nth < COMMITS; nth++) await bare.commit();
      });
      if (stretch < warmUps) continue;
      transfersUs.push(paying / payments);
      ownsUs.push((user + system) / payments);
      commitsUs.push(committing / COMMITS);
    }
    return { transferUs: median(transfersUs), ownUs: median(ownsUs), commitUs: median(commitsUs) };
  } finally {
    await campus.close();
    await bare.close();
    await server?.stop();
  }
}

async function tookUs(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await act();
  return (performance.now() - from) * 1_000;
}

/** What a store of that kind can do at best: one row, one commit, nothing else. */
interface BareStore {
  commit(): void | Promise<unknown>;
  close(): void | Promise<void>;
}

/** A file with the pragmas of the cloud's. */
function bareSqlite(): BareStore {
  const sqlite = new Database(join(temporaryFolder(), "bare.db"));
  for (const pragma of ["locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"]) sqlite.pragma(pragma);
  sqlite.exec("CREATE TABLE bare (nth INTEGER PRIMARY KEY, said TEXT) STRICT");
  const insert = sqlite.prepare("INSERT INTO bare (said) VALUES (?)");
  return { commit: () => void insert.run("paid"), close: () => void sqlite.close() };
}

async function barePostgres(url: string): Promise<BareStore> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("CREATE TABLE bare (nth BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, said TEXT)");
  const insert = { name: "bare", text: "INSERT INTO bare (said) VALUES ($1)", values: ["paid"] };
  return { commit: () => client.query(insert), close: () => client.end() };
}
