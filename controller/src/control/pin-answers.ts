import type { AccessPointConfiguration } from "../configuration/configuration.ts";
import { pinTrouble } from "../core/pin.ts";
import type { PinHolder } from "../store/pin-store.ts";
import { pinErasure, pinLockOut, pinSetting } from "./asked.ts";
import type { PinRow } from "./pin-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

type PinRoute = "GET /v1/pins" | "POST /v1/pins/set" | "POST /v1/pins/erase" | "POST /v1/pins/unlock";

/** PINs: who has one, and what is set, erased and unlocked on an operator's word. Nothing that is answered or refused repeats one. */
export function pinAnswers({ pins, configuration, listOf }: ControlParts): AnswersTo<PinRoute> {
  const points = configuration.accessPoints;
  const rows = (): PinRow[] => [
    ...pins
      .list()
      .map(({ zone, holder, setAt, wrongTries, lockedForS }) => ({ zone, holder, accessPoint: null, setAt, wrongTries, lockedForS: lockedForS ?? null })),
    ...pins
      .readers(points.map(({ id }) => id))
      .map(({ accessPoint, wrongTries, lockedForS }) => ({ zone: "", holder: null, accessPoint, setAt: null, wrongTries, lockedForS: lockedForS ?? null })),
  ];
  /** The holder of a credential in each zone whose list knows it. */
  const holdersOf = (credential: string): PinHolder[] => {
    const byZone = new Map<string, AccessPointConfiguration>(points.map((point) => [point.zone ?? "", point]));
    const holders = [...byZone].flatMap(([zone, point]) => {
      const holder = listOf(point).credential(credential)?.holder;
      return holder === undefined ? [] : [{ zone, holder }];
    });
    if (holders.length > 0) return holders;
    throw new Refusal(
      404,
      "There is no such credential",
      credential,
      "portico event list names who was at a reader; portico list show --person <id> names the credentials of a person.",
    );
  };
  const whom = (credential: string | null, holder: number | null, all: boolean): readonly PinHolder[] => {
    if ([credential !== null, holder !== null, all].filter(Boolean).length !== 1)
      throw new Refusal(400, "Whose PIN is to go is not clear", "the body", "Send credential or holder, the other null, or all: true with both null.");
    if (credential !== null) return holdersOf(credential);
    const kept = pins.list().filter((each) => all || each.holder === holder);
    if (kept.length > 0 || all) return kept;
    throw new Refusal(404, "There is no PIN of this holder", `holder ${holder}`, "portico pin list names who has one.");
  };
  return {
    "GET /v1/pins": () => rows(),
    "POST /v1/pins/set": (asked) => {
      const { credential, pin, by, reason } = pinSetting(asked);
      const trouble = pinTrouble(pin);
      if (trouble !== undefined) throw new Refusal(422, "This may be nobody's PIN", trouble, "Choose 4 to 8 digits that nobody guesses at once.");
      if (!pins.isUsable)
        throw new Refusal(
          409,
          "The key that PINs are kept under is gone",
          "pin.key in the data folder",
          "Restore it from the backup, or erase all PINs: portico pin erase --all.",
        );
      const holders = holdersOf(credential);
      const changes = holders.map((holder) => pins.set(holder, pin, { by, reason }));
      if (changes.includes(undefined)) throw notRecordedRefusal(`credential ${credential}, PIN`);
      return { change: changes.includes("changed") ? "changed" : "set", holders };
    },
    "POST /v1/pins/erase": (asked) => {
      const { credential, holder, all, by, reason } = pinErasure(asked);
      for (const each of whom(credential, holder, all)) if (!pins.erase(each, { by, reason })) throw notRecordedRefusal(`PIN of holder ${each.holder}`);
      return rows();
    },
    "POST /v1/pins/unlock": (asked) => {
      const { credential, accessPoint, by, reason } = pinLockOut(asked);
      if ((credential === null) === (accessPoint === null))
        throw new Refusal(400, "Whose wrong tries are to be forgotten is not clear", "the body", "Send credential or accessPoint, the other null.");
      if (accessPoint !== null && !points.some(({ id }) => id === accessPoint))
        throw new Refusal(404, "There is no such access point", accessPoint, `Use one of ${points.map(({ id }) => id).join(", ")}.`);
      for (const whose of accessPoint === null ? holdersOf(credential!) : [{ accessPoint }])
        if (!pins.unlock(whose, { by, reason })) throw notRecordedRefusal(accessPoint ?? `credential ${credential}`);
      return rows();
    },
  };
}
