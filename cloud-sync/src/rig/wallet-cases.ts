import type { RouteName } from "../api/routes.ts";
import { answered } from "./api-rig.ts";
import { type CaseWorld, type RouteCase, UNKNOWN, WHY } from "./case-world.ts";

export const CANTEEN = "merchant/north-canteen";
export const OFFICE = "cashDesk/office";
const ASKED = { id: "movement-1", amountFen: 1250, text: "" };
const names = { zh: "北食堂", en: "North canteen" };

/** A canteen and a cash desk, and so much in the wallet. */
export async function funded({ client, person }: Pick<CaseWorld, "client" | "person">, amountFen = 5_000): Promise<void> {
  for (const id of [CANTEEN, OFFICE]) await answered(client.ask("PUT /v1/tills/{id}", { params: { id }, body: { names, terminals: id === CANTEEN ? ["canteen-1"] : [] } })); // prettier-ignore
  await answered(client.ask("POST /v1/wallets/{id}/top-ups", { params: { id: person }, body: { ...ASKED, id: "first-top-up", amountFen, till: OFFICE } }));
}

interface Spoiled {
  readonly id?: string;
  readonly amountFen?: unknown;
  readonly till?: string;
}
interface WalletParts<M> {
  readonly params: { readonly id: string };
  readonly body: { readonly id: string; readonly amountFen: unknown; readonly till: string; readonly text: string } & M;
}
interface WalletAsk<M> {
  readonly parts: (world: CaseWorld) => Promise<WalletParts<M>>;
}
/** Requests at a till, each well formed but for one thing. */
const at = <M extends object>(till: string, more: M) => {
  const body = { ...ASKED, till, ...more };
  const behind = (act: (world: CaseWorld) => Promise<unknown>): WalletAsk<M> => ({
    parts: async (world) => {
      await funded(world);
      await act(world);
      return { params: { id: world.person }, body };
    },
  });
  return {
    spoiled: (spoil: Spoiled = {}, person?: string): WalletAsk<M> => ({
      parts: async (world) => {
        await funded(world);
        return { params: { id: person ?? world.person }, body: { ...body, ...spoil } };
      },
    }),
    closed: behind((world) => closed(world)),
    ended: behind(({ client }) => answered(client.ask("POST /v1/tills/{id}/end", { params: { id: till } }, WHY))),
  };
};
async function closed(world: CaseWorld): Promise<void> {
  await funded(world);
  await answered(world.client.ask("POST /v1/wallets/{id}/close", { params: { id: world.person }, body: { id: "closing-1", till: OFFICE, text: "" } }, WHY));
}
const amounts = <A>(spoiled: (spoil: Spoiled) => A) => ({
  AmountNotANumber: spoiled({ amountFen: "12" }),
  AmountNotWhole: spoiled({ amountFen: 12.5 }),
  AmountNotPositive: spoiled({ amountFen: -1 }),
  AmountOverLimit: spoiled({ amountFen: 10_000_001 }),
});
const ordered = <M extends object>(till: string, more: M) => {
  const { spoiled, closed: whenClosed, ended } = at(till, more);
  return {
    ...amounts(spoiled),
    PersonUnknown: spoiled({}, UNKNOWN),
    MovementIdTaken: spoiled({ id: "first-top-up" }),
    TillUnknown: spoiled({ till: `${till}-none` }),
    TillEnded: ended,
    TillNotForThis: spoiled({ till: till === OFFICE ? CANTEEN : OFFICE }),
    WalletClosed: whenClosed,
  };
};
async function held(world: CaseWorld): Promise<string> {
  await funded(world);
  await answered(
    world.client.ask("POST /v1/wallets/{id}/holds", { params: { id: world.person }, body: { ...ASKED, id: "hold-0001", till: CANTEEN, expiresAt: null } }),
  );
  return "hold-0001";
}
async function paid(world: CaseWorld): Promise<string> {
  await funded(world);
  await answered(world.client.ask("POST /v1/wallets/{id}/charges", { params: { id: world.person }, body: { ...ASKED, id: "charge-0001", till: CANTEEN } }));
  return "charge-0001";
}
/** More was printed than was held, and than may be owed: a person has to look. */
async function reviewed(world: CaseWorld): Promise<string> {
  const id = await held(world);
  await answered(world.client.ask("POST /v1/movements/{id}/post", { params: { id }, body: { ...ASKED, id: "post-0001", amountFen: 100_000 } }));
  return "post-0001";
}
const of = <B extends object>(make: (world: CaseWorld) => Promise<string>, body: B) => ({
  parts: async (world: CaseWorld) => ({ params: { id: await make(world) }, body }),
});
const none = <B extends object>(body: B) => of(async (world) => (await funded(world), "none-0001"), body);
const why = <A extends object>(ask: A) => ({ ...ask, also: WHY });
const TILL_CONTENT = { names, terminals: ["canteen-1"] };
const tilled = <M extends object>(more?: M) => ({ parts: async (world: CaseWorld) => (await funded(world), { params: { id: CANTEEN, ...(more as M) } }) });
const noTill = <M extends object>(more?: M) => ({ parts: () => ({ params: { id: "merchant/none", ...(more as M) } }) });

const POSTED = { ...ASKED, amountFen: 300 };
const VOIDED = { id: "void-0001", text: "" };
const REFUNDED = { id: "refund-0001", amountFen: null, text: "" };
const DECIDED = { id: "decision-1", payer: "campus", text: "" } as const;
const CLOSING = { id: "closing-2", till: OFFICE, text: "" };

/** Of the routes of wallets, tills and what nobody pays yet. */
export const WALLET_CASES = {
  "GET /v1/wallets/{id}": { good: { parts: async (world) => (await held(world), { params: { id: world.person } }) }, refused: { PersonUnknown: { parts: () => ({ params: { id: UNKNOWN } }) } } }, // prettier-ignore
  "GET /v1/wallets/{id}/statement": {
    good: { parts: async (world) => (await paid(world), { params: { id: world.person }, query: { limit: 1 } }) },
    refused: { PersonUnknown: { parts: () => ({ params: { id: UNKNOWN } }) } },
  },
  "POST /v1/wallets/{id}/top-ups": {
    good: at(OFFICE, {}).spoiled(),
    refused: { ...ordered(OFFICE, {}), BalanceOverLimit: at(OFFICE, {}).spoiled({ amountFen: 500_000 }) },
  },
  "POST /v1/wallets/{id}/charges": {
    good: at(CANTEEN, {}).spoiled(),
    refused: {
      ...ordered(CANTEEN, {}),
      InsufficientFunds: at(CANTEEN, {}).spoiled({ amountFen: 5_001 }),
      TimeAhead: at(CANTEEN, { happenedAt: "2026-09-02T00:00:00Z" }).spoiled(),
    },
  },
  "POST /v1/wallets/{id}/holds": {
    good: at(CANTEEN, { expiresAt: "2026-09-01T09:00:00Z" }).spoiled(),
    refused: {
      ...ordered(CANTEEN, { expiresAt: null }),
      InsufficientFunds: at(CANTEEN, { expiresAt: null }).spoiled({ amountFen: 5_001 }),
      HoldEndsBeforeItBegins: at(CANTEEN, { expiresAt: "2026-08-31T00:00:00Z" }).spoiled(),
    },
  },
  "POST /v1/wallets/{id}/close": {
    good: { parts: async (world) => (await paid(world), { params: { id: world.person }, body: CLOSING }), also: WHY },
    refused: {
      PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: CLOSING }), also: WHY },
      MovementIdTaken: { parts: async (world) => (await paid(world), { params: { id: world.person }, body: { ...CLOSING, id: "charge-0001" } }), also: WHY },
      TillUnknown: { parts: async (world) => (await paid(world), { params: { id: world.person }, body: { ...CLOSING, till: "cashDesk/none" } }), also: WHY },
      TillNotForThis: { parts: async (world) => (await paid(world), { params: { id: world.person }, body: { ...CLOSING, till: CANTEEN } }), also: WHY },
      TillEnded: {
        parts: async (world) => {
          await paid(world);
          await answered(world.client.ask("POST /v1/tills/{id}/end", { params: { id: OFFICE } }, WHY));
          return { params: { id: world.person }, body: CLOSING };
        },
        also: WHY,
      },
      WalletClosed: { parts: async (world) => (await closed(world), { params: { id: world.person }, body: CLOSING }), also: WHY },
      DebtOutstanding: {
        parts: async (world) => {
          await answered(
            world.client.ask("POST /v1/money-reviews/{id}/decide", { params: { id: await reviewed(world) }, body: { ...DECIDED, payer: "holder" } }, WHY),
          );
          return { params: { id: world.person }, body: CLOSING };
        },
        also: WHY,
      },
      HoldsOpen: { parts: async (world) => (await held(world), { params: { id: world.person }, body: CLOSING }), also: WHY },
      ReviewsOpen: { parts: async (world) => (await reviewed(world), { params: { id: world.person }, body: CLOSING }), also: WHY },
      ReasonRequired: { parts: async (world) => (await paid(world), { params: { id: world.person }, body: CLOSING }) },
    },
  },
  "GET /v1/movements/{id}": { good: { parts: async (world) => ({ params: { id: await paid(world) } }) }, refused: { MovementUnknown: { parts: () => ({ params: { id: "none-0001" } }) } } }, // prettier-ignore
  "POST /v1/movements/{id}/post": {
    good: of(held, POSTED),
    refused: {
      ...amounts((spoil) => of(held, { ...POSTED, ...spoil })),
      MovementIdTaken: of(held, { ...POSTED, id: "first-top-up" }),
      HoldUnknown: none(POSTED),
      HoldOver: { parts: async (world: CaseWorld) => (await reviewed(world), { params: { id: "hold-0001" }, body: POSTED }) },
    },
  },
  "POST /v1/movements/{id}/void": {
    good: of(held, VOIDED),
    refused: { MovementIdTaken: of(held, { ...VOIDED, id: "first-top-up" }), HoldUnknown: none(VOIDED), HoldOver: { parts: async (world) => (await reviewed(world), { params: { id: "hold-0001" }, body: VOIDED }) } }, // prettier-ignore
  },
  "POST /v1/movements/{id}/refund": {
    good: why(of(paid, REFUNDED)),
    refused: {
      ...amounts((spoil) => why(of(paid, { ...REFUNDED, ...spoil }))),
      MovementIdTaken: why(of(paid, { ...REFUNDED, id: "first-top-up" })),
      MovementUnknown: why(none(REFUNDED)),
      NotRefundable: why(of(held, REFUNDED)),
      RefundOverCharge: why(of(paid, { ...REFUNDED, amountFen: 1_251 })),
      WalletClosed: {
        parts: async (world: CaseWorld) => {
          const id = await paid(world);
          await answered(world.client.ask("POST /v1/wallets/{id}/close", { params: { id: world.person }, body: CLOSING }, WHY));
          return { params: { id }, body: REFUNDED };
        },
        also: WHY,
      },
      ReasonRequired: of(paid, REFUNDED),
    },
  },
  "GET /v1/tills": { good: { parts: () => ({}) }, refused: {} },
  "GET /v1/tills/{id}": { good: tilled(), refused: { TillUnknown: noTill() } },
  "PUT /v1/tills/{id}": {
    good: { parts: () => ({ params: { id: CANTEEN }, body: TILL_CONTENT }) },
    refused: { TerminalTaken: { parts: async (world) => (await funded(world), { params: { id: "merchant/shop" }, body: TILL_CONTENT }) } },
  },
  "POST /v1/tills/{id}/end": { good: { ...tilled(), also: WHY }, refused: { TillUnknown: { ...noTill(), also: WHY }, ReasonRequired: tilled() } },
  "GET /v1/tills/{id}/statement": { good: tilled(), refused: { TillUnknown: noTill() } },
  "GET /v1/tills/{id}/days": { good: tilled(), refused: { TillUnknown: noTill() } },
  "POST /v1/tills/{id}/days/{day}/close": {
    good: tilled({ day: "2026-08-31" }),
    refused: {
      TillUnknown: noTill({ day: "2026-08-31" }),
      DayNotOver: tilled({ day: "2026-09-01" }),
      DayClosed: {
        parts: async (world) => {
          await funded(world);
          await answered(world.client.ask("POST /v1/tills/{id}/days/{day}/close", { params: { id: CANTEEN, day: "2026-08-31" } }));
          return { params: { id: CANTEEN, day: "2026-08-30" } };
        },
      },
    },
  },
  "GET /v1/money-reviews": { good: { parts: async (world) => (await reviewed(world), { query: { limit: 1 } }) }, refused: {} },
  "POST /v1/money-reviews/{id}/decide": {
    good: why(of(reviewed, DECIDED)),
    refused: {
      MovementIdTaken: why(of(reviewed, { ...DECIDED, id: "first-top-up" })),
      MoneyReviewUnknown: why(none(DECIDED)),
      MoneyReviewDecided: {
        parts: async (world) => {
          const id = await reviewed(world);
          await answered(
            world.client.ask("POST /v1/money-reviews/{id}/decide", { params: { id }, body: { ...DECIDED, id: "decision-0", payer: "merchant" } }, WHY),
          );
          return { params: { id }, body: { id: "decision-1", payer: "campus", text: "" } };
        },
        also: WHY,
      },
      WalletClosed: {
        parts: async (world) => {
          const id = await reviewed(world);
          // The order of things that only an interrupted closing leaves behind.
          await world.cloud.database.queries.updateTable("ledger_account").set({ closed: 1 }).where("kind", "=", "wallet").execute();
          return { params: { id }, body: { id: "decision-1", payer: "holder", text: "" } };
        },
        also: WHY,
      },
      ReasonRequired: of(reviewed, DECIDED),
    },
  },
  "GET /v1/exposure": { good: { parts: () => ({}) }, refused: {} },
  "GET /v1/ledger/check": { good: { parts: async (world) => (await reviewed(world), {}) }, refused: {} },
} satisfies { readonly [R in RouteName]?: RouteCase<R> };
