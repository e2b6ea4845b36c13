/** A case type of no campus: what no type of ours has is tried with it. */
export const TRIAL_CASE = JSON.stringify({
  id: "trial",
  names: { zh: "试用申请", en: "Trial" },
  prefix: "SY",
  rules: ["2.9"],
  service: "printing",
  categories: ["打印机"],
  opening: { by: ["reporter"] },
  start: "asked",
  states: [
    { id: "asked", names: { zh: "待审批", en: "Asked for" } },
    { id: "given", names: { zh: "已通过", en: "Given" } },
    { id: "ended", names: { zh: "已结束", en: "Ended" }, isOver: true },
  ],
  transitions: [
    {
      id: "approve",
      names: { zh: "同意", en: "Approve" },
      rule: "2.9",
      from: ["asked"],
      to: "given",
      by: ["desk"],
      approvals: 2,
      effects: [{ act: "grant", with: { accessProfile: "{profile}", until: "{until}" } }],
    },
    { id: "accept", names: { zh: "接受", en: "Accept" }, rule: "2.9", from: ["asked"], by: ["named:host"] },
    {
      id: "end",
      names: { zh: "结束", en: "End" },
      rule: "2.9",
      from: ["asked", "given"],
      to: "ended",
      by: ["desk", "reporter"],
      effects: [{ act: "grant.end" }],
    },
  ],
  form: [
    { id: "profile", names: { zh: "权限", en: "Profile" }, kind: "text" },
    { id: "host", names: { zh: "接待人", en: "Host" }, kind: "person", required: false },
    { id: "until", names: { zh: "有效期至", en: "Until" }, kind: "date", required: false },
  ],
});
