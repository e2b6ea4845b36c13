import { existsSync, readFileSync, statSync } from "node:fs";
import { SetupError } from "@portico/card-protocol";

/** What a platform's account needs beside what the configuration says. */
export interface PlatformSecrets {
  readonly clientSecret: string;
  readonly password: string;
}

const LINE_BYTES_MAX = 256;

/**
 * Two lines: the secret of the application, and the password of the account that administers the locks.
 *
 * @throws SetupError for a file that is not there, that others may read, or that is something else
 */
export function readPlatformSecrets(path: string): PlatformSecrets {
  const remedy = `Write it: \`(umask 077; cat > ${path})\`, the client secret, Enter, the password of the app's account, Enter, Ctrl-D; let the user who runs this program own the file.`;
  if (!existsSync(path)) throw new SetupError("the secrets of the lock platform are missing", path, remedy);
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new SetupError(
      `others on this machine may read the secrets of the lock platform (mode ${mode.toString(8).padStart(4, "0")})`,
      path,
      `Run \`chmod 600 ${path}\`. If somebody may have read them, change both at the platform: they open every lock of the account.`,
    );
  const [clientSecret = "", password = "", ...more] = read(path)
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const isLine = (line: string): boolean => line !== "" && Buffer.byteLength(line) <= LINE_BYTES_MAX;
  if (!isLine(clientSecret) || !isLine(password) || more.length > 0)
    throw new SetupError("the secrets of the lock platform are not two lines, client secret and password", path, remedy);
  return { clientSecret, password };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SetupError(
      `the secrets of the lock platform cannot be read: ${(error as Error).message}`,
      path,
      "Let the user who runs this program read the file.",
      { cause: error },
    );
  }
}
