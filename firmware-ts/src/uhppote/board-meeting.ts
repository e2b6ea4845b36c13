import type { BoardTime } from "../core/uhppote/board-time.ts";
import type { UhppoteReply } from "../core/uhppote/reply.ts";
import type { Ipv4, UhppoteRequest } from "../core/uhppote/request.ts";

/** Where a board shall send what it pushes. */
export interface BoardListener {
  readonly address: Ipv4;
  readonly port: number;
}

/** One question of a meeting. */
export interface MeetingStep {
  readonly request: UhppoteRequest;
  /** What keeps the board from being used, in words for a technician; undefined: nothing. */
  judge(reply: UhppoteReply): string | undefined;
}

/** What a board is asked and told before it is used, in order. */
export function meetingSteps(options: {
  readonly relays: number;
  readonly listener: BoardListener | undefined;
  readonly time: BoardTime | undefined;
}): readonly MeetingStep[] {
  const { relays, listener, time } = options;
  const step = (request: UhppoteRequest, judge: MeetingStep["judge"] = refusalOf(request)): MeetingStep => ({ request, judge });
  return [
    step({ kind: "device" }),
    step({ kind: "cards" }, (reply) =>
      reply.kind === "cards" && reply.count > 0
        ? `it has a list of its own with ${reply.count} ${reply.count === 1 ? "card" : "cards"}, and lets them in without us: portico device uhppote clear-cards`
        : undefined,
    ),
    step({ kind: "setHostControl", isOn: true }),
    step({ kind: "recordDoors", isOn: true }),
    ...(time === undefined ? [] : [step({ kind: "setTime", time })]),
    ...(listener === undefined ? [] : [step({ kind: "setListener", ...listener })]),
    ...Array.from({ length: relays }, (_, relay) => step({ kind: "door", door: relay + 1 })),
    step({ kind: "eventIndex" }),
  ];
}

const refusalOf =
  ({ kind }: UhppoteRequest): MeetingStep["judge"] =>
  (reply) =>
    "isDone" in reply && !reply.isDone ? `it refuses ${WORDS[kind] ?? kind}` : undefined;

const WORDS: Readonly<Partial<Record<UhppoteRequest["kind"], string>>> = {
  setHostControl: "to leave cards to this controller (set-pc-control)",
  recordDoors: "to write doors and buttons into its log (record-special-events)",
  setListener: "to send its events to this controller (set-listener)",
};
