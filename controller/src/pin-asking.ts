import type { Credential, WallTime } from "@portico/card-protocol";
import type { AccessList } from "./access-list.ts";
import { askedFor, type AuthenticationFacts, type AuthenticationProfile, levelsNow, levelsText, type PinState } from "./core/authentication.ts";
import type { Pins } from "./pins.ts";

/** What one access point asks for beside a card or a pass: its profile, read against the schedules of its list, and the PINs of the controller. */
export class PinAsking {
  readonly #profile: AuthenticationProfile;
  readonly #list: Pick<AccessList, "schedule" | "scheduleContext">;
  readonly #pins: Pins;
  readonly #zone: string;

  /** @param zone  whose list numbers the holders; empty: lists come from files */
  constructor(profile: AuthenticationProfile, list: Pick<AccessList, "schedule" | "scheduleContext">, pins: Pins, zone: string) {
    this.#profile = profile;
    this.#list = list;
    this.#pins = pins;
    this.#zone = zone;
  }

  /** How long a PIN is waited for, in ms. */
  get waitMs(): number {
    return this.#pins.waitMs;
  }

  /** @param pin  what became of it; undefined: nothing was typed yet */
  facts(accessPoint: string, credential: Credential, shown: "card" | "pass", pin: PinState | undefined, wall: WallTime): AuthenticationFacts {
    const levels = levelsNow(this.#profile, wall, (id) => this.#list.schedule(id), this.#list.scheduleContext());
    const asked = askedFor(shown, levels);
    return {
      profile: this.#profile.id,
      levels: levelsText(levels),
      asked,
      pin: pin ?? (asked === "pin" ? this.#pins.standing(this.#place(accessPoint, credential)) : { kind: "awaited" }),
    };
  }

  /** Takes one try of a holder's PIN. */
  try(accessPoint: string, credential: Credential, digits: string): PinState {
    return this.#pins.try(this.#place(accessPoint, credential), digits);
  }

  #place(accessPoint: string, { id: credential, holder }: Credential): Parameters<Pins["try"]>[0] {
    return { accessPoint, credential, holder, zone: this.#zone };
  }
}
