import { mergeConfig } from "vitest/config";
import own from "./vitest.config.ts";

/** Tests against real programs from Debian: `.ci/run` installs them and runs these alone. */
const peers = mergeConfig(own, {});
peers.test = { ...peers.test, include: ["**/*.peer.test.ts"], exclude: ["**/node_modules/**", "**/dist/**"], fileParallelism: false };
export default peers;
