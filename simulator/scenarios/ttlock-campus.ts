import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hexToBytes, sealPin, unixSeconds } from "@portico/card-protocol";
import { type EventLine, type RoomLockRow, type RoomLocksAnswer, WIRES_ALONE } from "@portico/controller";
import { onTestFinished } from "vitest";
import { accountDomain } from "../src/campus/campus.ts";
import { TtlockStandIn, VirtualTtlock } from "../src/index.ts";
import { VIRTUAL_START_MS } from "../src/seeded.ts";
import { type CloudBench, cloudBench } from "./cloud-bench.ts";
import { atRoom, CONTROLLER, READER, ROOM } from "./room-lock-campus.ts";
import { LOGIN, TTLOCK_ID } from "./ttlock-bench.ts";

/** The small campus, whose library's inner reader stands at the room of somebody, with a lock of TTLock's. */
export interface TtlockCampus extends CloudBench {
  readonly platform: TtlockStandIn;
  readonly body: VirtualTtlock;
  /** Somebody shows a code at the room's reader. @returns the events that follow within 15 s */
  readonly show: (read: string) => Promise<readonly string[]>;
  /** What the controller's log says since the last question. */
  readonly told: () => Promise<readonly EventLine[]>;
  /** As `portico lock held` has it. */
  readonly held: () => Promise<RoomLockRow>;
  readonly personOf: (person: string) => Promise<string>;
  /** Gives a room. @returns the grant */
  readonly roomOf: (person: string) => Promise<string>;
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
  const { campus, ask } = bench;
  const machine = campus.controller(CONTROLLER);
  const held = async (): Promise<RoomLockRow> => {
    const answers = machine.controller.answers as unknown as Record<string, (asked: unknown) => unknown>;
    const answer = Promise.resolve(answers["GET /v1/room-locks"]!({ params: {}, query: new URLSearchParams(), body: undefined }));
    return ((await machine.during(answer, 60_000)) as RoomLocksAnswer).locks[0]!;
  };
  const key = hexToBytes((await held()).pinKey!)!;
  await ask("PUT /v1/access-points/{id}", { params: { id: ROOM }, body: { zone: "library", names: { zh: "301 室", en: "Room 301" }, high: false } });
  await ask("PUT /v1/locks/{id}", {
    params: { id: ROOM },
    body: { publicKey: Buffer.from(key).toString("hex"), service: "dormitory-lock", fingerSlots: 50, platform: "ttlock" },
  });
  let seen = 0;
  const told = async (): Promise<readonly EventLine[]> => {
    const all = await bench.events(CONTROLLER);
    const fresh = all.filter(({ seq }) => seq > seen);
    seen = all.at(-1)?.seq ?? seen;
    return fresh;
  };
  await bench.pass(70_000);
  await told();
  return {
    ...bench,
    platform: platform!,
    body: platform!.locks.get(TTLOCK_ID)!,
    told,
    held,
    show: async (read) => {
      await told();
      await campus.hands.scan(READER, read);
      await bench.pass(15_000);
      return (await told()).map(({ name }) => name);
    },
    personOf: async (person) => (await ask("GET /v1/persons", { query: { account: `${person}@${accountDomain(campus.campus)}` } })).items[0]!.id,
    roomOf: async (person) => {
      const what = { kind: "own" as const, accessPoints: [ROOM], capability: "unlock" as const, schedule: "always" };
      const grant = { subject: { kind: "person" as const, id: person }, what, validity: { from: null, until: null }, source: { kind: "operator" as const } };
      return (await ask("POST /v1/grants", { body: grant })).value.id;
    },
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
