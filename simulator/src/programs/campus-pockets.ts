import { type RandomBytes, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Campus } from "../campus/campus.ts";
import { openCampusFolder } from "../campus/campus-folder.ts";
import { wholeCampus } from "../campus/whole-campus.ts";
import { campusPockets, type Pocket } from "../life/pocket.ts";
import { phoneFileCounters } from "../phone-file.ts";
import { heldPhone } from "../virtual-phone.ts";

export interface FolderPocketsOptions {
  /** Of the campus, absolute. */
  readonly folder: string;
  /** The right time. */
  readonly now: () => UnixSeconds;
  /** How long ago what the phones show was put on their screens, seconds: pictures of old codes. Default 0. */
  readonly agoS?: number;
  /** Asked where the folder is not there yet. */
  readonly randomBytes: RandomBytes;
}

/**
 * What the people of a campus folder carry; their phones count in the phone files, so that every program which shows a pass of theirs shows another one.
 *
 * @throws SetupError as {@link openCampusFolder} does
 */
export function folderPockets({ folder: path, now, agoS = 0, randomBytes }: FolderPocketsOptions): {
  readonly campus: Campus;
  readonly pockets: ReadonlyMap<string, Pocket>;
} {
  const { campus, phoneFile } = openCampusFolder(path, wholeCampus, randomBytes, now());
  const phoneTime = (): UnixSeconds => unixSeconds(now() - agoS);
  const pockets = new Map([...campusPockets({ campus, now: phoneTime })].map(([id, pocket]) => [id, onPhoneFile(pocket, id)]));
  return { campus, pockets };

  function onPhoneFile(pocket: Pocket, id: string): Pocket {
    const { phone } = pocket.person;
    if (phone === undefined) return pocket;
    // A phone that was just switched on counts from behind the stored end: so the newest code always has the highest counter, whichever program shows it.
    return { ...pocket, show: () => heldPhone({ site: campus.site, now: phoneTime, ...phone, counters: phoneFileCounters(phoneFile(id)) }).show() };
  }
}
