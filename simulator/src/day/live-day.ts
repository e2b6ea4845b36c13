import { Day, type DayOptions } from "./day.ts";
import { closeTheDay } from "./night.ts";
import { fillWallets, haveLunch } from "./lunch.ts";
import { printPages } from "./print.ts";
import { loseCard } from "./lost-card.ts";
import { bookPlaces, furnishPlaces, missClass, moveRoom, playBadminton } from "./places.ts";
import { freezeAndUnfreeze, repair } from "./cases-of-the-day.ts";
import type { DayEnd } from "./story.ts";

/**
 * A Monday on campus in virtual time, from half past eight to night. What has to be so is checked as it happens; a finding ends nothing, and the same seed
 * tells the same day.
 *
 * @throws where the campus itself broke
 */
export async function liveDay(options: DayOptions): Promise<DayEnd> {
  const day = await Day.open(options);
  try {
    await furnishPlaces(day);
    await day.until("08:40");
    await loseCard(day);
    await day.until("09:00");
    await bookPlaces(day);
    await freezeAndUnfreeze(day);
    await day.until("10:00");
    await repair(day);
    await day.until("11:30");
    await fillWallets(day, options.eaters);
    const lunch = await haveLunch(day, options.eaters);
    await moveRoom(day);
    await missClass(day);
    await playBadminton(day);
    const printedFen = await printPages(day);
    await closeTheDay(day, lunch, printedFen);
  } catch (error) {
    await day.abandon();
    throw error;
  }
  return day.end();
}
