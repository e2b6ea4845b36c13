import { type Random } from "@portico/card-protocol";
import type { PersonPlan } from "../campus/drawn-people.ts";

const STUDENT = ["campus", "library"];
const STAFF = ["campus", "library"];
/** How many come beside those who each stand for something. */
const DRAWN = 40;

/** Somebody with a part, and what it is. */
export interface KnownPerson extends PersonPlan {
  readonly is: string;
}

/** Each stands for something that a backend meets, with what it is. Sponsors stand before their family. */
export const KNOWN_PEOPLE: readonly KnownPerson[] = [
  { id: "zhao", name: "赵敏", audience: "staff", profiles: STAFF, flags: ["emergency"], phone: {}, card: {}, is: "staff, emergency group" },
  { id: "wu", name: "吴刚", audience: "staff", profiles: STAFF, phone: {}, card: {}, is: "staff" },
  { id: "zhang", name: "张伟", profiles: STUDENT, phone: {}, is: "student with a phone" },
  { id: "li", name: "李娜", profiles: STUDENT, phone: {}, card: {}, is: "student with phone and card" },
  { id: "wang", name: "王芳", profiles: STUDENT, card: {}, is: "student with a card alone" },
  { id: "tang", name: "唐静", profiles: ["first-lane"], phone: {}, is: "student who may use one lane" },
  { id: "qian", name: "钱进", profiles: ["campus", "library-closed"], phone: {}, is: "student whose time for the library never comes" },
  { id: "xu", name: "徐磊", profiles: STUDENT, phone: { suspension: "Frozen" }, is: "student, phone frozen" },
  { id: "sun", name: "孙丽", profiles: STUDENT, phone: {}, card: { suspension: "CredentialLost" }, is: "student, card lost" },
  { id: "zhaojun", name: "赵军", audience: "family", sponsor: "zhao", profiles: ["campus"], phone: {}, card: {}, is: "family of zhao" },
  { id: "lihua", name: "李华", audience: "family", sponsor: "li", profiles: ["campus"], phone: {}, is: "family of li" },
  { id: "zhou", name: "周杰", audience: "visitor", profiles: ["campus"], flags: ["visitor"], wallet: true, is: "visitor with issued passes" },
  { id: "ma", name: "马超", audience: "visitor", profiles: [], flags: ["visitor"], wallet: true, is: "visitor without a grant" },
];

const SURNAMES = ["陈", "林", "黄", "郑", "何", "高", "罗", "宋", "谢", "韩", "冯", "邓", "曹", "彭", "曾", "萧"] as const;
const GIVEN = ["晨", "雨桐", "子轩", "梓涵", "浩然", "欣怡", "思远", "佳琪", "宇航", "若曦", "明", "婷", "建国", "雪", "文博", "诗涵"] as const;
/** Nobody is called: numbers of a sandbox reach the stand-in of WeChat alone. */
const PHONE_PREFIX = "+861900000";

/** Everybody of a sandbox: those with a part, then as many as make lists long enough for pages. The same chance gives the same people. */
export function sandboxPeople(random: Random): PersonPlan[] {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const known: readonly PersonPlan[] = KNOWN_PEOPLE;
  const sponsors = known.filter(({ audience = "student" }) => audience === "staff" || audience === "student").map(({ id }) => id);
  const drawn = Array.from({ length: DRAWN }, (_, nth): PersonPlan => {
    const [id, name, drawnAudience] = [`p${String(nth + 1).padStart(3, "0")}`, pick(SURNAMES) + pick(GIVEN), random()];
    if (drawnAudience < 0.2) return { id, name, audience: "staff", profiles: STAFF, phone: {}, card: {} };
    if (drawnAudience < 0.75) return { id, name, profiles: STUDENT, phone: {}, ...(random() < 0.5 ? { card: {} } : {}) };
    if (drawnAudience < 0.9) return { id, name, audience: "family", sponsor: pick(sponsors), profiles: ["campus"], phone: {} };
    return { id, name, audience: "visitor", profiles: ["campus"], flags: ["visitor"], wallet: true };
  });
  return [...known, ...drawn].map((plan, nth) => ({ ...plan, phoneNumber: PHONE_PREFIX + String(nth + 1).padStart(4, "0") }));
}
