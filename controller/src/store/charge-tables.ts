/** What was charged and taken back at terminals, until it is acknowledged and for a while after: how far each movement is on its way to where money is kept. */
export const CHARGE_TABLES = `
      -- One movement of money; seq: of its event. refund_of: seq of the charge that it takes back, once at most.
      CREATE TABLE charge (
        seq       INTEGER PRIMARY KEY,
        id        TEXT NOT NULL UNIQUE,
        refund_of INTEGER UNIQUE,
        terminal  TEXT NOT NULL,
        zone      TEXT NOT NULL,
        holder    INTEGER NOT NULL,
        credential TEXT NOT NULL,
        amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
        at        INTEGER NOT NULL,
        day       TEXT NOT NULL,
        state     TEXT NOT NULL CHECK (state IN ('waiting', 'posted', 'review')),
        row_check INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX charge_waiting ON charge (terminal, zone, holder) WHERE state <> 'posted';
      CREATE INDEX charge_day ON charge (terminal, day);`;
