// One of two programs that book the same 200 hours of a court at once, straight into the file. Says how many it got, and how many the store refused.
import Database from "better-sqlite3";

const [path, reservation] = process.argv.slice(2);
const store = new Database(path, { timeout: 10_000 });
const insert = store.prepare(
  "INSERT INTO reserved_time (reservation, nth, resource_number, seats, seat, starts, ends, active) VALUES (?, ?, 1, 1, 1, ?, ?, 1)",
);
const counts = { won: 0, lost: 0, other: 0 };
for (let nth = 0; nth < 200; nth++)
  try {
    insert.run(reservation, nth, nth * 3600, nth * 3600 + 3600);
    counts.won++;
  } catch (error) {
    if (error.message === "reserved_time overlaps") counts.lost++;
    else counts.other++;
  }
store.close();
process.send(counts, () => process.exit(0));
