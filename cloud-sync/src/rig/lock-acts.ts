import { eraseLockFinger, eraseLockPin, enrolLockFinger, setLockPin } from "../locks/lock-settings.ts";
import { putRoomLock, removeRoomLock } from "../locks/room-locks.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { type CloudRig, NOTE } from "./cloud-rig.ts";

const SERVICES = loadServiceDocument(CAMPUS_SERVICES_FILE);
const LOCKS = ["east-1", "west-1", "west-2"] as const;

/** What people and technicians do at room locks, chosen by numbers; refused where nothing allows it. */
export const LOCK_ACTS: readonly ((rig: CloudRig, person: string, a: number, b: number) => Promise<unknown>)[] = [
  (rig, _, a, b) => {
    const settings = { publicKey: new Uint8Array(32).fill(b % 9 === 0 ? 2 : 1), service: "dormitory-lock", fingerSlots: 2, platform: null };
    return putRoomLock(rig, NOTE, LOCKS[a % 3]!, settings);
  },
  async (rig, person, a, b) => {
    const lock = LOCKS[a % 3]!;
    const row = await rig.database.queries.selectFrom("lock_state").select("version").where("lock", "=", lock).where("place", "=", person).executeTakeFirst();
    return setLockPin(rig, NOTE, SERVICES, { lock, person, version: (row?.version ?? 0) + 1, sealed: new Uint8Array(57).fill(b % 256) });
  },
  (rig, person, a, b) => enrolLockFinger(rig, NOTE, SERVICES, { lock: LOCKS[a % 3]!, person, slot: b % 3 === 0 ? 0 : null }),
  (rig, person, a) => eraseLockPin(rig, NOTE, LOCKS[a % 3]!, person),
  (rig, person, a, b) => eraseLockFinger(rig, NOTE, LOCKS[a % 3]!, person, b % 2),
  (rig, _, a) => removeRoomLock(rig, NOTE, LOCKS[a % 3]!),
];
