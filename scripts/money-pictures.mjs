/**
 * Draws docs/money-pictures/*.svg: which accounts each order moves, what a hold does to a wallet, and the states of a top-up. The ledger's own functions say what is drawn:
 * `node scripts/money-pictures.mjs` asks the built ones, a test the sources, and compares.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { STYLE, text, TIP } from "./state-picture.mjs";

const [LEFT, TOP, ROW, COLUMN] = [290, 92, 48, 118];
/** Accounts in the order in which money comes in and goes out, and what each is called. */
const LANES = [
  ["cashDesk", "收款点"],
  ["provider", "支付渠道"],
  ["debt", "欠款"],
  ["wallet", "钱包"],
  ["merchant", "商户"],
  ["review", "待核查"],
  ["campusLoss", "学校承担"],
];
const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`;
const laneOf = (account) => account.split("/")[0];
const LIMITS = { balanceFenMax: 50_000, debtFenMax: 3_000 };

/** Orders that say each something else: what is in wallet and debt, what went before, and what is asked. Fen. */
const ORDERS = [
  { say: "topUp ¥50.00", order: { kind: "topUp", till: "cashDesk/office", amountFen: 5_000 } },
  { say: "topUp ¥50.00, ¥20.00 is owed", debtFen: 2_000, order: { kind: "topUp", till: "provider/bank", amountFen: 5_000 } },
  { say: "charge ¥12.50", balanceFen: 5_000, order: { kind: "charge", till: "merchant/canteen", amountFen: 1_250 } },
  { say: "hold ¥5.00", balanceFen: 5_000, order: { kind: "hold", till: "merchant/printing", amountFen: 500, expiresAt: null } },
  { say: "post ¥3.00 of a hold of ¥5.00", balanceFen: 5_000, heldFen: 500, order: { kind: "post", hold: "h", amountFen: 300 } },
  { say: "post ¥7.00, more than was held", balanceFen: 600, heldFen: 500, order: { kind: "post", hold: "h", amountFen: 700 } },
  { say: "void", balanceFen: 5_000, heldFen: 500, order: { kind: "void", hold: "h" } },
  { say: "expire", balanceFen: 5_000, heldFen: 500, order: { kind: "expire", hold: "h" } },
  { say: "fact ¥40.00, ¥5.00 are there", balanceFen: 500, order: { kind: "fact", till: "merchant/canteen", amountFen: 4_000, payer: { kind: "holder" } } },
  { say: "fact ¥8.00 by a card that was lost", balanceFen: 500, order: { kind: "fact", till: "merchant/canteen", amountFen: 800, payer: { kind: "campus" } } },
  { say: "refund ¥40.00 of that fact", debtFen: 3_000, paidFen: 4_000, openFen: 500, order: { kind: "refund", of: "p", amountFen: null } },
  { say: "decide ¥5.00: the holder pays", balanceFen: 300, openFen: 500, paidFen: 4_000, order: { kind: "decide", review: "p", payer: "holder" } },
  { say: "decide ¥5.00: the campus pays", openFen: 500, paidFen: 4_000, order: { kind: "decide", review: "p", payer: "campus" } },
  { say: "decide ¥5.00: the merchant pays", openFen: 500, paidFen: 4_000, order: { kind: "decide", review: "p", payer: "merchant" } },
  { say: "handBack ¥30.00", balanceFen: 5_000, order: { kind: "handBack", till: "provider/bank", amountFen: 3_000 } },
  { say: "close, ¥20.00 there, ¥5.00 owed", balanceFen: 2_000, debtFen: 500, order: { kind: "close", till: "cashDesk/office" } },
  { say: "keep ¥30.00: not handed back", order: { kind: "keep", till: "provider/bank", amountFen: 3_000 } },
  { say: "payOut ¥30.00 in its place", order: { kind: "payOut", till: "cashDesk/office", amountFen: 3_000 } },
];

const account = (id, more) => ({ id, debitsPending: 0, debitsPosted: 0, creditsPending: 0, creditsPosted: 0, isClosed: false, ...more });

/** What the ledger makes of each of them. */
function planned(planOrder, { order, balanceFen = 0, heldFen = 0, debtFen = 0, paidFen = 0, openFen = 0 }) {
  const accounts = new Map(
    [
      account("wallet/w", { creditsPosted: balanceFen, debitsPending: heldFen }),
      account("debt/w", { debitsPosted: debtFen }),
      ...["cashDesk/office", "provider/bank", "merchant/canteen", "merchant/printing", "review", "campusLoss"].map((id) => account(id, {})),
    ].map((each) => [each.id, each]),
  );
  const kept = { wallet: "w", body: "", refundedFen: 0, campusFen: 0 };
  const movements = { h: { ...kept, id: "h", kind: "hold", till: "merchant/printing", amountFen: heldFen }, p: { ...kept, id: "p", kind: "fact", till: "merchant/canteen", amountFen: paidFen } }; // prettier-ignore
  const facts = {
    limits: LIMITS,
    account: (id) => accounts.get(id),
    movement: (id) => movements[id],
    holdOf: (id) => (id === "h" ? { movement: "h", transfer: { id: "h/1", debit: "wallet/w", credit: "merchant/printing", amountFen: heldFen, flag: "pending", pendingId: null, expiresAt: null } } : undefined), // prettier-ignore
    review: (id) => (openFen === 0 ? undefined : { id, openFen, wallet: "w", till: "merchant/canteen", isDecided: false }),
  };
  const plan = planOrder({ wallet: "w", ...order }, facts);
  if (!plan.ok) throw new Error(`${order.kind}: ${plan.error}`);
  return plan.value.legs;
}

/** Each lane a line down, each row what happens, its arrows from lane to lane. */
function ladder({ title, lanes, rows, note }) {
  const x = (lane) => LEFT + COLUMN * lanes.findIndex(([id]) => id === lane);
  const right = LEFT + COLUMN * (lanes.length - 1) + 50;
  const drawn = [];
  let y = TOP;
  for (const { say, arrows } of rows) {
    drawn.push(text(16, y + 24, say, "", "start"));
    for (const { from, to, words, isDashed } of arrows) {
      drawn.push(
        `<path d="M${x(from)},${y + 22} L${x(to)},${y + 22}" class="tipped${isDashed ? " dashed" : ""}"/>`,
        text((x(from) + x(to)) / 2, y + 16, words, "label"),
      );
      y += 28;
    }
    drawn.push(`<path d="M10,${y + 8} L${right},${y + 8}" class="rule"/>`);
    y += ROW - 28;
  }
  const bottom = y - 16;
  const heads = lanes.flatMap(([lane, zh]) => [
    text(x(lane), TOP - 34, lane, "title"),
    text(x(lane), TOP - 18, zh, "note"),
    `<path d="M${x(lane)},${TOP - 8} L${x(lane)},${bottom}" class="lane"/>`,
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right + 10} ${bottom + 34}" font-family="sans-serif" font-size="12">
${STYLE.replace("</style>", ".lane{stroke:#bbb}.rule{stroke:#eee}</style>")}
${TIP}
<rect x="0" y="0" width="100%" height="100%" style="fill:#fff;stroke:none"/>
${text(16, 24, title, "title", "start")}
${heads.join("\n")}
${drawn.join("\n")}
${text(16, bottom + 22, note, "note", "start")}
</svg>
`;
}

function flows({ planOrder, ORDER_KINDS, ACCOUNT_KINDS }) {
  const missing = [
    ...ORDER_KINDS.filter((kind) => !ORDERS.some(({ order }) => order.kind === kind)),
    ...ACCOUNT_KINDS.filter((kind) => !LANES.some(([lane]) => lane === kind)),
  ];
  if (missing.length > 0) throw new Error(`not drawn: ${missing.join(", ")}`);
  const rows = ORDERS.map((each) => ({
    say: each.say,
    arrows: planned(planOrder, each).map(({ debit, credit, amountFen, flag }) => {
      // What gives back goes the other way: money that was set aside stays where it was.
      const isBack = flag === "void" || flag === "expire";
      const [from, to] = [laneOf(debit), laneOf(credit)];
      const words = flag === "posted" ? yuan(amountFen) : `${yuan(amountFen)} ${flag}`;
      return { from: isBack ? to : from, to: isBack ? from : to, words, isDashed: flag === "pending" || isBack };
    }),
  }));
  const note = `An arrow runs from the account that is debited to the one that is credited; dashed: nothing is posted. At most ${yuan(LIMITS.debtFenMax)} may be owed here.`;
  return ladder({ title: "What each order moves / 每种指令的资金流向", lanes: LANES, rows, note });
}

/** What a wallet of ¥20.00 has after each step, as the ledger judges it. */
function hold({ judgeChain, availableFen, creditBalanceFen, TRANSFER_FLAGS }) {
  const begin = new Map([
    ["wallet/w", account("wallet/w", { creditsPosted: 2_000 })],
    ["merchant/m", account("merchant/m", {})],
  ]);
  const pending = { id: "h/1", debit: "wallet/w", credit: "merchant/m", amountFen: 500, flag: "pending", pendingId: null, expiresAt: 100 };
  const after = (accounts, transfer, at) => {
    const judged = judgeChain(
      [transfer],
      { account: (id) => accounts.get(id), hold: (id) => (id === "h/1" ? { movement: "h", transfer: pending } : undefined) },
      at,
    );
    if (!judged.ok) throw new Error(`${transfer.flag}: ${judged.error}`);
    return new Map([...accounts, ...judged.value.accounts]);
  };
  const held = after(begin, pending, 1);
  const ends = TRANSFER_FLAGS.filter((flag) => flag !== "posted" && flag !== "pending").map((flag) => {
    const amountFen = flag === "post" ? 300 : 500;
    return {
      flag,
      accounts: after(held, { ...pending, id: `h/${flag}`, flag, amountFen, pendingId: "h/1", expiresAt: null }, flag === "expire" ? 100 : 2),
      amountFen,
    };
  });
  const say = (accounts) => {
    const wallet = accounts.get("wallet/w");
    return `balance ${yuan(creditBalanceFen(wallet))} · free ${yuan(availableFen(wallet))}`;
  };
  const [width, height] = [250, 62];
  const box = (x, y, name, zh, accounts, kind = "") => [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="12"${kind === "" ? "" : ` class="${kind}"`}/>`,
    text(x + width / 2, y + 20, `${name} ${zh}`, "title"),
    text(x + width / 2, y + 38, say(accounts), "note"),
    text(x + width / 2, y + 54, `merchant ${yuan(creditBalanceFen(accounts.get("merchant/m")))}`, "note"),
  ];
  const NAMES = {
    post: ["posted", "已扣款", "post ¥3.00: what was sold"],
    void: ["voided", "已撤销", "void: nothing was sold"],
    expire: ["expired", "已到期", "expire: its time is over"],
  };
  const [x1, x2, x3, y0] = [20, 400, 830, 50];
  const middle = y0 + 96;
  const rows = ends.flatMap(({ flag, accounts }, nth) => {
    const [name, zh, words] = NAMES[flag];
    const y = y0 + nth * 96;
    const turn = x2 + width + 18;
    return [
      `<path d="M${x2 + width},${middle + height / 2} L${turn},${middle + height / 2} L${turn},${y + height / 2} L${x3},${y + height / 2}" class="tipped${flag === "expire" ? " dashed" : ""}"/>`,
      ...box(x3, y, name, zh, accounts),
      text((turn + x3) / 2, y + height / 2 - 6, words, "label"),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${x3 + width + 20} ${y0 + 96 * 3 - 4}" font-family="sans-serif" font-size="12">
${STYLE}
${TIP}
<rect x="0" y="0" width="100%" height="100%" style="fill:#fff;stroke:none"/>
${text(20, 24, "A hold of ¥5.00 on a wallet of ¥20.00 / 预扣", "title", "start")}
${[...box(x1, middle, "before", "之前", begin, "start"), `<path d="M${x1 + width},${middle + height / 2} L${x2},${middle + height / 2}" class="tipped"/>`, text((x1 + width + x2) / 2, middle + height / 2 - 6, "hold", "label"), ...box(x2, middle, "held", "预扣中", held), ...rows].join("\n")}
</svg>
`;
}

const TOP_UP_NAMES = { begun: "已发起", pending: "待支付", paid: "已支付", credited: "已入账", failed: "未支付", review: "待核查", returned: "已退回" };

const TOP_UP_STEP_NAMES = {
  accepted: "the provider takes it",
  paid: "it says: paid as asked",
  differs: "it says: paid, another amount",
  fail: "nobody can pay any more",
  credited: "the ledger has it",
  refused: "the ledger does not take it",
  credit: "somebody decides: credit",
  return: "somebody decides: hand back",
};

function topUp({ TOP_UP_STEPS, TOP_UP_STATES }) {
  const rows = Object.entries(TOP_UP_STEPS).map(([step, { from, to, by }]) => ({
    say: `${TOP_UP_STEP_NAMES[step]} (${by})`,
    arrows: from.map((state) => ({ from: state, to, words: step, isDashed: by === "operator" })),
  }));
  const over = TOP_UP_STATES.filter((state) => !Object.values(TOP_UP_STEPS).some(({ from }) => from.includes(state)));
  const lanes = TOP_UP_STATES.map((state) => [state, TOP_UP_NAMES[state]]);
  const note = `From ${over.join(" and ")} nothing leads on. Dashed: somebody decides.`;
  return ladder({ title: "States of a top-up by a provider / 渠道充值的状态", lanes, rows, note });
}

/** Every picture by its name. @param ledger  what `core/ledger` and `core/top-ups` export */
export const picturesOf = (ledger) => ({ flows: flows(ledger), hold: hold(ledger), "top-up": topUp(ledger) });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const core = new URL("../cloud-sync/dist/core/", import.meta.url);
  const parts = ["ledger/account.js", "ledger/order.js", "ledger/plan-order.js", "ledger/transfer.js", "top-ups/top-up-steps.js"];
  const modules = await Promise.all(parts.map((part) => import(new URL(part, core).href)));
  const folder = new URL("../docs/money-pictures/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(picturesOf(Object.assign({}, ...modules)))) writeFileSync(new URL(`${name}.svg`, folder), svg);
}
