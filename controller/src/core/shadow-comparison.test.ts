import type { CredentialId } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareShadow, countShadow, type OldDecision, type OurDecision, remedyOf } from "./shadow-comparison.ts";

const WINDOW = { windowMs: 5_000, observed: new Set(["library"]) };
const ZHANG = "1".repeat(16) as CredentialId;
const LI = "2".repeat(16) as CredentialId;
let seq = 0;
const our = (atS: number, change: Partial<OurDecision> = {}): OurDecision => ({ seq: ++seq, atMs: atS * 1000, door: "library", accessPoint: "library-in", credential: ZHANG, denied: null, ...change }); // prettier-ignore
const REFUSED = { denied: { reason: "Unauthorized", detail: "no grant names library-in" } } as const;
const seen = (atS: number): OldDecision => ({ seq: ++seq, atMs: atS * 1000, door: "library", accessPoint: "", credential: null, granted: true, by: "input" });
const logged = (atS: number, granted: boolean, credential: CredentialId | null = ZHANG): OldDecision => ({ ...seen(atS), accessPoint: "library-in", credential, granted, by: "import" }); // prettier-ignore
const classes = (ours: readonly OurDecision[], old: readonly OldDecision[]): string[] => compareShadow(ours, old, WINDOW).map((each) => each.class);

test.each<[string, readonly OurDecision[], readonly OldDecision[], string[]]>([
  ["relay within the window behind our grant", [our(10)], [seen(12)], ["bothGranted"]],
  ["relay in front of our grant: its reader was faster", [our(10)], [seen(9)], ["bothGranted"]],
  ["relay too late is another's", [our(10)], [seen(16)], ["onlyOurs", "unseenByUs"]],
  ["no relay behind our grant", [our(10)], [], ["onlyOurs"]],
  ["no relay behind our refusal", [our(10, REFUSED)], [], ["bothDenied"]],
  ["relay behind our refusal", [our(10, REFUSED)], [seen(11)], ["onlyOld"]],
  ["relay alone", [], [seen(11)], ["unseenByUs"]],
  ["two people, one relay: the nearer one", [our(10), our(12, { credential: LI })], [seen(12.5)], ["onlyOurs", "bothGranted"]],
  ["shown again within the window is the same presentation", [our(10), our(13)], [seen(10)], ["bothGranted"]],
  ["shown again behind it is another", [our(10), our(16)], [seen(10)], ["bothGranted", "onlyOurs"]],
  ["log: both let in", [our(10)], [logged(11, true)], ["bothGranted"]],
  ["log: it refuses whom we would let in", [our(10)], [logged(11, false)], ["onlyOurs"]],
  ["log: both refuse", [our(10, REFUSED)], [logged(11, false)], ["bothDenied"]],
  ["log: it lets in whom we would refuse", [our(10, REFUSED)], [logged(11, true)], ["onlyOld"]],
  ["log: another's card is another's", [our(10)], [logged(11, true, LI)], ["unseenByOld", "unseenByUs"]],
  ["log: a card that nobody knows", [our(10, { ...REFUSED, credential: null })], [logged(10, false, null)], ["bothDenied"]],
  ["log in place of the relay, where there is one", [our(10)], [seen(10), logged(11, true)], ["bothGranted"]],
  ["relay outside the log's time", [our(10), our(100)], [logged(11, true), seen(101)], ["bothGranted", "bothGranted"]],
])("%s", (_, ours, old, expected) => {
  expect(classes(ours, old)).toEqual(expected);
});

test("where nothing shows what the old system does, nothing is said of it", () => {
  expect(compareShadow([our(10), our(20, REFUSED)], [], { ...WINDOW, observed: new Set() }).map((each) => each.class)).toEqual(["unseenByOld", "unseenByOld"]);
});

test("what differs has a remedy: that of the reason, and where to look", () => {
  const [onlyOld] = compareShadow([our(10, REFUSED)], [seen(11)], WINDOW);
  expect(remedyOf(onlyOld!).en).toMatch(/Ask the owner.*before this door is cut over/);
  expect(remedyOf(compareShadow([], [seen(11)], WINDOW)[0]!).zh).toContain("rex");
});

test("every decision stands in one comparison at most, and none of another person or reader is taken for it", () => {
  const at = fc.integer({ min: 0, max: 60 });
  const who = fc.constantFrom<CredentialId | null>(ZHANG, LI, null);
  const ours = fc.array(fc.record({ at, who, ok: fc.boolean() }), { maxLength: 12 });
  const old = fc.array(fc.record({ at, who, ok: fc.boolean(), isLogged: fc.boolean() }), { maxLength: 12 });
  fc.assert(
    fc.property(ours, old, (a, b) => {
      const mine = a.map(({ at: s, who: credential, ok }) => our(s, { credential, ...(ok && credential !== null ? {} : REFUSED) }));
      const theirs = b.map(({ at: s, who: credential, ok, isLogged }) => (isLogged ? logged(s, ok, credential) : seen(s)));
      const found = compareShadow(mine, theirs, WINDOW);
      const seqs = found.flatMap(({ ours: o, old: t }) => [o?.seq ?? [], t?.seq ?? []].flat());
      expect(new Set(seqs).size).toBe(seqs.length);
      for (const { ours: o, old: t } of found) {
        if (o === undefined || t === undefined) continue;
        expect(Math.abs(o.atMs - t.atMs)).toBeLessThanOrEqual(WINDOW.windowMs);
        if (t.by === "import") expect(t.credential).toBe(o.credential);
      }
      expect(Object.values(countShadow(found)).reduce((sum, each) => sum + each, 0)).toBe(found.length);
    }),
    { numRuns: 100 },
  );
});
