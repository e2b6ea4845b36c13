import { mergeConfig } from "vitest/config";
import own from "./vitest.config.ts";

/** Tests against real programs from Debian: `.ci/run` installs them and runs these alone. */
const peers = mergeConfig(own, {});
const { test: settings, ...rest } = peers;
const apart = { ...settings, isolate: true, exclude: ["**/node_modules/**", "**/dist/**"], fileParallelism: false, sequence: { groupOrder: 0 } };
/** Tests of the cloud that read no store: once is enough. */
const STORELESS = [
  "core/**",
  "api/openapi.test.ts",
  "api/document.test.ts",
  "login/log-in-file.test.ts",
  "feed/feed-stream.test.ts",
  "store/migrations.test.ts",
];
peers.test = {
  projects: [
    { ...rest, test: { ...apart, name: "peers", include: ["**/*.peer.test.ts"] } },
    // The tests of the cloud once more, with PostgreSQL for its store: all but those that need none.
    {
      ...rest,
      test: {
        ...settings,
        name: "postgres",
        isolate: true,
        sequence: { groupOrder: 1 },
        testTimeout: 120_000,
        hookTimeout: 60_000,
        include: ["cloud-sync/src/**/*.test.ts"],
        exclude: [...(settings?.exclude ?? []), ...STORELESS.map((path) => `cloud-sync/src/${path}`)],
        globalSetup: ["./test/peers/postgres-store.ts"],
      },
    },
  ],
};
export default peers;
