import { bytesToHex, type RandomBytes, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { CampusFolder } from "../campus/campus-folder.ts";
import { campusPockets, forged, type Pocket } from "../life/pocket.ts";
import { phoneFileCounters } from "../phone-file.ts";
import { heldPhone } from "../virtual-phone.ts";
import type { RefusedReason } from "./refusals.ts";

/** Something held before a reader. */
export interface Presentation {
  readonly accessPoint: string;
  readonly read: string;
}

/** What people of a sandbox hold before readers. Their phones count in their files. */
export class Presentations {
  readonly #folder: CampusFolder;
  readonly #now: () => UnixSeconds;
  readonly #randomBytes: RandomBytes;
  readonly #pockets: ReadonlyMap<string, Pocket>;

  constructor(folder: CampusFolder, now: () => UnixSeconds, randomBytes: RandomBytes) {
    [this.#folder, this.#now, this.#randomBytes] = [folder, now, randomBytes];
    this.#pockets = campusPockets({ campus: folder.campus, now });
  }

  /** A new code on the person's phone; undefined for whoever has none. @param offS  how far the phone's clock is off */
  pass(person: string, offS = 0): string | undefined {
    const pocket = this.#pockets.get(person);
    const phone = pocket?.person.phone;
    if (phone === undefined) return shown(pocket?.show());
    const now = (): UnixSeconds => unixSeconds(this.#now() + offS);
    const { site } = this.#folder.campus;
    return shown(heldPhone({ site, now, ...phone, counters: phoneFileCounters(this.#folder.phoneFile(person)) }).show());
  }

  /** What a reader makes of the person's card; undefined for whoever has none. */
  card(person: string): string | undefined {
    return this.#pockets.get(person)?.card;
  }

  /** What makes a door refuse for this reason, in order; the last one is refused. */
  of(reason: RefusedReason): readonly Presentation[] {
    const at = (accessPoint: string, read: string | undefined): Presentation => ({ accessPoint, read: read! });
    switch (reason) {
      case "PassMalformed":
        return [at("gate-1-in", "CP1:NOT A PASS")];
      case "PassNotYetValid":
        return [at("gate-1-in", this.pass("li", 90))];
      case "PassExpired":
        return [at("gate-1-in", this.pass("li", -90))];
      case "CredentialNotFound":
        return [at("gate-1-in", `04${bytesToHex(this.#randomBytes(6))}`.toUpperCase())];
      case "SignatureInvalid":
        return [at("gate-1-in", forged(this.pass("li")!))];
      case "CredentialNotEnabled":
        return [at("gate-1-in", this.pass("xu"))];
      case "PassReplayed": {
        const used = this.pass("li");
        return [at("gate-1-in", used), at("gate-2-in", used)];
      }
      case "Unauthorized":
        return [at("gate-2-in", this.pass("tang"))];
      case "NotPermittedAtThisTime":
        return [at("library-in", this.pass("qian"))];
    }
  }
}

const shown = (made: ReturnType<Pocket["show"]>): string | undefined => (made?.ok === true ? made.value : undefined);
