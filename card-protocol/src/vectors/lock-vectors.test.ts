import { expect, test } from "vitest";
import { nodeSessionCrypto } from "../node/node-session.ts";
import { lockVectors } from "./lock-vectors.ts";

test("vectors/lock.json is what the fixed bytes give: `npm run vectors` rewrites it", async () => {
  await expect(lockVectors(nodeSessionCrypto)).toMatchFileSnapshot(new URL("../../vectors/lock.json", import.meta.url).pathname);
});
