import { mergeConfig } from "vitest/config";
import own from "./vitest.config.ts";

/** Tests against real programs from Debian: `.ci/run` installs them and runs these alone. */
const peers = mergeConfig(own, {});
const { test: settings, ...rest } = peers;
const apart = { ...settings, exclude: ["**/node_modules/**", "**/dist/**"], fileParallelism: false };
peers.test = {
  projects: [
    { ...rest, test: { ...apart, name: "peers", include: ["**/*.peer.test.ts"] } },
    // Tests of the cloud once more, with PostgreSQL for its store: what stands on transactions, order and numbers.
    {
      ...rest,
      test: {
        ...settings,
        name: "postgres",
        testTimeout: 120_000,
        hookTimeout: 60_000,
        include: ["copies", "epoch", "events", "feed", "fleet", "keys", "login", "notifications", "passes", "review", "store"].map(
          (folder) => `cloud-sync/src/${folder}/**/*.test.ts`,
        ),
        globalSetup: ["./test/peers/postgres-store.ts"],
      },
    },
  ],
};
export default peers;
