import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulatedClock } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { isapiHardware } from "./isapi-hardware.ts";

/** Devices of one password file. */
function start(write: (path: string) => void): () => ReturnType<typeof isapiHardware> {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const passwordFile = join(folder, "password");
  write(passwordFile);
  const row = { id: "terminal", address: "127.0.0.1", port: 9, dialect: "isapi", user: "portico", passwordFile } as const;
  return () => isapiHardware([row], simulatedClock(), (length) => new Uint8Array(length));
}

test.each<[string, string, (path: string) => void]>([
  ["that is not there", "the password of a device is missing", () => {}],
  [
    "that others may read",
    "others on this machine may read the password of a device (mode 0640)",
    (path) => (writeFileSync(path, "secret\n"), chmodSync(path, 0o640)),
  ],
  ["that is empty", "the password of a device is not one line of 1 to 128 bytes", (path) => writeFileSync(path, "\n", { mode: 0o600 })],
  ["of two lines", "the password of a device is not one line of 1 to 128 bytes", (path) => writeFileSync(path, "one\ntwo\n", { mode: 0o600 })],
])("a password %s is refused before anything is opened, and never shown", (_, cause, write) => {
  expect(start(write)).toThrow(cause);
  expect(start(write)).not.toThrow(/secret|two/);
});

test("a password of one line is taken without the end of the line", async () => {
  const hardware = start((path) => writeFileSync(path, "gate-2 secret\r\n", { mode: 0o600 }))();
  expect(hardware.reader({ id: "face", isapi: "terminal", confidenceMin: 0 }).health).toMatchObject({ kind: "offline" });
  await hardware.close();
});
