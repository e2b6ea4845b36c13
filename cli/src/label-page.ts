import { qrToSvgPath, textQrMatrix } from "@portico/card-protocol/phone";
import type { Label } from "./label.ts";

/**
 * A page to be printed on A4, two labels beside each other, six rows a sheet: 95 by 45 mm each, to be cut along the lines. It needs nothing from anywhere.
 *
 * @param title  stands in the window's title alone
 */
export function labelPage(title: string, labels: readonly Label[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>
@page { size: A4; margin: 10mm; }
body { margin: 0; font: 7.5pt/1.3 sans-serif; color: #000; background: #fff; }
main { display: grid; grid-template-columns: 95mm 95mm; }
article { box-sizing: border-box; width: 95mm; height: 45mm; padding: 3mm; border: 0.1mm dashed #999; overflow: hidden; display: flex; gap: 3mm; break-inside: avoid; }
svg { flex: none; width: 32mm; height: 32mm; align-self: center; }
div { min-width: 0; flex: 1; }
h2 { margin: 0; font-size: 13pt; line-height: 1.1; overflow-wrap: anywhere; }
p { margin: 0 0 1mm; }
dl { margin: 0; display: grid; grid-template-columns: max-content 1fr; column-gap: 2mm; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
</style>
<main>
${labels.map(article).join("\n")}
</main>
</html>
`;
}

function article({ what, id, controller, lines, code }: Label): string {
  const matrix = textQrMatrix(code);
  const size = matrix.length;
  const rows = lines.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("");
  return `<article data-code="${escaped(code)}"><svg viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${qrToSvgPath(matrix)}"/></svg><div><h2>${escaped(id)}</h2><p>${escaped(what)} of ${escaped(controller)}</p><dl>${rows}</dl></div></article>`;
}

const ENTITY: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITY[character]!);
