import type { CommissioningRow, SignedProtocol, WalkRoute, WalkRow } from "./commissioning-rows.ts";
import type { KioskItemRoute, KioskRow } from "./kiosk-rows.ts";
import type { CarriedList, DenySetAnswer, LockLogQuery, LockLogRow, LockParams, RoomLockRow, RoomLocksAnswer } from "./lock-rows.ts";
import type { TerminalChargeRoute, TerminalChargesRoute, TerminalRefundRoute, TerminalRow, TerminalTotalsRoute } from "./terminal-rows.ts";
import type { DoorAct, DoorRow } from "./door-rows.ts";
import type { DrivingRoute, OldLogAsked, OldLogTaken, ShadowReportRoute } from "./shadow-rows.ts";
import type { EventExplanation } from "./event-explanation.ts";
import type { EventLine } from "./event-rows.ts";
import type { ChainVerdict } from "./chain-verdict.ts";
import type { AreaHolderRow, AreaOverdueRow, AreaReset, AreaRow } from "./area-rows.ts";
import type { ConfigurationTaken, FeedFilePath, ListFolder } from "./file-rows.ts";
import type { OperatorAct } from "../core/door-operation.ts";
import type { GuardStationRow, LaneCountQuery, LaneCountRow, LaneRow } from "./lane-rows.ts";
import type { KeyWay } from "../osdp-words.ts";
import type { HeldJobRow, JobChoice, JobOutcomeRow, PrintReleaseRow, PrintSettlement, ReleaseStationRow } from "./print-rows.ts";
import type { CredentialQuery, CredentialRow, ListDifference, ListProblem, ListSummary } from "./list-rows.ts";
import type { LineTrace, PdCommunication, PdRow } from "./osdp-rows.ts";
import type { PinErasure, PinLockOut, PinRow, PinSet, PinSetting } from "./pin-rows.ts";
import type { MusterRow } from "../core/muster.ts";
import type { DoorScheduleRow, SiteActRow, SiteAsked, SiteRow, SiteVerb } from "./site-rows.ts";
import type { EventName, HealthFinding } from "@portico/card-protocol";
import type { FreshnessNow } from "../core/freshness-course.ts";
import type { UploadStatus } from "../sync/event-upload.ts";
import type { FileTaken } from "../sync/feed-file.ts";
import type { FeedStatus } from "../sync/feed-status.ts";

/**
 * What the control socket of a running controller answers: HTTP/1.1 over a Unix socket of mode 0660, JSON bodies, see docs/operating.md.
 * One table for server and client. A key is method and path; `:name` stands for one percent-encoded path segment.
 * Times are Unix seconds, durations seconds unless the name says otherwise, bytes lower-case hex; null stands for "not known" or "does not apply".
 * A refused request is answered by a {@link Problem} with its own HTTP status.
 */
export interface ControlRoutes {
  "GET /v1/status": { readonly answer: ControllerStatus };
  "GET /v1/doors": { readonly answer: readonly DoorRow[] };
  "POST /v1/doors/:id/:act": { readonly params: { readonly id: string; readonly act: DoorAct }; readonly body: OperatorAct; readonly answer: DoorRow };
  /** Which doors, turnstiles and floors were commissioned, and why others count as not. */
  "GET /v1/commissioning": { readonly answer: readonly CommissioningRow[] };
  /** Its steps, and how far whoever commissions it is. */
  "GET /v1/commissioning/:id": { readonly params: { readonly id: string }; readonly answer: WalkRow };
  "GET /v1/commissioning/:id/protocol": { readonly params: { readonly id: string }; readonly answer: SignedProtocol };
  "POST /v1/commissioning/:id/:verb": WalkRoute;
  /** Turnstiles: what their units say of themselves, and who passed today. */
  "GET /v1/lanes": { readonly answer: readonly LaneRow[] };
  /** Who passed, by day and way; days that are not known first, then the oldest. */
  "GET /v1/lanes/counts": { readonly query: LaneCountQuery; readonly answer: readonly LaneCountRow[] };
  /** Guard stations: who is signed in, what is held open. */
  "GET /v1/guard-stations": { readonly answer: readonly GuardStationRow[] };
  /** Payment terminals: what waits, what became of the last amount, what nobody has acknowledged. */
  "GET /v1/terminals": { readonly answer: readonly TerminalRow[] };
  "GET /v1/terminals/:id": { readonly params: { readonly id: string }; readonly answer: TerminalRow };
  "POST /v1/terminals/:id/charge": TerminalChargeRoute;
  /** Takes a charge back, once and at most what was charged. A reason is demanded. */
  "POST /v1/terminals/:id/refund": TerminalRefundRoute;
  "GET /v1/terminals/:id/totals": TerminalTotalsRoute;
  "GET /v1/terminals/:id/charges": TerminalChargesRoute;
  /** Library kiosks: who borrows there. */
  "GET /v1/kiosks": { readonly answer: readonly KioskRow[] };
  "POST /v1/kiosks/:id/checkout": KioskItemRoute;
  "POST /v1/kiosks/:id/return": KioskItemRoute;
  /** Whoever borrowed has left. */
  "POST /v1/kiosks/:id/end": { readonly params: { readonly id: string }; readonly answer: KioskRow };
  "GET /v1/room-locks": { readonly answer: RoomLocksAnswer };
  "POST /v1/room-locks/:id/test": { readonly params: LockParams; readonly answer: RoomLockRow };
  "GET /v1/room-locks/:id/log": { readonly params: LockParams; readonly query: LockLogQuery; readonly answer: readonly LockLogRow[] };
  "POST /v1/room-locks/:id/list": { readonly params: LockParams; readonly answer: CarriedList };
  "POST /v1/room-locks/deny-set": { readonly answer: DenySetAnswer };
  /** Who drives a door or turnstile that an old system drives beside Portico; answers with the door, or each way of the turnstile. A reason is demanded. */
  "POST /v1/shadow/doors/:id/:act": DrivingRoute;
  /** Of one day, today where none is named; `all`: decisions on which both agree, too. */
  "GET /v1/shadow/report": ShadowReportRoute;
  /** What the old system's own log says. No card number is kept. */
  "POST /v1/shadow/import": { readonly body: OldLogAsked; readonly answer: OldLogTaken };
  /** What schedules do to doors. */
  "GET /v1/door-schedules": { readonly answer: readonly DoorScheduleRow[] };
  /** Lockdowns, drills, and what waits to be locked again. */
  "GET /v1/site": { readonly answer: SiteRow };
  "POST /v1/site/:verb": { readonly params: { readonly verb: SiteVerb }; readonly body: SiteAsked; readonly answer: SiteActRow };
  /** Who is believed to be inside, by this controller's own log. */
  "GET /v1/muster": { readonly answer: readonly MusterRow[] };
  "GET /v1/areas": { readonly answer: readonly AreaRow[] };
  /** Who is inside, whoever came first in front. */
  "GET /v1/areas/:id": { readonly params: { readonly id: string }; readonly answer: readonly AreaHolderRow[] };
  /** Who is inside though what let them in has ended. */
  "GET /v1/areas/:id/overdue": { readonly params: { readonly id: string }; readonly answer: readonly AreaOverdueRow[] };
  /** Forgets where one holder is, found by any of their credentials; null: everybody. */
  "POST /v1/areas/:id/reset": { readonly params: { readonly id: string }; readonly body: AreaReset; readonly answer: AreaRow };
  "GET /v1/release-stations": { readonly answer: readonly ReleaseStationRow[] };
  "GET /v1/release-stations/:id/jobs": { readonly params: { readonly id: string }; readonly answer: readonly HeldJobRow[] };
  /** Prints one of them, or all; a job that is on its way already is none of them. */
  "POST /v1/release-stations/:id/release": { readonly params: { readonly id: string }; readonly body: JobChoice; readonly answer: readonly JobOutcomeRow[] };
  "POST /v1/release-stations/:id/cancel": { readonly params: { readonly id: string }; readonly body: JobChoice; readonly answer: JobOutcomeRow };
  "POST /v1/release-stations/:id/sign-out": { readonly params: { readonly id: string }; readonly answer: ReleaseStationRow };
  /** Jobs on their way, and those that stopped behind their first side: their money waits for somebody to count. */
  "GET /v1/print-releases": { readonly answer: readonly PrintReleaseRow[] };
  "POST /v1/print-releases/:id/settle": { readonly params: { readonly id: string }; readonly body: PrintSettlement; readonly answer: PrintReleaseRow };
  /** Who has a PIN at this controller; and what is locked out. */
  "GET /v1/pins": { readonly answer: readonly PinRow[] };
  "POST /v1/pins/set": { readonly body: PinSetting; readonly answer: PinSet };
  "POST /v1/pins/erase": { readonly body: PinErasure; readonly answer: readonly PinRow[] };
  /** Has the wrong tries of a holder or at a reader forgotten. */
  "POST /v1/pins/unlock": { readonly body: PinLockOut; readonly answer: readonly PinRow[] };
  "GET /v1/access-points": { readonly answer: readonly AccessPointRow[] };
  /** For a screen beside the reader: what phones have to answer now. */
  "POST /v1/access-points/:id/challenge": { readonly params: { readonly id: string }; readonly answer: ShownChallenge };
  "GET /v1/devices": { readonly answer: readonly DeviceRow[] };
  "POST /v1/devices/:id/test": { readonly params: { readonly id: string }; readonly body: OperatorAct; readonly answer: DeviceTest };
  "GET /v1/osdp/pds": { readonly answer: readonly PdRow[] };
  /** Makes a key for a reader and gives it to it; answers when the reader has shown that it holds it. */
  "POST /v1/osdp/pds/:id/key": { readonly params: { readonly id: string }; readonly body: OperatorAct & { readonly over: KeyWay }; readonly answer: PdRow };
  /** Gives a reader another address and baud rate; answers with what it says it takes. From then on it is silent until the configuration says the same. */
  "POST /v1/osdp/pds/:id/communication": {
    readonly params: { readonly id: string };
    readonly body: OperatorAct & { readonly address: number; readonly baud: number | null };
    readonly answer: PdCommunication;
  };
  /** The frames of the last minute or so of a line; a key that was said in clear is left out. */
  "GET /v1/osdp/lines/:id/trace": { readonly params: { readonly id: string }; readonly answer: LineTrace };
  /** JSON lines (`application/x-ndjson`), one {@link EventLine} each, oldest first; with `follow` it stays open and sends each event as it is recorded. */
  "GET /v1/events": { readonly query: EventQuery; readonly lines: EventLine };
  "GET /v1/events/:seq": { readonly params: { readonly seq: number }; readonly answer: EventLine };
  "GET /v1/events/:seq/explain": { readonly params: { readonly seq: number }; readonly answer: EventExplanation };
  "POST /v1/events/verify": { readonly answer: ChainVerdict };
  "GET /v1/list": { readonly answer: ListSummary };
  "GET /v1/list/credentials": { readonly query: CredentialQuery; readonly answer: readonly CredentialRow[] };
  "POST /v1/list/diff": { readonly body: ListFolder; readonly answer: ListDifference };
  /** Verified, judged and read to its end; from the next start on. */
  "POST /v1/configuration/import": { readonly body: FeedFilePath & Pick<OperatorAct, "by">; readonly answer: ConfigurationTaken };
  /** Verified as a stream would be; what was refused stands in the answer. */
  "POST /v1/feed/import": { readonly body: FeedFilePath; readonly answer: FileTaken };
  "POST /v1/list/load": { readonly body: ListFolder & OperatorAct; readonly answer: ListDifference };
}

/** A method and path of {@link ControlRoutes}. */
export type ControlRoute = keyof ControlRoutes;

/** A refused request: problem details, RFC 9457, `application/problem+json`. */
export interface Problem {
  /** `about:blank`, or `/problems/<name>` where a program may want to tell this one from others. */
  readonly type: string;
  /** What went wrong, in a few words, e.g. `The door is locked down`. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** On what, e.g. `door library`. */
  readonly detail: string;
  /** The next step. */
  readonly remedy: string;
  /** For a list folder that cannot be read: every row that needs mending. */
  readonly problems?: readonly ListProblem[];
}

/** The controller as a whole. */
export interface ControllerStatus {
  readonly site: string;
  readonly controller: string;
  readonly version: string;
  readonly uptimeS: number;
  /** `uncertaintyS` is null while the clock is untrusted. */
  readonly clock: { readonly state: "synchronised" | "holdover" | "rtc" | "untrusted"; readonly now: number | null; readonly uncertaintyS: number | null };
  /** Version 0: no list was ever loaded. */
  readonly list: { readonly version: number; readonly credentials: number; readonly loadedAt: number | null };
  /** Null where the configuration names no trust list. */
  readonly trustList: { readonly sequence: number; readonly validUntil: number } | null;
  /** Who may pass comes from the cloud; null where lists come from files. */
  readonly feed: FeedStatus | null;
  /** How far the events are with the cloud; null where there is none. */
  readonly upload: UploadStatus | null;
  /** Null while passages are being recorded; else why not. Nobody is let in meanwhile. */
  readonly recordingSuspended: string | null;
  readonly lastSeq: number;
  readonly devices: { readonly online: number; readonly offline: number };
  /** What wants somebody to look at it before it fails, the oldest first. */
  readonly findings: readonly FindingRow[];
}

/** Something that was found wrong with a device, a door or a battery, and lasts. */
export interface FindingRow {
  readonly subject: string;
  readonly finding: HealthFinding;
  readonly detail: string;
  readonly detailZh: string;
  readonly sinceS: number;
  /** What to do about it. */
  readonly remedy: string;
  readonly remedyZh: string;
}

/** One reader, what it opens, and how far the list that it decides by may be believed. */
export interface AccessPointRow extends FreshnessNow {
  readonly id: string;
  /** Id of a door, or `<turnstile>/<direction>`. */
  readonly opens: string;
  readonly scanner: string;
  readonly enabled: boolean;
  readonly egress: boolean;
  readonly demandsChallenge: boolean;
  /** Which display or beacon shows its challenges; null: whoever asks for them over this socket. */
  readonly challengeOn: string | null;
  /** Why that is dark, so that every pass is refused here and cards alone go on; null: it is not. */
  readonly challengeDark: string | null;
  readonly replayGroup: string;
  /** Whose list it goes by; null: lists come from files. */
  readonly zone: string | null;
}

/** What a screen beside a reader shows for passes HC. */
export interface ShownChallenge {
  /** 8 bytes. */
  readonly challenge: string;
  /** Ask again after this long, and at once when a pass was accepted. */
  readonly shownMs: number;
}

/** One scanner or relay board. */
export interface DeviceRow {
  readonly id: string;
  readonly kind: "scanner" | "relay-board" | "keypad" | "display" | "beacon" | "room-lock";
  readonly wire: string;
  readonly health: "online" | "offline";
  /** Why it is offline, in words for a technician; empty while online. */
  readonly detail: string;
  readonly sinceS: number;
  /** Since start, e.g. scans and unreadable of a scanner. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What a device did when it was asked to show that it works. A relay is never moved by a test. */
export interface DeviceTest {
  readonly id: string;
  readonly passed: boolean;
  readonly steps: readonly { readonly step: string; readonly passed: boolean; readonly detail: string; readonly remedy: string }[];
}

/**
 * Which events: those behind `after` (seq), at most `limit` of them; without `after`, the newest `limit`. `follow=1` keeps the answer open: then the newest
 * `limit` of those behind `after` come first, so that nothing is left out before what comes.
 */
export interface EventQuery {
  readonly after?: number;
  readonly limit?: number;
  readonly follow?: 1;
  readonly name?: EventName;
  /** Access point, door or device. */
  readonly source?: string;
}
