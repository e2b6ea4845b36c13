import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hexToBytes, sealPin, unixSeconds } from "@portico/card-protocol";
import { type RoomLockRow, type RoomLocksAnswer, WIRES_ALONE } from "@portico/controller";
import { onTestFinished } from "vitest";
import { TtlockStandIn, VirtualTtlock } from "../src/index.ts";
import { VIRTUAL_START_MS } from "../src/seeded.ts";
import { type CloudBench, cloudBench } from "./cloud-bench.ts";
import { CONTROLLER, ROOM, type RoomHands, roomHands } from "./room-hands.ts";
import { atRoom } from "./room-lock-campus.ts";
import { LOGIN, TTLOCK_ID } from "./ttlock-bench.ts";

/** The small campus, whose library's inner reader stands at the room of somebody, with a lock of TTLock's. */
export interface TtlockCampus extends CloudBench, RoomHands {
  readonly platform: TtlockStandIn;
  readonly body: VirtualTtlock;
  /** As `portico lock held` has it. */
  readonly held: () => Promise<RoomLockRow>;
  /** As the mini program's phone part does it. */
  readonly setPin: (person: string, pin: string) => Promise<unknown>;
  /** Kind, state and the outcome that the cloud was told, of all that is set. */
  readonly states: () => Promise<readonly (readonly [string, string, string | null])[]>;
}

export async function ttlockCampus(accepts: readonly string[]): Promise<TtlockCampus> {
  const folder = mkdtempSync(join(tmpdir(), "portico-ttlock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const secretFile = join(folder, "ttlock.secret");
  writeFileSync(secretFile, `${LOGIN.clientSecret}\n${LOGIN.password}\n`, { mode: 0o600 });
  let platform: TtlockStandIn | undefined;
  const bench = await cloudBench({
    locks: (clock) => ({
      ...WIRES_ALONE.locks,
      openPlatform: () => {
        // The campus has a time of its own.
        const wall = { ...clock, wall: () => ({ now: unixSeconds(Math.floor((VIRTUAL_START_MS + clock.monotonic()) / 1000)), uncertaintyS: 0 }) };
        platform = new TtlockStandIn(LOGIN, wall, [new VirtualTtlock(TTLOCK_ID, wall)]);
        return () => platform!.exchange;
      },
    }),
    amend: (controller, portico) =>
      controller !== CONTROLLER
        ? portico
        : `${atRoom(portico)}
[ttlock]
client_id = "${LOGIN.clientId}"
user = "${LOGIN.user}"
secret_file = "${secretFile}"
[[lock]]
id = "${ROOM}"
protocol = "ttlock"
lock_id = ${TTLOCK_ID}
accepts = ${JSON.stringify(accepts)}
check_every_s = 60
`,
  });
  const { ask } = bench;
  const hands = roomHands(bench);
  const held = async (): Promise<RoomLockRow> => (await hands.control<RoomLocksAnswer>("GET /v1/room-locks")).locks[0]!;
  const key = hexToBytes((await held()).pinKey!)!;
  await ask("PUT /v1/access-points/{id}", { params: { id: ROOM }, body: { zone: "library", names: { zh: "301 室", en: "Room 301" }, high: false } });
  await ask("PUT /v1/locks/{id}", {
    params: { id: ROOM },
    body: { publicKey: Buffer.from(key).toString("hex"), service: "dormitory-lock", fingerSlots: 50, platform: "ttlock" },
  });
  await bench.pass(70_000);
  await hands.told();
  return {
    ...bench,
    ...hands,
    platform: platform!,
    body: platform!.locks.get(TTLOCK_ID)!,
    held,
    setPin: async (person, pin) => {
      const { items } = await ask("GET /v1/persons/{id}/locks", { params: { id: person } });
      const { site, holder, version, publicKey } = items.find(({ id }) => id === ROOM)!.sealing!;
      const sealed = sealPin(hexToBytes(publicKey)!, { site, lock: ROOM, holder, version }, pin, new Uint8Array(32).fill(version));
      return ask("PUT /v1/persons/{id}/locks/{lock}/pin", {
        params: { id: person, lock: ROOM },
        body: { version, sealed: Buffer.from(sealed).toString("hex") },
      });
    },
    states: async () => (await ask("GET /v1/locks/{id}/states", { params: { id: ROOM } })).items.map(({ kind, state, answer }) => [kind, state, answer?.outcome ?? null] as const), // prettier-ignore
  };
}
