import { Hono } from "hono";
import * as z from "zod";
import { jsonBodyOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import type { Cloud } from "../cloud.ts";
import { asking, type ControllerEntrance } from "../controller-entrance.ts";
import type { TerminalMoney } from "./terminal-money.ts";

/** A question has some hundred bytes. */
const BODY_BYTES_MAX = 4_096;
const u32 = z.int().min(0).max(0xffff_ffff);
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const text = (max: number) => z.string().max(max);
const zone = text(59);
const credential = hex(16);
const amountFen = z.int().min(1).max(0xffff_ffff);
const hold = { id: hex(32), zone, holder: u32, credential, amountFen };
const question = z.discriminatedUnion("act", [
  z.strictObject({
    act: z.literal("book"),
    id: hex(64),
    seq: u32,
    kind: z.enum(["charge", "refund"]),
    of: hex(64).nullable(),
    terminal: text(64),
    merchant: text(200),
    zone,
    holder: u32,
    credential,
    amountFen,
    at: u32,
  }),
  z.strictObject({ act: z.literal("hold"), ...hold }),
  z.strictObject({ act: z.literal("post"), ...hold, postFen: amountFen }),
  z.strictObject({ act: z.literal("void"), ...hold }),
  z.strictObject({ act: z.literal("balance"), zone, holder: u32 }),
]);

/** `POST /v1/money`: what terminals and release stations of a controller tell of money. docs/money.md, "Terminals and printers". */
export function moneyRoutes(cloud: Pick<Cloud, "nowMs">, money: TerminalMoney, entrance: ControllerEntrance): Hono {
  const app = new Hono();
  app.post("/v1/money", async (context) => {
    const controller = await asking(entrance, context.req.raw);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const read = await jsonBodyOf(context.req.raw, question, BODY_BYTES_MAX);
    if (read === undefined) return problemAnswer("RequestMalformed", "body: a question about money");
    const now = Math.floor(cloud.nowMs() / 1000);
    switch (read.act) {
      case "book": {
        const { act: _, merchant: __, ...told } = read;
        return context.json(await money.book(controller, told));
      }
      case "hold":
        return context.json(await money.hold(controller, holdOf(read), now));
      case "post":
        return context.json(await money.post(controller, holdOf(read), read.postFen));
      case "void":
        return context.json(await money.void(controller, holdOf(read)));
      case "balance":
        return context.json(await money.balance(read, now));
    }
  });
  return app;
}

const holdOf = ({
  id,
  zone: of,
  holder,
  credential: shown,
  amountFen: fen,
}: {
  id: string;
  zone: string;
  holder: number;
  credential: string;
  amountFen: number;
}) => ({ id, zone: of, holder, credential: shown, amountFen: fen });
