/**
 * Where two different holders have to come within a time. `awaited`: nobody came before, a second one may still come · `here`: another holder stands there ·
 * `sameHolder`: the one who stands there came again, by whatever credential · `notCome`: the time is over, or whoever was first may not pass any more.
 */
export type SecondPerson = "awaited" | "here" | "sameHolder" | "notCome";

/** In a technician's words. */
export const SECOND_PERSON_TEXT: Readonly<Record<SecondPerson, string>> = {
  awaited: "a second holder is awaited",
  here: "a second holder is here",
  sameHolder: "the same holder once more; another one is wanted",
  notCome: "no second holder came in time",
};
