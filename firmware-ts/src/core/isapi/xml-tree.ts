/** What a body says, whichever of the two languages it is in: a text, or fields by name. Several of one name stand in a list. */
export type BodyTree = string | { readonly [name: string]: BodyTree } | readonly BodyTree[];

/** Deeper or larger documents are not read. */
const DEPTH_MAX = 16;
const ELEMENTS_MAX = 2_000;
const ENTITY: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

interface Open {
  readonly name: string;
  text: string;
  readonly fields: Map<string, BodyTree[]>;
}

/**
 * The fields of an XML document of the plain kind that devices write: elements and text. Attributes and prefixes of names are left out. What makes XML
 * dangerous is not read at all: a document type, entities of its own, processing instructions other than its first line.
 *
 * @returns the tree below the root, with the root's own name; undefined for what is none, or larger than an event ever is
 */
export function readXmlTree(text: string): { readonly root: string; readonly tree: BodyTree } | undefined {
  const token =
    /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?xml[^>]*\?>|<\/([^\s<>/]+)\s*>|<([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
  const open: Open[] = [];
  let elements = 0;
  let result: { readonly root: string; readonly tree: BodyTree } | undefined;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) return undefined;
    const [, cdata, closed, opened, , isEmpty, plain] = found;
    const inside = open.at(-1);
    if (cdata !== undefined || plain !== undefined) {
      const said = cdata ?? withEntities(plain!);
      if (said === undefined || (inside === undefined && said.trim() !== "")) return undefined;
      if (inside !== undefined) inside.text += said;
    }
    if (opened !== undefined) {
      if (result !== undefined || ++elements > ELEMENTS_MAX || open.length >= DEPTH_MAX) return undefined;
      open.push({ name: opened, text: "", fields: new Map() });
    }
    if (closed !== undefined && inside?.name !== closed) return undefined;
    if (closed !== undefined || isEmpty === "/") {
      const ended = open.pop()!;
      const tree = treeOf(ended);
      const name = localName(ended.name);
      const outer = open.at(-1);
      if (outer === undefined) result = { root: name, tree };
      else outer.fields.set(name, [...(outer.fields.get(name) ?? []), tree]);
    }
  }
  return open.length === 0 ? result : undefined;
}

const treeOf = ({ text, fields }: Open): BodyTree =>
  fields.size === 0 ? text.trim() : Object.fromEntries([...fields].map(([name, all]): [string, BodyTree] => [name, all.length === 1 ? all[0]! : all]));

const localName = (name: string): string => name.slice(name.indexOf(":") + 1);

/** Undefined for an entity that XML itself does not have. */
function withEntities(text: string): string | undefined {
  let isKnown = true;
  const said = text.replace(/&([^;&\s]{0,10});?/g, (_whole, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
    const point = code === null ? Number.NaN : code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
    if (point > 0 && point <= 0x10ffff) return String.fromCodePoint(point);
    isKnown &&= Object.hasOwn(ENTITY, name);
    return ENTITY[name] ?? "";
  });
  return isKnown ? said : undefined;
}
