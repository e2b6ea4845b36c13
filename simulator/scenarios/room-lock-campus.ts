import { createHmac } from "node:crypto";
import { hexToBytes, openPin } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSessionCrypto, nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import { type CarriedList, type LockLogRow, type RoomLocksAnswer, WIRES_ALONE } from "@portico/controller";
import { seededRandom } from "@portico/firmware-ts";
import { memoryGatt, type MemoryGatt } from "@portico/firmware-ts/ble-lock";
import { type VirtualLock, virtualLock } from "../src/index.ts";
import { type CloudBench, cloudBench } from "./cloud-bench.ts";
import { CONTROLLER, READER, ROOM, type RoomHands, roomHands } from "./room-hands.ts";
import { bytesOf } from "./room-lock-bench.ts";

export const ROOM_ADDRESS = "C0:FF:EE:00:03:01";
const SECRET = new Uint8Array(32).fill(0x61);
export const ROOM_KEY = nodeAgreementKey(SECRET).publicKey;

/** The small campus, whose library's inner reader stands at the room of somebody, with a lock of the profile. */
export interface RoomLockCampus extends CloudBench, RoomHands {
  readonly gatt: MemoryGatt;
  readonly lock: VirtualLock;
  /** Takes the lock out of reach, or puts it back. */
  readonly place: (isThere: boolean) => void;
}

/**
 * Opens it; the lock was commissioned with the controller's keys.
 *
 * @param kind  `carried`: nobody reaches it; `cards`: it reads cards itself, in a zone of its own
 */
export async function roomLockCampus(kind: "ble" | "carried" | "cards" = "ble"): Promise<RoomLockCampus> {
  const protocol = kind === "carried" ? "carried" : "ble";
  const zone = kind === "cards" ? "dormitory" : "library";
  let gatt: MemoryGatt | undefined;
  const random = seededRandom(7);
  const reached = protocol === "ble" ? `address = "${ROOM_ADDRESS}"\npublic_key = "${Buffer.from(ROOM_KEY).toString("hex")}"` : "";
  const bench = await cloudBench({
    locks: (clock) => {
      const made = (gatt ??= memoryGatt({ clock, random }));
      return { ...WIRES_ALONE.locks, openBluetooth: () => made.adapter };
    },
    amend: (controller, portico) => {
      if (controller !== CONTROLLER) return portico;
      const table = `[[lock]]\nid = "${ROOM}"\nprotocol = "${protocol}"\nzone = "${zone}"\ncards = ${kind === "cards"}\n${reached}\n`;
      if (kind === "cards") return `${portico.replace(`zones = ["library"]`, `zones = ["library", "dormitory"]`).replaceAll("[[access_point]]\n", `[[access_point]]\nzone = "library"\n`)}\n${table}`; // prettier-ignore
      return protocol === "carried" ? `${portico}\n${table}` : `${atRoom(portico)}\n${table}`;
    },
  });
  const { campus, ask } = bench;
  const hands = roomHands(bench);
  const { agreementKey, signingKey } = await hands.control<RoomLocksAnswer>("GET /v1/room-locks");
  const lock = virtualLock({
    trust: {
      site: campus.campus.site,
      lock: ROOM,
      controller: CONTROLLER,
      signingKey: hexToBytes(signingKey)!,
      verifier: nodeVerifier,
      sha256: nodeSha256,
      cardToken: (key, number) => new Uint8Array(createHmac("sha256", key).update(number).digest().subarray(0, 16)),
      openPin: (place, sealed) => openPin(SECRET, place, sealed),
    },
    own: nodeAgreementKey(SECRET),
    controllerKey: hexToBytes(agreementKey)!,
    crypto: nodeSessionCrypto,
    randomBytes: bytesOf(random),
    clock: campus.clock,
  });
  const place = (isThere: boolean): void => gatt?.place(ROOM_ADDRESS, isThere ? lock : undefined);
  place(true);
  if (kind === "carried") lock.setClock(campus.now());
  if (kind === "cards") {
    const { publicKey } = (await ask("GET /v1/controllers", {})).items.find(({ id }) => id === CONTROLLER)!;
    await ask("PUT /v1/zones/{id}", { params: { id: zone }, body: { names: { zh: "宿舍", en: "Dormitory" } } });
    await ask("PUT /v1/controllers/{id}", { params: { id: CONTROLLER }, body: { publicKey, zones: ["library", zone] } });
  }
  await ask("PUT /v1/access-points/{id}", { params: { id: ROOM }, body: { zone, names: { zh: "301 室", en: "Room 301" }, high: false } });
  await ask("PUT /v1/locks/{id}", {
    params: { id: ROOM },
    body: { publicKey: Buffer.from(ROOM_KEY).toString("hex"), service: "dormitory-lock", fingerSlots: 50 },
  });
  await bench.pass(70_000);
  await hands.told();
  return {
    ...bench,
    ...hands,
    gatt: gatt ?? memoryGatt({ clock: campus.clock, random }),
    lock,
    place,
  };
}

/** The configuration with the room's lock behind the library's inner reader. */
export function atRoom(portico: string): string {
  const [head, ...points] = portico.split("[[access_point]]\n");
  const amended = points.map((point) =>
    point.startsWith(`id = "${READER}"`) ? point.replace(`id = "${READER}"`, `id = "${ROOM}"`).replace(`door = "library"`, `lock = "${ROOM}"`) : point,
  );
  return [head, ...amended].join("[[access_point]]\n");
}

export type { CarriedList, LockLogRow };
