import { type Enforcer, newEnforcer, newModelFromString } from "casbin";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import { credentialOf, GATE, PEOPLE, policies, PROFILES, profileOf, SITE } from "../campus.ts";
import { withGate } from "../gate.ts";
import { type Goal, median, pairedMediansUs } from "../goal.ts";
import { PassQueue } from "../queue.ts";

const ROUNDS = 1_000;
const WARM_UP_ROUNDS = 1_000;

/** Roles as casbin's manual has them; what tells most lines apart is compared first, and roles are looked up last. */
const MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && g(r.sub, p.sub)
`;

/**
 * The same people, access points and access profiles, decided by what a team would put together otherwise: a signed token by jose and a policy by casbin, both
 * in memory, with the key imported and by the faster of casbin's two calls. Theirs records nothing and takes a token a second time; ours does all of it.
 */
export const AGAINST_JOSE_CASBIN: Goal = {
  name: "decision-against-jose-casbin",
  what: `the decision, recorded and spent, against a jose ES256 token and a casbin policy of the same ${PEOPLE.toLocaleString("en")} people and doors, which records nothing`,
  unit: "×",
  goal: 0.2,
  measure: (note) =>
    withGate(PEOPLE, async (gate) => {
      const queue = new PassQueue(gate, PEOPLE);
      const { privateKey, publicKey } = await generateKeyPair("ES256");
      const wholeCampus = await enforcerOf(policies());
      const gateAlone = await enforcerOf(policies().filter(({ accessPoint }) => accessPoint === GATE));
      const at: Record<"token" | "policy", number[]> = { token: [], policy: [] };
      let start = 0;
      let tokens: string[] = [];

      async function theirs(round: number): Promise<void> {
        const begun = performance.now();
        const { payload } = await jwtVerify(tokens[round - start]!, publicKey, { algorithms: ["ES256"], issuer: SITE, audience: GATE });
        const verified = performance.now();
        if (!wholeCampus.enforceSync(payload.sub, GATE, "pass")) throw new Error("casbin refuses a genuine credential");
        at.token.push((verified - begun) * 1_000);
        at.policy.push((performance.now() - verified) * 1_000);
      }

      const [ours, whole, awaited, small] = await pairedMediansUs({
        rounds: ROUNDS,
        warmUpRounds: WARM_UP_ROUNDS,
        prepare: async (first, rounds) => {
          queue.prepare(first, rounds);
          start = first;
          tokens = await Promise.all(Array.from({ length: rounds }, (_, nth) => tokenOf(credentialOf(queue.personOf(first + nth)), privateKey)));
        },
        work: [
          (round) => queue.scan(round),
          theirs,
          async (round) => void (await wholeCampus.enforce(credentialOf(queue.personOf(round)), GATE, "pass")),
          (round) => void gateAlone.enforceSync(credentialOf(queue.personOf(round)), GATE, "pass"),
        ],
      });
      note(
        `${ours!.toFixed(1)} µs against ${whole!.toFixed(1)} µs: token ${median(at.token).toFixed(1)}, policy of ${policies().length} lines ${median(at.policy).toFixed(1)}`,
      );
      note(`the policy by enforce, as its manual has it: ${awaited!.toFixed(1)} µs; with the gate's ${PROFILES} lines alone: ${small!.toFixed(1)} µs`);
      return ours! / whole!;
    }),
};

async function enforcerOf(lines: ReturnType<typeof policies>): Promise<Enforcer> {
  const enforcer = await newEnforcer(newModelFromString(MODEL));
  await enforcer.addPolicies(lines.map(({ accessProfile, accessPoint, capability }) => [accessProfile, accessPoint, capability]));
  await enforcer.addGroupingPolicies(Array.from({ length: PEOPLE }, (_, person) => [credentialOf(person), profileOf(person)]));
  return enforcer;
}

function tokenOf(credential: string, key: Parameters<SignJWT["sign"]>[0]): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "ES256" })
    .setSubject(credential)
    .setIssuer(SITE)
    .setAudience(GATE)
    .setIssuedAt()
    .setExpirationTime("30s")
    .sign(key);
}
