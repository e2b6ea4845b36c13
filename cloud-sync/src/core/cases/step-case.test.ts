import fc from "fast-check";
import { expect, test } from "vitest";
import { CASE_DEMANDS, type CaseTransition, type CaseType, type CaseWindow } from "./case-type.ts";
import { CASE_STEP_REFUSALS, type CaseFacts, closesAt, openTransitions, stateAt, stepCase } from "./step-case.ts";

const DAY_S = 86_400;
const names = (text: string) => ({ zh: text, en: text });
const week: CaseWindow = { id: "week", rule: "6.9", from: { of: "completion", offsetS: 0 }, until: { of: "completion", offsetS: 7 * DAY_S } };
const way = (change: Partial<CaseTransition> & Pick<CaseTransition, "id" | "from" | "to">): CaseTransition => ({
  names: names(change.id),
  rule: "6.1",
  by: ["desk"],
  window: null,
  demands: [],
  approvals: 1,
  newRound: false,
  completes: false,
  corrects: false,
  messages: [],
  effects: [],
  ...change,
});
const typeOf = (transitions: readonly CaseTransition[], closing: CaseType["closing"] = null, states = ["a", "b", "c", "over"]): CaseType => ({
  id: "t",
  names: names("t"),
  prefix: "T",
  rules: ["6.1"],
  service: "repairs",
  categories: ["水"],
  opening: { by: ["reporter"], messages: [] },
  start: "a",
  states: states.map((id) => ({ id, names: names(id), isOver: id === "over" })),
  transitions,
  closing,
  form: [],
  messages: [],
  attachments: { countMax: 0, bytesMax: 1, types: [] },
  beaconAreas: [],
  faults: null,
});
const repair = typeOf(
  [
    way({ id: "dispatch", from: ["a"], to: "b", demands: ["team"] }),
    way({ id: "done", from: ["b"], to: "c", completes: true }),
    way({ id: "reject", from: ["c"], to: "a", by: ["reporter"], window: week, demands: ["text"], newRound: true, rule: "6.9" }),
  ],
  { from: ["c"], to: "over", behind: week },
);
const facts = (change: Partial<CaseFacts> = {}): CaseFacts => ({ state: "a", round: 1, openedAt: 1_000, completedAt: null, votes: [], ...change });
const ask = (
  transition: string,
  roles: readonly string[],
  at: number,
  brings: readonly ("text" | "team" | "rating")[] = ["text", "team", "rating"],
  actor = "li",
) => ({
  transition,
  roles: new Set(roles),
  brings: new Set(brings),
  at,
  actor,
});

test("rule 6.9: a finished case may be rejected for 7 days to the second and begins another round; afterwards the refusal names the rule", () => {
  const done = facts({ state: "c", completedAt: 5_000 });
  const reject = (at: number) => stepCase(repair, done, ask("reject", ["reporter"], at));
  expect(reject(5_000 + 7 * DAY_S - 1)).toMatchObject({ ok: true, value: { next: { state: "a", round: 2, completedAt: null } } });
  expect(reject(5_000 + 7 * DAY_S)).toEqual({ ok: false, error: "CaseWindowOver", detail: "reject in state over", rule: "6.9" });
});

test("what may be done now is told once, by the way that leads from here, where several ways have one name", () => {
  const two = typeOf([way({ id: "go", from: ["a"], to: "b" }), way({ id: "go", from: ["b"], to: null })]);
  const open = (state: string) => openTransitions(two, facts({ state }), new Set(["desk"]), "li", 2_000).map(({ to }) => to);
  expect([open("a"), open("b"), open("c")]).toEqual([["b"], [null], []]);
});

test("rule 6.10: a case is closed on reading from the second on in which its time is over, though nobody was there; before it is not", () => {
  const done = facts({ state: "c", completedAt: 5_000 });
  expect([5_000, 5_000 + 7 * DAY_S - 1, 5_000 + 7 * DAY_S].map((at) => stateAt(repair, done, at))).toEqual(["c", "c", "over"]);
  expect([closesAt(repair, done), closesAt(repair, facts())]).toEqual([5_000 + 7 * DAY_S, undefined]);
});

test("each refusal comes before those that stand behind it: one thing is spoilt at a time", () => {
  const two = typeOf([way({ id: "go", from: ["a"], to: "b", window: week, demands: ["text"], approvals: 2 })]);
  const good = facts({ completedAt: 900 });
  const voted = { ...good, votes: [{ transition: "go", actor: "li" }] };
  const spoilt = [
    stepCase(two, voted, ask("run", ["desk"], 1_000)),
    stepCase(two, { ...voted, state: "b", completedAt: 1 }, ask("go", ["reporter"], 9e8, [])),
    stepCase(two, { ...voted, completedAt: 1 }, ask("go", ["desk"], 9e8, [])),
    stepCase(two, { ...voted, state: "b" }, ask("go", ["desk"], 1_000, [])),
    stepCase(two, voted, ask("go", ["desk"], 1_000, [])),
    stepCase(two, voted, ask("go", ["desk"], 1_000)),
  ];
  expect(spoilt.map((verdict) => (verdict.ok ? "" : verdict.error))).toEqual([...CASE_STEP_REFUSALS]);
  expect(stepCase(two, good, ask("go", ["desk"], 1_000))).toMatchObject({
    ok: true,
    value: { isVote: true, next: { state: "a", votes: [{ transition: "go", actor: "li" }] } },
  });
  expect(stepCase(two, voted, ask("go", ["desk"], 1_000, ["text"], "wang"))).toMatchObject({
    ok: true,
    value: { isVote: false, next: { state: "b", votes: [] } },
  });
});

/** Any table at all over four states. */
const anyType = fc
  .array(
    fc.record({
      id: fc.constantFrom("go", "back", "end", "say"),
      from: fc.subarray(["a", "b", "c"], { minLength: 1 }),
      to: fc.constantFrom("a", "b", "c", "over", null),
      by: fc.subarray(["reporter", "team", "desk"] as const, { minLength: 1 }),
      isInWeek: fc.boolean(),
      demands: fc.subarray([...CASE_DEMANDS], { maxLength: 1 }),
      approvals: fc.integer({ min: 1, max: 3 }),
      newRound: fc.boolean(),
      completes: fc.boolean(),
    }),
    { minLength: 4, maxLength: 10, size: "max" },
  )
  .chain((rows) =>
    fc.boolean().map((closes) => {
      // As the file is judged: one way of a name from each state, and several have to ask for a way to another state alone.
      const ways = rows.filter(({ id, from }, nth) => !rows.slice(0, nth).some((other) => other.id === id && other.from.some((state) => from.includes(state))));
      const table = ways.map(({ isInWeek, to, approvals, ...rest }) =>
        way({ ...rest, to, approvals: to === null ? 1 : approvals, window: isInWeek ? week : null }),
      );
      return typeOf(table, closes ? { from: ["c"], to: "over", behind: week } : null);
    }),
  );
const anyAsk = fc.record({
  transition: fc.constantFrom("go", "back", "end", "say", "run"),
  roles: fc.subarray(["reporter", "team", "desk"], { minLength: 1 }).map((roles) => new Set(roles)),
  brings: fc.subarray([...CASE_DEMANDS], { minLength: 2 }).map((brings) => new Set(brings)),
  actor: fc.constantFrom("li", "wang", "zhao"),
  waitS: fc.constantFrom(0, 1, 3 * DAY_S, 7 * DAY_S - 1, 7 * DAY_S),
});

test("transitions only as the table says: of any table, any history is a walk along its arrows, and whatever the table allows is allowed", () => {
  let [taken, votes, closed] = [0, 0, 0];
  fc.assert(
    fc.property(anyType, fc.array(anyAsk, { minLength: 20, maxLength: 40 }), (type, asks) => {
      let now = 10_000;
      let at: CaseFacts = facts({ openedAt: now });
      for (const { waitS, ...rest } of asks) {
        now += waitS;
        const before = at;
        const state =
          before.state === "c" && type.closing !== null && before.completedAt !== null && now >= before.completedAt + 7 * DAY_S ? "over" : before.state;
        if (state !== before.state) closed++;
        const verdict = stepCase(type, before, { ...rest, at: now });
        const row = type.transitions.find(({ id, from }) => id === rest.transition && from.includes(state));
        const inTime =
          row === undefined || row.window === null || (before.completedAt !== null && now >= before.completedAt && now < before.completedAt + 7 * DAY_S);
        const hasVoted = before.votes.some(({ transition, actor }) => transition === rest.transition && actor === rest.actor);
        const may =
          row !== undefined && inTime && row.by.some((role) => rest.roles.has(role)) && row.demands.every((demand) => rest.brings.has(demand)) && !(row.approvals > 1 && hasVoted); // prettier-ignore
        expect(verdict.ok).toBe(may);
        expect(openTransitions(type, before, rest.roles, rest.actor, now).includes(row!)).toBe(row !== undefined && inTime && row.by.some((role) => rest.roles.has(role)) && !(row.approvals > 1 && hasVoted)); // prettier-ignore
        if (!verdict.ok) continue;
        const { next, isVote } = verdict.value;
        const asked = before.votes.filter(({ transition }) => transition === rest.transition).length + 1;
        expect(isVote).toBe(asked < row!.approvals);
        expect(next.state).toBe(isVote ? state : (row!.to ?? state));
        expect(next.round - before.round).toBe(!isVote && row!.newRound ? 1 : 0);
        if (isVote) votes++;
        else taken++;
        at = { ...before, ...next };
      }
    }),
    { numRuns: 400 },
  );
  expect(taken).toBeGreaterThan(500);
  expect(votes).toBeGreaterThan(100);
  expect(closed).toBeGreaterThan(10);
});
