import type { Cloud } from "./cloud.ts";

/** 32 bytes that all instances of a site share and nobody else knows. The first that needs them makes them. */
export async function siteSecret({ database: { queries }, randomBytes }: Cloud): Promise<Uint8Array> {
  await queries
    .insertInto("entrance_secret")
    .values({ one_row: 1, secret: Buffer.from(randomBytes(32)) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return new Uint8Array((await queries.selectFrom("entrance_secret").select("secret").executeTakeFirstOrThrow()).secret);
}
