import { unixSeconds } from "@portico/card-protocol";
import { ControllerStore } from "@portico/controller";
import { systemClock, systemRandomBytes } from "@portico/firmware-ts";
import { credentialOf, listOf, ZONE } from "./campus.ts";

/*
 * Fills a data folder with the list of so many people, each of whom has passed the gate before: fill-store.js <folder> <people> <replay group>.
 * A program of its own: the memory that a million people take as objects must not burden what is measured.
 */
const AT_ONCE = 20_000;
const time = { at: unixSeconds(1_700_000_000), ms: 0 };

const [folder, count, replayGroup] = process.argv.slice(2);
if (folder === undefined || replayGroup === undefined) throw new RangeError("usage: fill-store.js <folder> <people> <replay group>");
const people = Number(count);
const store = ControllerStore.open({ folder, zone: ZONE, clock: systemClock(() => "untrusted"), randomBytes: systemRandomBytes });
store.list.load(listOf(people), store.events, time, { by: "bench", reason: "" });
const credentials = Array.from({ length: people }, (_, person) => credentialOf(person)).sort();
for (let first = 0; first < people; first += AT_ONCE) {
  for (const credential of credentials.slice(first, first + AT_ONCE))
    store.spent.spent({ credential, replayClass: "H", replayGroup, counter: 0, signedAt: time.at }, 0);
  store.spent.write();
  store.database.checkpoint();
}
store.stop(time);
