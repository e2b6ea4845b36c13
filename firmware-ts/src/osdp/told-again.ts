import type { OsdpReply } from "../core/osdp/reply.ts";

/** Knows what a PD tells a second time because nobody could tell it that it was heard. */
export interface ToldAgain {
  /** The sequence started afresh: the PD cannot know whether its last answer arrived. */
  restarted(): void;
  /** @param news  what a poll brought; undefined: nothing. @returns whether it is told for the first time */
  isNew(news: OsdpReply | undefined): boolean;
}

/**
 * A PD that starts afresh behind an answer which the panel has not gone on from may tell it again, or not: the standard leaves it open. So the first news
 * behind a restart is the last news of before where both are the same and nothing was polled in between.
 */
export function toldAgain(): ToldAgain {
  let unconfirmed: string | undefined;
  let isRestarted = false;
  return {
    restarted: () => void (isRestarted = true),
    isNew(news) {
      const text = news === undefined ? undefined : JSON.stringify(news);
      const isAgain = isRestarted && text !== undefined && text === unconfirmed;
      unconfirmed = text;
      isRestarted = false;
      return news !== undefined && !isAgain;
    },
  };
}
