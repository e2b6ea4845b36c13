import type { Goal } from "./goal.ts";
import { DECISION, DECISION_FLAT, DECISION_GARBAGE } from "./goals/decision.ts";
import { DOORS_IDLE, DOORS_TO_RELAY } from "./goals/doors.ts";
import { EVENTS_ACKNOWLEDGED, EVENTS_UP } from "./goals/events.ts";
import { FEED_LOSS, FEED_LOSS_CROWD, FEED_LOSS_MEDIAN, FEED_RECONNECT } from "./goals/feed-loss.ts";
import { AGAINST_JOSE_CASBIN } from "./goals/jose-casbin.ts";
import { LOCK_UNLOCK } from "./goals/room-lock.ts";
import { BOOKINGS, TIMELINES } from "./goals/bookings.ts";
import { LEDGER } from "./goals/ledger.ts";
import { COLD_START, MEMORY, SCANNER_TO_RELAY } from "./goals/running.ts";
import { REVOCATION_APPLY, SNAPSHOT_APPLY, SNAPSHOT_BUILD, SNAPSHOT_BYTES, SNAPSHOT_MEMORY } from "./goals/snapshot.ts";
import { GARBAGE, VERIFY_PASS } from "./goals/verify-pass.ts";

/**
 * Every goal, in the order of the table and of measuring. Latencies come first: what the later goals leave behind in this program's memory would show in them as
 * pauses of the one who measures.
 */
export const goals: readonly Goal[] = [
  SCANNER_TO_RELAY,
  COLD_START,
  MEMORY,
  DOORS_TO_RELAY,
  DOORS_IDLE,
  LOCK_UNLOCK,
  FEED_LOSS,
  FEED_LOSS_MEDIAN,
  FEED_LOSS_CROWD,
  FEED_RECONNECT,
  EVENTS_UP,
  EVENTS_ACKNOWLEDGED,
  BOOKINGS,
  TIMELINES,
  ...LEDGER,
  SNAPSHOT_BUILD,
  SNAPSHOT_BYTES,
  SNAPSHOT_APPLY,
  SNAPSHOT_MEMORY,
  REVOCATION_APPLY,
  VERIFY_PASS,
  GARBAGE,
  DECISION,
  DECISION_GARBAGE,
  DECISION_FLAT,
  AGAINST_JOSE_CASBIN,
];
