import type { RandomBytes } from "@portico/card-protocol";
import { sql } from "kysely";
import { newEntityId } from "../core/entity-id.ts";
import { portions } from "../core/portions.ts";
import type { CloudDatabase, Queries } from "../store/cloud-database.ts";
import { RowSet } from "../store/row-set.ts";

/** Everything that callers are told, once: kind, and what its body says. docs/api.md lists them. */
export const NOTIFICATION = {
  "credential.lost": { en: "A card was reported lost", zh: "校园卡已挂失" },
  "credential.returned": { en: "A lost card is back", zh: "校园卡已解挂" },
  "credential.frozen": { en: "A credential was frozen", zh: "凭证已冻结" },
  "credential.unfrozen": { en: "A credential was unfrozen", zh: "凭证已解冻" },
  "credential.suspended": { en: "A credential was suspended", zh: "凭证已暂停" },
  "credential.cleared": { en: "A suspension was lifted", zh: "凭证已恢复" },
  "credential.expired": { en: "A credential was ended", zh: "凭证已失效" },
  "credential.removed": { en: "A credential was taken away for good", zh: "凭证已注销" },
  "phone.lost": { en: "A phone was reported lost", zh: "手机已挂失" },
  "access.denied": { en: "Somebody was refused at a door, or so many times", zh: "通行被拒绝" },
  "access.duress": { en: "Somebody was forced to open a door: nothing there shows it", zh: "有人被胁迫开门（现场无提示）" },
  "access.pin-locked-out": { en: "Too many wrong PINs at a door", zh: "密码多次错误，已锁定" },
  "session.opened": { en: "A person has logged in", zh: "用户已登录" },
  "operator.logged-in": { en: "An operator has logged in", zh: "管理员已登录" },
  "operator.log-in-refused": { en: "An operator's log-in was refused", zh: "管理员登录被拒绝" },
  "door.forced-open": { en: "A door was opened without being released", zh: "门被强行打开" },
  "door.open-too-long": { en: "A door has stood open too long", zh: "门长时间未关" },
  "door.normal": { en: "The alarm of a door is over", zh: "门报警已解除" },
  "door.fire": { en: "The fire input of a door changed", zh: "消防联动信号变化" },
  "door.tamper": { en: "Somebody tampers with a door", zh: "门禁设备被拆动" },
  "door.tamper-cleared": { en: "Nothing tampers with a door any more", zh: "防拆报警已解除" },
  "door.fault": { en: "A door could not act", zh: "门故障" },
  "door.fault-cleared": { en: "A door can act again", zh: "门故障已恢复" },
  "lane.alarm": { en: "A turnstile says that something is wrong with it", zh: "闸机报警" },
  "lane.normal": { en: "The alarm of a turnstile is over", zh: "闸机报警已解除" },
  "lock.refused": { en: "A room lock did not take a PIN or a finger", zh: "房间门锁未接受密码或指纹" },
  "guard.unattended": { en: "A guard's button was pressed while no guard was signed in; nothing was opened", zh: "无值班人员登录时按下开门按钮（未开门）" },
  "device.offline": { en: "A device does not answer", zh: "设备离线" },
  "device.online": { en: "A device answers again", zh: "设备已恢复" },
  "health.found": { en: "Something wants to be looked at before it fails", zh: "设备需要检查" },
  "health.restored": { en: "What wanted to be looked at is well again", zh: "设备已恢复正常" },
  "printer.fault": { en: "A printer does not print", zh: "打印机故障" },
  "printer.ready": { en: "A printer prints again", zh: "打印机已恢复" },
  "print.review": { en: "A print job did not come to its end: somebody has to see what was printed", zh: "打印作业未完成，待人工核定" },
  "print.reviewed": { en: "Somebody has seen what was printed of a job", zh: "打印作业已核定" },
  "controller.fault": { en: "A controller cannot record, keep or send as it should, or refuses what the cloud sends", zh: "控制器故障" },
  "controller.fault-cleared": { en: "A controller records again", zh: "控制器故障已恢复" },
  "controller.silent": { en: "A controller has not been heard for longer than it may", zh: "控制器失联" },
  "controller.heard": { en: "A controller that was silent is heard again", zh: "控制器已恢复联系" },
  "events.forked": { en: "A controller's log tells two stories; the proof is kept", zh: "控制器事件日志分叉" },
  "feed.forked": { en: "A controller holds another list than was published under that version", zh: "控制器名单与发布不一致" },
  "calendar.missing": { en: "The calendar of a year is missing: every holiday opens like any day", zh: "缺少年度校历" },
  "case.opened": { en: "A case was opened", zh: "工单已提交" },
  "case.moved": { en: "Something was done in a case", zh: "工单状态更新" },
  "message.failed": { en: "A mail or an SMS was refused for good, or came back", zh: "邮件或短信发送失败" },
  "reservation.booked": { en: "Something was booked", zh: "预约成功" },
  "reservation.waiting": { en: "A reservation waits to be approved", zh: "预约待审批" },
  "reservation.refused": { en: "A reservation was not approved", zh: "预约未获批准" },
  "reservation.moved": { en: "A reservation was moved", zh: "预约已改期" },
  "reservation.cancelled": { en: "A reservation was cancelled", zh: "预约已取消" },
  "reservation.offered": { en: "What a person waited for is free, and held for him for a while", zh: "候补成功，请在保留时间内确认" },
  "timetable.without-room": { en: "The calendar has moved a lesson to a time at which somebody has its room", zh: "校历调课后教室已被占用" },
  "wallet.topped-up": { en: "A wallet was topped up", zh: "校园卡已充值" },
  "wallet.top-up-failed": { en: "A top-up was begun and not paid", zh: "充值未完成" },
  "wallet.top-up-review": { en: "A provider has taken in what cannot be credited: somebody has to decide", zh: "充值到账异常，待人工核查" },
  "wallet.hand-back-failed": { en: "A provider does not hand back what it has taken in: somebody has to", zh: "原路退款失败，需人工退款" },
  "wallet.hand-back-settled": { en: "What was to be handed back has reached its payer", zh: "原路退款或人工退付已完成" },
  "wallet.charged": { en: "Somebody has paid", zh: "校园卡已消费" },
  "wallet.refunded": { en: "A payment was taken back", zh: "消费已退款" },
  "wallet.owes": { en: "A balance did not cover a payment that had happened: somebody owes", zh: "余额不足，产生欠款" },
  "wallet.hold-expired": { en: "What was held for a payment is free again: its time was over", zh: "预扣已到期释放" },
  "wallet.closed": { en: "A wallet was closed and its balance handed back", zh: "钱包已注销，余额已退回" },
  "wallet.review-opened": { en: "A person has to say who pays what was handed out", zh: "有一笔消费待人工核查" },
  "wallet.review-decided": { en: "A person has said who pays", zh: "消费核查已有结论" },
  "webhook.test": { en: "Somebody tries the webhook", zh: "回调测试" },
} as const satisfies Readonly<Record<string, { readonly en: string; readonly zh: string }>>;
export type NotificationKind = keyof typeof NOTIFICATION;
export const NOTIFICATION_KINDS = Object.keys(NOTIFICATION) as NotificationKind[];

export const isNotificationKind = (text: string): text is NotificationKind => Object.hasOwn(NOTIFICATION, text);

/** What is to be told, before it has a number. */
export interface NewNotification {
  readonly kind: NotificationKind;
  /** Whom it concerns, by id. */
  readonly person: string | null;
  /** Ids, names of the tables and times; never a person's name, a card number or a pass. */
  readonly body: Readonly<Record<string, string | number | boolean | null>>;
  /** For this webhook alone; absent: for everybody. */
  readonly webhook?: string;
  /** When its cause was, seconds; absent: now. */
  readonly at?: number;
}

/** As it is told. */
export interface Notification extends NewNotification {
  /** UUIDv7; the same whenever it is told again. */
  readonly id: string;
  /** Without gaps, in the order of telling. */
  readonly seq: number;
  /** When it was kept, with its cause, seconds; what a controller says later than it happened has its own time in the body. */
  readonly at: number;
}

const NOTIFICATIONS = new RowSet({ table: "notification", columns: ["id", "seq", "at", "kind", "person", "webhook", "body"] });
/** Numbers given in one statement. */
const ROWS_MAX = 200;

/** Keeps them in the transaction of their cause: they are told if it is committed, and then certainly. */
export async function keepNotifications(
  queries: Queries,
  { nowMs, randomBytes }: { readonly nowMs: () => number; readonly randomBytes: RandomBytes },
  all: readonly NewNotification[],
): Promise<void> {
  const now = Math.floor(nowMs() / 1000);
  const rows = all.map(({ kind, person, body, webhook, at = now }) => ({
    id: newEntityId(nowMs(), randomBytes),
    seq: null,
    at,
    kind,
    person,
    webhook: webhook ?? null,
    body: JSON.stringify(body),
  }));
  await NOTIFICATIONS.put(queries, rows);
}

/** Notifications of one read. */
export const READ_MAX = 500;

/**
 * Gives numbers to those that have none, without gaps. Any number of instances may try: whoever comes second finds the counter moved and does nothing.
 *
 * @returns true where some may still wait
 */
export async function numberNotifications(database: Pick<CloudDatabase, "transact">): Promise<boolean> {
  return database.transact(async (all) => {
    const waiting = await all.selectFrom("notification").select("nth").where("seq", "is", null).orderBy("nth").limit(READ_MAX).execute();
    if (waiting.length === 0) return false;
    const { seq } = await all.selectFrom("notification_number").select("seq").executeTakeFirstOrThrow();
    const { numUpdatedRows } = await all
      .updateTable("notification_number")
      .set({ seq: seq + waiting.length })
      .where("seq", "=", seq)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows !== 1n) return true;
    for (const [portion, some] of portions(waiting, ROWS_MAX).entries()) {
      const numbers = some.map(({ nth }, before) => sql`WHEN ${sql.lit(nth)} THEN ${sql.lit(seq + portion * ROWS_MAX + before + 1)}`);
      const which = some.map(({ nth }) => nth);
      await all.updateTable("notification").set({ seq: sql<number>`CASE nth ${sql.join(numbers, sql` `)} END` }).where("nth", "in", which).execute(); // prettier-ignore
    }
    return waiting.length === READ_MAX;
  });
}

/** Which notifications are read. */
export interface NotificationQuery {
  /** Those behind this number. */
  readonly after: number;
  readonly limit: number;
  /** Empty: every kind. */
  readonly kinds: readonly NotificationKind[];
  /** Those for this webhook alone too. */
  readonly webhook?: string;
}

/** Numbered ones in order, and how far the read went: those beyond `limit`, and the newest number where there was less. */
export async function readNotifications(
  queries: Queries,
  { after, limit, kinds, webhook }: NotificationQuery,
): Promise<{ readonly items: readonly Notification[]; readonly upTo: number }> {
  const { seq: newest } = await queries.selectFrom("notification_number").select("seq").executeTakeFirstOrThrow();
  let query = queries.selectFrom("notification").selectAll().where("seq", ">", after).where("seq", "<=", newest).orderBy("seq").limit(limit);
  query = webhook === undefined ? query.where("webhook", "is", null) : query.where((where) => where.or([where("webhook", "is", null), where("webhook", "=", webhook)])); // prettier-ignore
  if (kinds.length > 0) query = query.where("kind", "in", [...kinds, "webhook.test"]);
  const rows = await query.execute();
  const items = rows.map(({ id, seq, at, kind, person, body, webhook: only }) => ({
    id,
    seq: seq!,
    at,
    kind: kind as NotificationKind,
    person,
    body: JSON.parse(body) as Notification["body"],
    ...(only === null ? {} : { webhook: only }),
  }));
  return { items, upTo: items.length === limit ? items.at(-1)!.seq : Math.max(newest, after) };
}

/** The newest number, and the newest that is no longer kept: whoever stands before that has missed something for good. */
export const notificationRange = (queries: Queries): Promise<{ readonly seq: number; readonly gone: number }> =>
  queries.selectFrom("notification_number").select(["seq", "gone"]).executeTakeFirstOrThrow();

/** Notifications are kept for 30 days. */
export const NOTIFICATION_LIFE_S = 30 * 86_400;

/** Lets go of what is older, the oldest first: what stands before the first that is young enough. */
export async function pruneNotifications(database: Pick<CloudDatabase, "transact">, now: number): Promise<void> {
  await database.transact(async (all) => {
    const numbered = all.selectFrom("notification").select("seq").where("seq", "is not", null).limit(1);
    const young = await numbered
      .where("at", ">=", now - NOTIFICATION_LIFE_S)
      .orderBy("seq")
      .executeTakeFirst();
    const last = young ?? (await numbered.orderBy("seq", "desc").executeTakeFirst());
    if (last === undefined) return;
    const gone = young === undefined ? last.seq! : young.seq! - 1;
    await all.updateTable("notification_number").set({ gone }).where("gone", "<", gone).execute();
    await all.deleteFrom("notification").where("seq", "<=", gone).execute();
  });
}
