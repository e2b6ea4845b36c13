import { type BoardTime, encodeTime, readTime } from "./board-time.ts";
import { readU32, u32 } from "./packet.ts";

/** The index of an event whose place was taken by newer ones. */
const OVERWRITTEN = 0xff;
const SWIPE = 1;
/** A valid index; boards count from 1. */
export const LAST_EVENT = 0xffff_ffff;

/** One row of the board's own log. Source: the event part of the board's status, as uhppote-core documents it. */
export interface UhppoteEvent {
  /** From 1, without gaps, until the board's memory is erased. */
  readonly index: number;
  /** 1 a card was read, 2 door, button or relay, 3 alarm. */
  readonly type: number;
  /** The board itself let somebody in. */
  readonly isGranted: boolean;
  /** 1..4. */
  readonly door: number;
  /** Which reader of the door: 1 in, 2 out. */
  readonly direction: number;
  /** As the board writes it: facility code × 100,000 + number, for cards of 26 bits. A person's secret. */
  readonly card: number;
  readonly time: BoardTime | undefined;
  readonly reason: number;
}

/** A card that was read, and for which the board did nothing. */
export interface UhppoteSwipe {
  /** 0..3: the reader of door 1 to 4 on the way in; 4..7: on the way out. */
  readonly reader: number;
  /** A person's secret: nothing keeps or prints it. */
  readonly card: number;
}

/** Why the board wrote a row. Source: uhppoted, event reasons. */
export const UHPPOTE_REASONS: Readonly<Record<number, string>> = {
  1: "a card of the board's own list",
  5: "a card, left to the host",
  6: "a card that is not on the board's own list",
  7: "a wrong passcode",
  8: "anti-passback of the board",
  9: "more cards are needed",
  10: "a first card is needed",
  11: "the door is normally closed",
  12: "interlock of the board",
  13: "outside the card's times",
  15: "no such time profile",
  18: "refused",
  20: "the button was pressed",
  23: "the door was opened",
  24: "the door was closed",
  25: "opened by a supervisor's passcode",
  28: "the board's power came on",
  29: "the board was reset",
  31: "the button was pressed: the door is normally closed",
  32: "the button was pressed: the board is off line",
  33: "the button was pressed: interlock of the board",
  34: "the button was pressed: alarm",
  37: "the door stood open too long",
  38: "the door was forced",
  39: "fire",
  40: "forced lock",
  44: "opened from the network",
  45: "opened from the network",
};

const POWER_ON = 28;
const RESET = 29;
const BUTTON = 20;

/** True where the board began anew: what it was told before may be forgotten. */
export const isRestart = ({ reason }: UhppoteEvent): boolean => reason === POWER_ON || reason === RESET;
/** True where the board opened a door for its own exit button. */
export const isButton = ({ type, reason }: UhppoteEvent): boolean => type === 2 && reason === BUTTON;

/** The card of an event that our side may judge; undefined for everything else, also for a card that the board let in itself. */
export function swipeOf({ type, isGranted, door, direction, card }: UhppoteEvent): UhppoteSwipe | undefined {
  if (type !== SWIPE || isGranted || card === 0 || door < 1 || door > 4 || (direction !== 1 && direction !== 2)) return undefined;
  return { reader: door - 1 + (direction === 2 ? 4 : 0), card };
}

/** The 20 bytes that a status and an answer about an event have in common. */
export function encodeEvent({ index, type, isGranted, door, direction, card, time, reason }: UhppoteEvent): number[] {
  const stamp = time === undefined ? [0, 0, 0, 0, 0, 0, 0] : encodeTime(time);
  return [...u32(index), type, isGranted ? 1 : 0, door, direction, ...u32(card), ...stamp, reason];
}

/** @returns `none` where there is no such event, `overwritten` where there was one */
export function readEvent(body: Uint8Array): UhppoteEvent | "none" | "overwritten" {
  const index = readU32(body, 0);
  const type = body[4]!;
  if (type === OVERWRITTEN) return "overwritten";
  if (index === 0) return "none";
  const [granted, door, direction] = [body[5]!, body[6]!, body[7]!];
  return { index, type, isGranted: granted !== 0, door, direction, card: readU32(body, 8), time: readTime(body, 12), reason: body[19]! };
}
