import type { EventRow } from "./event-field.ts";

/** What lifts say of their floors; a part of the table of events. */
export const LIFT_EVENT = {
  FloorsGranted: {
    severity: "notice",
    en: "Grant {grantedSeq} of {accessPoint} opens these floors: {floors}; named by a grant and not open: {refused}.",
    zh: "{accessPoint} 的放行记录 {grantedSeq} 开放楼层：{floors}；有权限但未开放：{refused}。",
    fields: { accessPoint: "source", grantedSeq: "u32", floors: "text", refused: "text" },
  },
  FloorChosen: {
    severity: "notice",
    en: "Somebody chose {floor} on grant {grantedSeq}.",
    zh: "有人凭放行记录 {grantedSeq} 选择了 {floor}。",
    fields: { floor: "source", grantedSeq: "u32" },
  },
} as const satisfies Record<string, EventRow>;
