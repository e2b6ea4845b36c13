import { existsSync, readFileSync, statSync } from "node:fs";
import { type Clock, kindOfFormat, type RandomBytes, SetupError } from "@portico/card-protocol";
import type { RelayBoard } from "@portico/firmware-ts";
import { eventListener, type EventListening, type IsapiDevice, isapiDevice, isapiDoorBoard, type IsapiReader, isapiReader } from "@portico/firmware-ts/isapi";
import type { IsapiConfiguration, IsapiScannerConfiguration } from "./configuration/configuration.ts";

/** Longer files hold no password. */
const PASSWORD_BYTES_MAX = 128;

/** The devices of the network, and what makes readers and boards of them. */
export interface IsapiHardware {
  reader(row: IsapiScannerConfiguration): IsapiReader;
  board(row: { readonly id: string; readonly isapi: string; readonly relays: number }): RelayBoard;
  close(): Promise<void>;
}

/**
 * Begins to speak with every terminal and camera.
 *
 * @throws SetupError for a password that others may read, or that is not there, and for a certificate that cannot be read
 */
export function isapiHardware(rows: readonly IsapiConfiguration[], clock: Clock, randomBytes: RandomBytes): IsapiHardware {
  const secrets = new Map(rows.map((row) => [row.id, { password: readPassword(row.passwordFile), certificate: certificateOf(row) }]));
  const listenings: EventListening[] = [];
  const devices = new Map<string, IsapiDevice>();
  for (const { id, address, port, dialect, user, tls, listen } of rows) {
    const { password, certificate } = secrets.get(id)!;
    const listening = listen && eventListener({ ...listen, from: address, user, password, clock, randomBytes });
    if (listening !== undefined) listenings.push(listening);
    const place = { host: address, port, user, password, ...(tls && { tls: certificate === undefined ? {} : { certificate } }) };
    devices.set(id, isapiDevice({ id, place, dialect, clock, randomBytes, ...(listening && { listening }) }));
  }
  return {
    reader: ({ id, isapi, card, door, direction, confidenceMin }) =>
      isapiReader({
        id,
        device: devices.get(isapi)!,
        reads: card === undefined ? "qr" : kindOfFormat(card.format),
        ...(door === undefined ? {} : { door }),
        ...(direction === undefined ? {} : { direction }),
        confidenceMin,
      }),
    board: ({ id, isapi, relays }) => isapiDoorBoard({ id, device: devices.get(isapi)!, relays, clock }),
    async close() {
      await Promise.all([...devices.values(), ...listenings].map((each) => each.close()));
    },
  };
}

/** One line; the end of it is no part. */
function readPassword(path: string): string {
  const remedy = `Write it: \`(umask 077; cat > ${path})\`, the password, Enter, Ctrl-D; let the user who runs this program own the file.`;
  if (!existsSync(path)) throw new SetupError("the password of a device is missing", path, remedy);
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new SetupError(
      `others on this machine may read the password of a device (mode ${mode.toString(8).padStart(4, "0")})`,
      path,
      `Run \`chmod 600 ${path}\`. If somebody may have read it, change it at the device.`,
    );
  const password = readText(path, "the password of a device").replace(/\r?\n$/, "");
  if (password === "" || /[\r\n]/.test(password) || Buffer.byteLength(password) > PASSWORD_BYTES_MAX)
    throw new SetupError(`the password of a device is not one line of 1 to ${PASSWORD_BYTES_MAX} bytes`, path, remedy);
  return password;
}

const certificateOf = ({ tls }: IsapiConfiguration): string | undefined =>
  tls?.certificateFile === undefined ? undefined : readText(tls.certificateFile, "the certificate of a device");

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SetupError(`${what} cannot be read: ${(error as Error).message}`, path, "Let the user who runs this program read the file.", { cause: error });
  }
}
