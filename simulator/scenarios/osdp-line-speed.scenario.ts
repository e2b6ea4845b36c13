import { seededRandom } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { cardBits, cardsOf, osdpBench } from "./osdp-bench.ts";

/** Bytes of a secure poll and its ACK with the mark, of a card of 26 bits in one encrypted block; and how long the PD thinks. */
const [POLL_BYTES, ACK_BYTES, CARD_BYTES, THINKS_MS] = [15, 14, 30, 1] as const;
const COUNT = 8;
const MEASURED_MS = 10_000;
const CARDS = 200;

test.each([
  [115_200, 50],
  [115_200, 1],
  [9_600, 50],
])("8 PDs at %i baud, polled every %i ms at most: polls and cards against what the line itself allows", async (baud, pollMs) => {
  const { clock, pds } = osdpBench({ count: COUNT, baud, pollMs });
  expect(await clock.until(() => pds.every(({ pd }) => pd.health.kind === "online"), 5_000)).toBe(true);
  await clock.pass(1_000);
  const byteMs = 10_000 / baud;
  const exchangeMs = (POLL_BYTES + ACK_BYTES + 2) * byteMs + THINKS_MS;
  const roundMs = COUNT * exchangeMs;
  const before = pds.map(({ pd }) => pd.counts.polls);
  await clock.pass(MEASURED_MS);
  const intervals = pds.map(({ pd }, index) => MEASURED_MS / (pd.counts.polls - before[index]!));
  const [shortest, longest] = [Math.min(...intervals), Math.max(...intervals)];

  const random = seededRandom(7);
  const latencies: number[] = [];
  const heardAt = new Map<number, number>();
  for (const { pd } of pds) pd.onReply((reply) => cardsOf([reply]).forEach((card) => heardAt.set(card, clock.monotonic())));
  for (let card = 1; card <= CARDS; card++) {
    await clock.pass(150 + random() * 100);
    const { device } = pds[Math.floor(random() * COUNT)]!;
    device.card(cardBits(card));
    const shownAt = clock.monotonic();
    expect(await clock.until(() => heardAt.has(card), 1_000)).toBe(true);
    latencies.push(heardAt.get(card)! - shownAt);
  }
  latencies.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((part) => latencies[Math.ceil(part * CARDS) - 1]!) as [number, number];
  const cardMs = (POLL_BYTES + CARD_BYTES + 2) * byteMs + THINKS_MS;
  const limitMs = Math.max(pollMs, roundMs) + cardMs;
  console.info(
    `${baud} baud, poll ${pollMs} ms: interval ${shortest.toFixed(1)}..${longest.toFixed(1)} ms (line ${roundMs.toFixed(1)}), ` +
      `card p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms (line ${limitMs.toFixed(1)})`,
  );
  // Fair: nobody is polled more seldom than anybody else, and none beyond what the line takes for all, but for a status now and then.
  expect(longest / shortest).toBeLessThan(1.05);
  expect(longest).toBeLessThan(Math.max(pollMs, roundMs) * 1.1 + 1);
  expect(p99).toBeLessThan(limitMs * 1.1 + 1);
});
