/** Where two configurations differ, by dotted path. */
export interface Difference {
  path: string;
  from: unknown;
  to: unknown;
}

type Plain = Record<string, unknown>;

/** Nested objects are compared field by field, lists as wholes. */
export function differences(from: Plain, to: Plain, prefix = ""): Difference[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names.flatMap((name) => {
    const [a, b] = [from[name], to[name]];
    if (isPlain(a) && isPlain(b)) return differences(a, b, `${prefix}${name}.`);
    return same(a, b) ? [] : [{ path: prefix + name, from: a, to: b }];
  });
}

/** The smallest partial configuration that turns `from` into `to`. */
export function overrides(from: Plain, to: Plain): Plain {
  const result: Plain = {};
  for (const { path, to: value } of differences(from, to)) {
    const names = path.split(".");
    const leaf = names.pop() as string;
    let here = result;
    for (const name of names) {
      here[name] = isPlain(here[name]) ? here[name] : {};
      here = here[name] as Plain;
    }
    here[leaf] = value;
  }
  return result;
}

export function plainText(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
