/**
 * Colours by role for figures, per scheme; the roles are those of cpo_core/figures/style.py.
 * Categories have colours of their own and are paired with dashes and markers.
 */
export type Scheme = "light" | "dark";

const LIGHT: Record<string, string> = {
  return: "#2f5fd0",
  cost: "#b4540a",
  limit: "#c2255c",
  kl: "#5f4bb6",
  entropy: "#0b7285",
  lambda: "#5c6370",
  nu: "#c2255c",
  promised: "#7a828c",
  crossfit: "#5f4bb6",
  surrogate: "#0b7285",
  measured: "#1f2933",
  gap: "#b4540a",
  rejected: "#c92a2a",
  within: "#0f8a6e",
  noise: "#d9a400",
  over: "#d1432b",
  reward: "#2f5fd0",
  boundary: "#b98900",
  recoverable: "#c2571a",
  recovery: "#8e44ad",
  other: "#868e96",
};

const DARK: Record<string, string> = {
  return: "#7ea3f7",
  cost: "#f0a05a",
  limit: "#f783ac",
  kl: "#b3a2ff",
  entropy: "#5cc5da",
  lambda: "#aab3c0",
  nu: "#f783ac",
  promised: "#98a2b1",
  crossfit: "#b3a2ff",
  surrogate: "#5cc5da",
  measured: "#e6eaf0",
  gap: "#f0a05a",
  rejected: "#ff8787",
  within: "#35b892",
  noise: "#f0c14b",
  over: "#f5694e",
  reward: "#7ea3f7",
  boundary: "#e0b83c",
  recoverable: "#f0944f",
  recovery: "#c78be6",
  other: "#7d8896",
};

export interface Ink {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  hover: string;
}

const INK: Record<Scheme, Ink> = {
  light: {
    text: "#141a22",
    muted: "#586271",
    grid: "#eaedf1",
    surface: "#ffffff",
    hover: "#ffffff",
  },
  dark: {
    text: "#e6eaf0",
    muted: "#9ba6b5",
    grid: "#222b37",
    surface: "#151b24",
    hover: "#1d2430",
  },
};

/**
 * Searched for: any two differ by at least 14 (CIEDE2000), as people with full colour vision and
 * with protanopia, deuteranopia or tritanopia see them (tests/core/figures/test_palette.py), and
 * each has a contrast of at least 3 to the surface.
 */
const CATEGORIES: Record<Scheme, string[]> = {
  light: ["#3834ff", "#c1860c", "#06765a", "#f00866", "#3499cf", "#6a2f71", "#842217", "#976104"],
  dark: ["#afadff", "#eee448", "#6dbc93", "#ca7aa8", "#85fdff", "#a540f2", "#ce4652", "#aca403"],
};

export const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"] as const;

export function roleColour(role: string | undefined, scheme: Scheme): string {
  const table = scheme === "dark" ? DARK : LIGHT;
  return table[role ?? "other"] ?? table.other ?? "#868e96";
}

export function ink(scheme: Scheme): Ink {
  return INK[scheme];
}

/** Colour and dash of group `index`: the pair repeats only after 48 groups. */
export function category(index: number, scheme: Scheme): { colour: string; dash: string } {
  const colours = CATEGORIES[scheme];
  const turn = index + 5 * Math.floor(index / colours.length);
  return {
    colour: colours[index % colours.length] ?? "#888888",
    dash: DASHES[turn % DASHES.length] ?? "solid",
  };
}

export function translucent(colour: string, alpha: number): string {
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));
  return `rgba(${r},${g},${b},${alpha})`;
}
