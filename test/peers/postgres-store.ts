import { postgresServer } from "../../bench/postgres-server.ts";

/** For a whole run of tests: a PostgreSQL server, which stores of tests are made in. */
export default async function setUp(): Promise<() => Promise<void>> {
  const server = await postgresServer();
  process.env["PORTICO_TEST_POSTGRES"] = server.url("postgres");
  return () => server.stop();
}
