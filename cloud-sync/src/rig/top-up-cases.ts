import type { RouteName } from "../api/routes.ts";
import { apiCampus, type ApiCampus } from "./api-campus.ts";
import { answered, type ApiRig, apiRig, imageOf, type RigImage } from "./api-rig.ts";
import { type CaseWorld, type RouteCase, UNKNOWN, WHY } from "./case-world.ts";
import { funded, OFFICE } from "./wallet-cases.ts";

/** The till of the rig's provider. */
export const SANDBOX = "provider/sandbox";
export const BEGIN = { id: "phone-0001", amountFen: 5_000, provider: "sandbox", text: "" };
type Begin = typeof BEGIN;

/** A wallet with something in it, and a provider beside the cash desk. */
export async function withProvider(world: Pick<CaseWorld, "client" | "person">): Promise<void> {
  await funded(world);
  await answered(world.client.ask("PUT /v1/tills/{id}", { params: { id: SANDBOX }, body: { names: { zh: "沙盒", en: "Sandbox" }, terminals: [] } }));
}

/** Opens a campus {@link withProvider}: it is set up once, and each test begins from a copy. */
export function providerCampus(): () => Promise<{ readonly rig: ApiRig; readonly campus: ApiCampus }> {
  let set: { readonly image: RigImage; readonly campus: ApiCampus } | undefined;
  return async () => {
    const rig = await apiRig(undefined, set?.image);
    if (set === undefined) {
      const campus = await apiCampus(rig.backend.client);
      await withProvider({ client: rig.backend.client, person: campus.person });
      set = { image: await imageOf(rig), campus };
    }
    return { rig, campus: set.campus };
  };
}

/** A top-up that waits to be paid. @returns its id */
export async function begun(world: Pick<CaseWorld, "client" | "person">, more: Partial<Begin> = {}): Promise<string> {
  await withProvider(world);
  const { id } = await answered(world.client.ask("POST /v1/wallets/{id}/provider-top-ups", { params: { id: world.person }, body: { ...BEGIN, ...more } }));
  return id;
}

/** Less was paid than was asked for: somebody has to decide. */
export async function inReview(world: Pick<CaseWorld, "client" | "person" | "provider">, more: Partial<Begin> = {}): Promise<string> {
  const id = await begun(world, more);
  const { pay } = await answered(world.client.ask("GET /v1/top-ups/{id}", { params: { id } }));
  world.provider.settle(pay!["ref"]!, "paid-less");
  await answered(world.client.ask("POST /v1/top-ups/{id}/look", { params: { id } }));
  return id;
}

const beginning = (more: Partial<Record<keyof Begin, unknown>>, also: (world: CaseWorld) => Promise<unknown> = withProvider) => ({
  parts: async (world: CaseWorld) => {
    await also(world);
    return { params: { id: world.person }, body: { ...BEGIN, ...more } as Begin };
  },
});
const closing = ({ client, person }: CaseWorld) => client.ask("POST /v1/wallets/{id}/close", { params: { id: person }, body: { id: "closing-1", till: OFFICE, text: "" } }, WHY); // prettier-ignore
const ended = ({ client }: CaseWorld) => client.ask("POST /v1/tills/{id}/end", { params: { id: SANDBOX } }, WHY);
const of = (make: (world: CaseWorld) => Promise<string>) => ({ parts: async (world: CaseWorld) => ({ params: { id: await make(world) } }) });
const deciding = (make: (world: CaseWorld) => Promise<string>, behind: (world: CaseWorld) => Promise<unknown> = async () => {}) => ({
  parts: async (world: CaseWorld) => {
    const id = await make(world);
    await behind(world);
    return { params: { id }, body: { act: "credit" as const } };
  },
  also: WHY,
});
const none = async () => "none-0001";
/** The desk takes in so much that what the provider took in does not fit any more. */
const filled = ({ client, person }: CaseWorld) =>
  answered(client.ask("POST /v1/wallets/{id}/top-ups", { params: { id: person }, body: { id: "fill-0001", amountFen: 490_500, till: OFFICE, text: "" } }));

/** What was paid goes back: the provider is asked next. */
async function returning(world: CaseWorld): Promise<void> {
  const id = await inReview(world);
  await answered(world.client.ask("POST /v1/top-ups/{id}/decide", { params: { id }, body: { act: "return" } }, WHY));
}
/** The provider does not hand it back. @returns the refund */
async function refusedRefund(world: CaseWorld): Promise<string> {
  world.provider.refusesRefunds = true;
  await returning(world);
  await world.lookDue();
  return `${BEGIN.id}:returned`;
}
const refundOf = (make: (world: CaseWorld) => Promise<string>, also?: typeof WHY) => ({
  parts: async (world: CaseWorld) => ({ params: { id: await make(world) } }),
  ...(also && { also }),
});
const payingOut = (make: (world: CaseWorld) => Promise<string>, also?: typeof WHY, till: string = OFFICE) => ({
  parts: async (world: CaseWorld) => ({ params: { id: await make(world) }, body: { till } }),
  ...(also && { also }),
});

/** Of the routes of top-ups that a provider takes in. */
export const TOP_UP_CASES = {
  "POST /v1/wallets/{id}/provider-top-ups": {
    good: beginning({}),
    refused: {
      AmountNotANumber: beginning({ amountFen: "5000" }),
      AmountNotWhole: beginning({ amountFen: 0.5 }),
      AmountNotPositive: beginning({ amountFen: 0 }),
      AmountOverLimit: beginning({ amountFen: 10_000_001 }),
      ProviderUnknown: beginning({ provider: "none" }),
      PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: BEGIN }) },
      MovementIdTaken: beginning({ amountFen: 5_001 }, (world) => begun(world)),
      TillUnknown: beginning({}, (world) => funded(world)),
      TillEnded: beginning({}, async (world) => (await withProvider(world), await ended(world))),
      WalletClosed: beginning({}, async (world) => (await withProvider(world), await closing(world))),
      BalanceOverLimit: beginning({ id: "phone-0002", amountFen: 490_001 }, (world) => begun(world)),
    },
  },
  "GET /v1/top-ups": {
    good: { parts: async (world) => (await begun(world), { query: { state: "pending", person: world.person } }) },
    refused: { PersonUnknown: { parts: () => ({ query: { person: UNKNOWN } }) } },
  },
  "GET /v1/top-ups/{id}": { good: of(begun), refused: { TopUpUnknown: of(none) } },
  "POST /v1/top-ups/{id}/look": { good: of(begun), refused: { TopUpUnknown: of(none) } },
  "POST /v1/top-ups/{id}/decide": {
    good: deciding(inReview),
    refused: {
      TopUpUnknown: deciding(none),
      TopUpNotInReview: deciding(begun),
      BalanceOverLimit: deciding(inReview, filled),
      WalletClosed: deciding(inReview, closing),
      TillEnded: deciding(inReview, ended),
      ReasonRequired: { parts: async (world) => ({ params: { id: await inReview(world) }, body: { act: "return" } }) },
    },
  },
  "POST /v1/provider-refunds/{id}/retry": {
    good: refundOf(refusedRefund, WHY),
    refused: {
      HandBackUnknown: refundOf(none, WHY),
      HandBackNotRefused: refundOf(async (world) => (await returning(world), `${BEGIN.id}:returned`), WHY),
      ReasonRequired: refundOf(refusedRefund),
    },
  },
  "POST /v1/provider-refunds/{id}/pay-out": {
    good: payingOut(refusedRefund, WHY),
    refused: {
      HandBackUnknown: payingOut(none, WHY),
      HandBackNotRefused: payingOut(async (world) => (await returning(world), `${BEGIN.id}:returned`), WHY),
      TillUnknown: payingOut(refusedRefund, WHY, "cashDesk/none"),
      TillNotForThis: payingOut(refusedRefund, WHY, SANDBOX),
      TillEnded: payingOut(async (world) => {
        const id = await refusedRefund(world);
        await answered(world.client.ask("POST /v1/tills/{id}/end", { params: { id: OFFICE } }, WHY));
        return id;
      }, WHY),
      ReasonRequired: payingOut(refusedRefund),
    },
  },
  "GET /v1/provider-refunds": { good: { parts: async (world) => (await withProvider(world), { query: { state: "failed" } }) }, refused: {} },
} as const satisfies {
  readonly [R in Extract<RouteName, `${string}top-ups/{id}${string}` | `${string}/provider-${string}` | "GET /v1/top-ups">]: RouteCase<R>;
};
