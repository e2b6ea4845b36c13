import { join } from "node:path";
import type { RandomBytes, Signer } from "@portico/card-protocol";
import { nodeSigner, readSecretFile } from "@portico/card-protocol/node";

/** The key that callers know the cloud by. Controllers never hear of it. */
export const NOTIFICATION_KEY_FILE = "notification.key";

/** @throws SetupError where others may read it, or it is none */
export function readNotificationKey(dataFolder: string, randomBytes: RandomBytes): Signer {
  const file = {
    path: join(dataFolder, NOTIFICATION_KEY_FILE),
    what: "the key of notifications",
    bytes: 32,
    whenRead: "If somebody may have read it, remove it: a new one is made, and callers fetch it from /v1/notifications/keys.",
    whenBroken: "Restore the file from the backup, or remove it: a new one is made.",
  };
  return nodeSigner(readSecretFile(file, randomBytes));
}
