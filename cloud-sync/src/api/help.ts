import { z } from "@hono/zod-openapi";
import { REMEDIES } from "@portico/card-protocol";

/** What helps against a refusal, and whom to ask (rule 1.7), as answers tell it. */
export const help = z
  .object({
    remedy: z.enum(REMEDIES).openapi({ description: "For programs; docs/api.md, Remedies" }),
    en: z.string().openapi({ description: "The remedy as one sentence to the person" }),
    zh: z.string(),
    caseCategory: z.string().nullable().openapi({ description: "Where a case is opened, as the menus lead to it; null: nowhere", example: "报事报修-IT-智能门禁" }), // prettier-ignore
    contact: z.string().nullable().openapi({ description: "Whom to ask, as one reads it out; null: the campus names nobody" }),
  })
  .openapi("Help");
