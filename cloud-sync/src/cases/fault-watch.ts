import { type Clock, ok } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { CaseType } from "../core/cases/case-type.ts";
import { isOverAt } from "../core/cases/step-case.ts";
import { EvenLooks } from "../even-looks.ts";
import { type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { type Notification, notificationRange, readNotifications } from "../notifications/notification.ts";
import { type CaseLaw, factsOf, readCase, typeOfCase } from "./case-row.ts";
import { type Fault, FAULT_KINDS, FAULT_WORDS, faultKey } from "./fault.ts";
import { BARE, moveWithin } from "./move-case.ts";
import { openWithin } from "./open-case.ts";

export interface FaultWatchNeeds {
  readonly cloud: Cloud;
  readonly law: CaseLaw;
  readonly clock: Pick<Clock, "after">;
  /** Something was opened or moved: messages and notifications wait. */
  readonly onMoved: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked. */
export const FAULT_LOOK_MS = 2_000;
/** Notifications in one transaction: others have their turn between two. */
const AT_ONCE = 50;
const NOTE: ChangeNote = { actor: "faults", action: "case open", target: "", reason: "" };

/**
 * Opens a case for each fault of a device while it lasts, and notes its end (rule 6.11). It reads what callers are told, behind the intake of events and out of
 * its way: where it stopped it goes on, and what several instances see is done by one.
 */
export class FaultWatch {
  readonly #needs: FaultWatchNeeds;
  readonly #looks: EvenLooks;

  constructor(needs: FaultWatchNeeds) {
    this.#needs = needs;
    const { clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: FAULT_LOOK_MS, look: () => this.look(), onFailure });
  }

  /** Looks through everything that was told since. */
  async look(): Promise<void> {
    if (!(await this.#isBehind())) return;
    while (!this.#looks.isClosed && (await this.#lookOn())) await this.#looks.pause(0);
  }

  close(): Promise<void> {
    return this.#looks.close();
  }

  async #isBehind(): Promise<boolean> {
    const { queries } = this.#needs.cloud.database;
    const mark = await queries.selectFrom("case_fault_mark").select("seq").executeTakeFirstOrThrow();
    return (await notificationRange(queries)).seq > mark.seq;
  }

  /** @returns whether there may be more */
  async #lookOn(): Promise<boolean> {
    const { cloud, onMoved } = this.#needs;
    const { queries } = cloud.database;
    const { seq } = await queries.selectFrom("case_fault_mark").select("seq").executeTakeFirstOrThrow();
    const { items, upTo } = await readNotifications(queries, { after: seq, limit: AT_ONCE, kinds: FAULT_KINDS });
    const told = items.filter(({ kind }) => FAULT_WORDS[kind] !== undefined);
    if (told.length === 0) {
      await queries.updateTable("case_fault_mark").set({ seq: upTo }).where("seq", "=", seq).execute();
      return false;
    }
    const made = await mutate(cloud, { ...NOTE, target: `notifications up to ${upTo}` }, async (mutation) => {
      const moved = await mutation.queries.updateTable("case_fault_mark").set({ seq: upTo }).where("seq", "=", seq).executeTakeFirstOrThrow();
      // Another instance was quicker: it has done all of this.
      if (moved.numUpdatedRows === 0n) return ok(null);
      for (const each of told) await this.#take(mutation, each);
      return ok(null);
    });
    if (!made.ok) return false;
    onMoved();
    return items.length === AT_ONCE;
  }

  async #take(mutation: Mutation, told: Notification): Promise<void> {
    const { begins, ends } = FAULT_WORDS[told.kind]!;
    for (const fault of ends) await this.#end(mutation, fault, told);
    if (begins === null) return;
    for (const type of this.#needs.law.types) {
      const category = type.faults?.opens[begins];
      if (category !== undefined) return this.#begin(mutation, begins, type, category, told);
    }
  }

  async #begin(mutation: Mutation, fault: Fault, type: CaseType, category: string, told: Notification): Promise<void> {
    const { cloud, law } = this.#needs;
    const key = keyOf(fault, told);
    const lasting = await mutation.queries.selectFrom("case_fault").select("campus_case").where("fault", "=", key).executeTakeFirst();
    // What somebody has finished and is there again is another fault.
    if (lasting !== undefined && !(await this.#isOver(mutation, lasting.campus_case))) return;
    const { controller, source, textZh, text } = wordsOf(told);
    const description = [`${NAMES[fault].zh} / ${NAMES[fault].en}`, textZh, text].filter((line) => line !== "").join("\n");
    const place = { area: null, text: source === "" ? controller : `${source} (${controller})` };
    const opened = await openWithin(cloud, mutation, NOTE, law, type, {
      category,
      description,
      place,
      beacons: null,
      form: {},
      reporter: null,
      role: "system",
    });
    if (!opened.ok) throw new Error(`a fault could not open a case of ${type.id}: ${opened.error} ${opened.detail}`);
    const row = { fault: key, campus_case: opened.value.row.id };
    await mutation.queries
      .insertInto("case_fault")
      .values(row)
      .onConflict((conflict) => conflict.column("fault").doUpdateSet(row))
      .execute();
  }

  async #isOver({ queries, now }: Mutation, id: string): Promise<boolean> {
    const kept = await readCase(queries, id);
    return kept === undefined || isOverAt(typeOfCase(this.#needs.law, kept.row), factsOf(kept.row), now);
  }

  async #end(mutation: Mutation, fault: Fault, told: Notification): Promise<void> {
    const { cloud, law } = this.#needs;
    const key = keyOf(fault, told);
    const lasting = await mutation.queries.selectFrom("case_fault").select("campus_case").where("fault", "=", key).executeTakeFirst();
    if (lasting === undefined) return;
    await mutation.queries.deleteFrom("case_fault").where("fault", "=", key).execute();
    const { textZh, text } = wordsOf(told);
    const said = [textZh, text].filter((line) => line !== "").join("\n");
    for (const transition of new Set(law.types.flatMap(({ faults }) => faults?.over ?? []))) {
      const move = { ...BARE, transition, text: said, rolesIn: () => new Set(["system"]), actor: NOTE.actor };
      const moved = await moveWithin(cloud, mutation, NOTE, law, lasting.campus_case, move);
      if (moved.ok) return;
    }
    // Somebody has finished it already: what is over needs no word more.
  }
}

/** What is one fault while it lasts. Of a door or a controller one part is enough. */
function keyOf(fault: Fault, told: Notification): string {
  const { controller, source, part } = wordsOf(told);
  return faultKey(fault, controller, source, part);
}

function wordsOf({ body }: Notification): Record<"controller" | "source" | "part" | "text" | "textZh", string> {
  const word = (name: string): string => (typeof body[name] === "string" ? body[name] : "");
  // Money lies with a provider, and is one refund.
  const [controller, source] = word("refund") === "" ? [word("controller"), word("source")] : [`provider/${word("provider")}`, word("refund")];
  return { controller, source, part: word("part"), text: word("text"), textZh: word("textZh") };
}

/** What is wrong, for people. */
const NAMES: Readonly<Record<Fault, { readonly zh: string; readonly en: string }>> = {
  "door-forced-open": { zh: "门被强行打开", en: "A door was forced" },
  "door-open-too-long": { zh: "门长时间未关", en: "A door is held open" },
  "door-fault": { zh: "门故障", en: "A door cannot act" },
  "lane-alarm": { zh: "闸机报警", en: "A turnstile is in alarm" },
  "device-offline": { zh: "设备离线", en: "A device does not answer" },
  health: { zh: "设备需要检查", en: "A device wants to be looked at" },
  "controller-silent": { zh: "控制器失联", en: "A controller is silent" },
  "printer-fault": { zh: "打印机故障", en: "A printer does not print" },
  "print-review": { zh: "打印作业卡住", en: "A print job was jammed" },
  "hand-back-failed": { zh: "退款未到账", en: "Money does not go back to its payer" },
};
