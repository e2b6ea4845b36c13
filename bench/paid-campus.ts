import { join } from "node:path";
import { U32_MAX } from "@portico/card-protocol";
import {
  CAMPUS_SERVICES_FILE,
  type ChangeNote,
  type Cloud,
  loadServiceDocument,
  MoneyDesk,
  openCloud,
  portions,
  putTill,
  type StorePlace,
} from "@portico/cloud-sync";
import { personId } from "./cloud-campus.ts";
import { temporaryFolder } from "./folders.ts";

/** People who can pay, and merchants at whom they do. */
export const PAYERS = 2_000;
export const MERCHANTS = 20;

const NOTE: ChangeNote = { actor: "bench", action: "wallet charge", target: "", reason: "" };
const DESK = "cashDesk/office";
const BALANCE_FEN = 400_000;

/** Programs that share one store of money, as the routes for callers reach it. */
export interface PaidCampus {
  /** One payment of 1 fen, durable when it resolves: of the nth of all payments, at one program. Throws where it is refused. @param merchant  0..{@link MERCHANTS}−1 */
  pay(nth: number, merchant: number): Promise<void>;
  /**
   * Moves what was written into the database, as the running program does every two seconds that are quiet: else the WAL would be a file that grows throughout,
   * and to wait for one takes twice as long as for one that is written over.
   */
  tidy(): void;
  close(): Promise<void>;
}

/** Makes a store in a folder of its own, or in a PostgreSQL database, and puts money into every wallet. */
export async function openPaidCampus(programs: number, store?: StorePlace): Promise<PaidCampus> {
  const terms = loadServiceDocument(CAMPUS_SERVICES_FILE).money;
  const open = (): Promise<Cloud> =>
    openCloud({ dataFolder: join(temporaryFolder(), "cloud"), site: "bench", timeZone: "Asia/Shanghai", ...(store === undefined ? {} : { store }) });
  const clouds: Cloud[] = [await open()];
  const [first] = clouds as [Cloud];
  const people = Array.from({ length: PAYERS }, (_, nth) => personId(nth));
  for (const some of portions(people, 100)) {
    await first.database.queries.insertInto("person").values(some.map((id) => ({ id, account: null, name: "试", phone: null, mail: null, flags: 0, party_size: 1 }))).execute(); // prettier-ignore
    await first.database.queries.insertInto("person_audience").values(some.map((person) => ({ person, audience: "staff" as const, sponsor: null, valid_from: 0, valid_until: U32_MAX }))).execute(); // prettier-ignore
  }
  for (const id of [DESK, ...Array.from({ length: MERCHANTS }, (_, nth) => merchantId(nth))]) {
    const put = await putTill(first, NOTE, { id, names: { zh: id, en: id }, terminals: [] });
    if (!put.ok) throw new Error(`${put.error}: ${put.detail}`);
  }
  while (clouds.length < programs) clouds.push(await open());
  const desks = clouds.map((cloud) => new MoneyDesk(cloud, terms));
  const topUps = people.map((person, nth) => desks[0]!.topUp(NOTE, person, DESK, { id: `top-up-${nth}`, amountFen: BALANCE_FEN, text: "" }));
  for (const made of await Promise.all(topUps)) if (!made.ok) throw new Error(`${made.error}: ${made.detail}`);
  return {
    async pay(nth, merchant) {
      const ask = { id: `payment-${nth}`, amountFen: 1, text: "午餐" };
      const paid = await desks[nth % desks.length]!.charge(NOTE, people[nth % PAYERS]!, merchantId(merchant), ask, null);
      if (!paid.ok) throw new Error(`${paid.error}: ${paid.detail}`);
    },
    tidy() {
      // The first look sees what was changed before, the second that nothing is any more.
      for (const { database } of [...clouds, ...clouds]) database.tidy?.();
    },
    async close() {
      for (const cloud of clouds) await cloud.database.close();
    },
  };
}

const merchantId = (nth: number): string => `merchant/canteen-${nth}`;
