import { CAMPUS_SERVICES_FILE, type Cloud, loadServiceDocument, MoneyDesk, putTill } from "@portico/cloud-sync";
import type { Campus } from "../campus/campus.ts";
import { CAMPUS_NOTE, filled } from "./filling.ts";

const OFFICE = "cashDesk/office";
/** ¥100.00. */
const FIRST_TOP_UP_FEN = 10_000;

/**
 * The merchants of a campus's tills, and what everybody who may pay or print somewhere has brought to the card office.
 *
 * @param people  ids in the cloud, by those of the campus
 */
export async function fillWallets(cloud: Cloud, { stations = [], people: known, profiles }: Campus, people: ReadonlyMap<string, string>): Promise<void> {
  if (stations.length === 0) return;
  await filled(putTill(cloud, CAMPUS_NOTE, { id: OFFICE, names: { zh: "校园卡中心", en: "Card office" }, terminals: [] }));
  for (const station of stations) {
    if (station.kind !== "till") continue;
    const { id, merchant } = station;
    const till = `merchant/${merchant.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
    await filled(putTill(cloud, CAMPUS_NOTE, { id: till, names: { zh: merchant, en: merchant }, terminals: [id] }));
  }
  const spending = new Set(profiles.filter(({ capability }) => capability === "pay" || capability === "print").map(({ id }) => id));
  const money = new MoneyDesk(cloud, loadServiceDocument(CAMPUS_SERVICES_FILE).money);
  for (const { id, profiles: own } of known) {
    if (!own.some((profile) => spending.has(profile))) continue;
    const ask = { id: `campus-fill-${id}`, amountFen: FIRST_TOP_UP_FEN, text: "the campus begins" };
    const credited = await money.topUp(CAMPUS_NOTE, people.get(id)!, OFFICE, ask);
    if (!credited.ok) throw new RangeError(`${id}: ${credited.error}, ${credited.detail}`);
  }
}
